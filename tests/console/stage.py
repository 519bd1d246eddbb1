"""The whole server as its own processes, with whatever a console test needs around it."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from device_drivers.emulation.free_port import free_port
from fleet_server.initialise import local_secret
from fleet_server.settings import FILE_NAME, Settings, load
from tests.console.wire_kiosk import WireKiosk
from tests.fleet_server.small_hall import PROJECT, eventually, sandbox

PASSWORD = "correct horse battery"
HALL = "桓台县政务服务中心24小时自助服务区"
DEPARTMENTS = ("police", "real_estate", "tax", "social_security")


@dataclass
class Stage:
    """A running server; `kiosk()` adds one, everything ends with the block."""

    folder: Path
    settings: Settings
    one_time_password: str
    department_ports: dict[str, int]
    ends: ExitStack
    departments: dict[str, ExitStack] = field(default_factory=dict)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def server(self) -> subprocess.Popen[bytes]:
        """The process of `fleet-server run`, to be killed by tests."""
        return self.processes[0]

    @property
    def url(self) -> str:
        """Of console and API."""
        return f"http://127.0.0.1:{self.settings.http.port}"

    def kiosk(self, kiosk_id: str, name: str) -> WireKiosk:
        """Enrol a kiosk and connect it; it has said nothing yet."""
        answer = httpx.post(
            f"{self.url}/local/enrol-tokens",
            json={"kiosk_id": kiosk_id, "name": name, "hall": HALL},
            headers={"X-Local-Secret": local_secret(self.settings)},
            trust_env=False,
        )
        token = str(answer.raise_for_status().json()["token"])
        kiosk = WireKiosk(self.folder / "kiosks", api=self.url, token=token)
        self.ends.callback(kiosk.close)
        return kiosk

    def start_department(self, department: str) -> None:
        """Start its sandbox system."""
        ends = ExitStack()
        ends.enter_context(
            sandbox(department, self.department_ports[department], self.folder / department)
        )
        self.departments[department] = ends
        self.ends.callback(ends.close)

    def stop_department(self, department: str) -> None:
        """kill -9."""
        self.departments[department].close()


@contextmanager
def stage(folder: Path, *, departments: tuple[str, ...] = DEPARTMENTS) -> Iterator[Stage]:
    """`fleet-server init`, the departments named, `fleet-server run`; all ended afterwards."""
    ports = {department: free_port() for department in DEPARTMENTS}
    server = folder / "server"
    made = subprocess.run(
        [
            *(sys.executable, "-m", "fleet_server", "init", str(server)),
            *(f"--{name}-port={free_port()}" for name in ("http", "https", "broker", "link")),
            *(f"--department={name}=http://127.0.0.1:{port}" for name, port in ports.items()),
        ],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
        timeout=90,
    )
    _give_keys(server / FILE_NAME)
    said = json.loads(made.stdout.splitlines()[-1])
    password = said.get("one_time_password") or said["password"]
    with ExitStack() as ends:
        on = Stage(folder, load(server), str(password), ports, ends)
        for department in departments:
            on.start_department(department)
        ends.enter_context(_running_server(on))
        yield on


def _give_keys(config: Path) -> None:
    """The sandboxes of tests ask for this key."""
    text = config.read_text(encoding="utf-8")
    keyed = re.sub(r"(?m)^(base_url = .*)$", r'\1\napi_key = "sandbox"', text)
    config.write_text(keyed, encoding="utf-8")


@contextmanager
def _running_server(on: Stage) -> Iterator[None]:
    with (on.folder / "server.log").open("wb") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "fleet_server", "run", str(on.settings.folder)],
            cwd=PROJECT,
            stdout=log,
            stderr=log,
            env=dict(os.environ),
        )
        on.processes.append(child)
        try:
            ready = eventually(lambda: _answers(on.url) or child.poll() is not None, within_s=60)
            assert ready, (on.folder / "server.log").read_text()
            assert child.poll() is None, (on.folder / "server.log").read_text()
            yield
        finally:
            child.send_signal(signal.SIGTERM)
            try:
                child.wait(timeout=30)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait(timeout=10)
                raise


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/console/sign-in", timeout=5, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False
