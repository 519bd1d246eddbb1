"""The whole system as child processes on loopback, started as an installer would start it."""

import json
import os
import secrets
import subprocess
import sys
import tomllib
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from device_drivers.bench.hand import Hand
from device_drivers.emulation.free_port import free_port
from provisioning.demo.display import Display, present_display
from provisioning.demo.processes import Child, DidNotStart, answers, wait_until

DEPARTMENTS: Final = ("police", "real_estate", "tax", "social_security")
KIOSK_ID: Final = "hz0001"
KIOSK_NAME: Final = "01 号终端"
HALL: Final = "桓台县政务服务中心24小时自助服务区"
KEPT: Final = {
    "app": 2,
    "agent": 78,
    "server": 2,
    **{f"department-{name}": 2 for name in DEPARTMENTS},
}
"""What is begun anew where it ends, and the exit status after which a person must look first."""
ROOT: Final = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Ports:
    """Loopback ports, chosen free before anything starts."""

    http: int
    https: int
    broker: int
    broker_link: int
    bench: int
    departments: dict[str, int]

    @classmethod
    def pick(cls, *, well_known: bool = False) -> "Ports":
        """Find free ones; `well_known` asks for those the README names, where they are free.

        Tests take any: two systems that start at once must not race for the same numbers.
        """

        def free(preferred: int) -> int:
            return free_port(preferred if well_known else 0)

        return cls(
            http=free(8080),
            https=free(8443),
            broker=free(8883),
            broker_link=free_port(),
            bench=free(8090),
            departments={name: free_port() for name in DEPARTMENTS},
        )


@dataclass
class System:
    """Every process of the demo, by name, so that tests can kill each of them."""

    folder: Path
    ports: Ports = field(default_factory=Ports.pick)
    with_browser: bool = False
    use_present_display: bool = True
    """If there is one, and the kiosk's window fits on it."""
    kiosk_times: dict[str, float] = field(default_factory=dict)
    """Overrides of `[times]` in the kiosk's configuration."""
    children: dict[str, Child] = field(default_factory=dict)
    display: Display | None = None
    """The virtual one; None where the kiosk is drawn on the screen that is there."""
    screen_name: str = ""
    """X display the kiosk is drawn on."""
    admin_password: str = ""
    department_key: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    """Shared by the server and its department systems; new for each demo."""

    @property
    def console_url(self) -> str:
        """Where staff sign in."""
        return f"http://127.0.0.1:{self.ports.http}"

    @property
    def bench_url(self) -> str:
        """Where a hand lays cards and tears off receipts."""
        return f"http://127.0.0.1:{self.ports.bench}"

    @property
    def hand(self) -> Hand:
        """The bench's hand, for scripts."""
        return Hand(self.bench_url)

    @property
    def touch_map(self) -> Path:
        """Where the kiosk app says what can be touched."""
        return self.folder / "touch_map.json"

    @property
    def kiosk_config(self) -> Path:
        """The enrolled kiosk's configuration."""
        return self.folder / "kiosk" / "kiosk.toml"

    def start(self) -> None:
        """Start everything in order and wait until the kiosk shows its first page.

        Raises DidNotStart, having stopped whatever was started.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._start_departments()
            self.start_server()
            self._start_bench()
            self._enrol()
            self.start_display()
            self.start_agent()
            self.start_app()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End everything, last first; nothing is left running."""
        for child in reversed(list(self.children.values())):
            child.stop()
        if self.display is not None:
            self.display.stop()

    def failed(self) -> list[str]:
        """Names of the processes that ended on their own."""
        children = tuple(self.children.items())  # another thread may start one meanwhile
        return [name for name, child in children if not child.is_running()]

    def begin_anew(self) -> list[str]:
        """Start again what ended of kiosk, server and departments; their names.

        As systemd does on a kiosk (`provisioning/systemd`, Restart=always) and in a server room:
        one that was told to restart and could not, or fell, comes back.
        """
        fallen = [name for name in self.failed() if self.may_begin_anew(name)]
        for name in fallen:
            if name == "app":
                self.touch_map.unlink(missing_ok=True)  # nobody may touch what is not shown
            self.children[name].start()
        return fallen

    def may_begin_anew(self, name: str) -> bool:
        """Is it one that is kept, and did it not end for a person to look?"""
        return name in KEPT and self.children[name].exit_status != KEPT[name]

    def start_server(self) -> None:
        """Make the server's folder on first use, then run it until its API answers."""
        server_folder = self.folder / "server"
        if not (server_folder / "fleet-server.toml").exists():
            self._init_server(server_folder)
        server = self._child("server", "fleet_server", "run", str(server_folder))
        server.start()
        wait_until(self._server_is_ready, server, within_s=40)

    def start_agent(self) -> None:
        """Run the kiosk's agent."""
        self._child("agent", "kiosk.agent", "--config", str(self.kiosk_config)).start()

    def start_app(self) -> None:
        """Run the citizen's app and wait for its first touchable page."""
        self.touch_map.unlink(missing_ok=True)
        app = self._child("app", "kiosk.main", "--config", str(self.kiosk_config))
        app.start()
        wait_until(self.touch_map.exists, app, within_s=60)

    def kill(self, name: str) -> None:
        """`kill -9` one process; `broker` means the server's mosquitto."""
        if name == "broker":
            server_pid = self.children["server"].pid
            subprocess.run(
                ["pkill", "-KILL", "-P", str(server_pid), "-x", "mosquitto"], check=False
            )
            return
        self.children[name].kill()

    def _init_server(self, server_folder: Path) -> None:
        """Write the configuration an installer would write, then `fleet-server init`."""
        server_folder.mkdir(parents=True, mode=0o700)
        config = server_folder / "fleet-server.toml"
        config.touch(mode=0o600)
        config.write_text(self._server_config(), encoding="utf-8")
        answer = self._run("fleet_server", "init", str(server_folder))
        self.admin_password = str(json.loads(answer.splitlines()[-1])["one_time_password"])

    def _server_config(self) -> str:
        ports = self.ports
        lines = [
            f'public_url = "{self.console_url}"',
            f"http = {{port = {ports.http}}}",
            f"https = {{port = {ports.https}}}",
            f"broker = {{port = {ports.broker}, server_port = {ports.broker_link}}}",
        ]
        for name, port in ports.departments.items():
            lines += [
                f"[departments.{name}]",
                f'base_url = "http://127.0.0.1:{port}"',
                f'api_key = "{self.department_key}"',
            ]
        return "\n".join(lines) + "\n"

    def _server_is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.console_url}/v1/health", timeout=1) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def _start_departments(self) -> None:
        for name, port in self.ports.departments.items():
            child = self._child(
                f"department-{name}",
                "fleet_server.departments.sandbox",
                "--department",
                name,
                "--port",
                str(port),
                "--data",
                str(self.folder / "departments" / name),
            )
            child.start()
        for name, port in self.ports.departments.items():
            wait_until(
                lambda port=port: answers(port),  # type: ignore[misc]
                self.children[f"department-{name}"],
                within_s=30,
            )

    def _start_bench(self) -> None:
        port_file = self.folder / "bench-ports.json"
        port_file.unlink(missing_ok=True)
        bench = self._child(
            "bench",
            "device_drivers",
            "bench",
            "--port-file",
            str(port_file),
            "--http-port",
            str(self.ports.bench),
            "--directory",
            str(self.folder / "bench"),
        )
        bench.start()
        wait_until(port_file.exists, bench, within_s=40)

    def _bench_ports(self) -> dict[str, Any]:
        ports: dict[str, Any] = json.loads(
            (self.folder / "bench-ports.json").read_text(encoding="utf-8")
        )
        return ports

    def enrol(self, kiosk_id: str, name: str, config: Path) -> None:
        """Enrol a kiosk with this bench's devices, as an installer does. Raises DidNotStart."""
        answer = self._run(
            "fleet_server",
            "enrol-token",
            str(self.folder / "server"),
            f"--kiosk={kiosk_id}",
            f"--name={name}",
            f"--hall={HALL}",
        )
        token = json.loads(answer.splitlines()[-1])
        bench = self._bench_ports()
        settings = bench.get("settings", {})
        devices = {
            kind: port
            for kind, port in bench.items()
            if kind not in {"environment", "page", "settings"}
        }
        self._run(
            "provisioning.enrol",
            f"--server=https://127.0.0.1:{self.ports.https}",
            f"--ca-fingerprint={token['ca_fingerprint']}",
            f"--token={token['token']}",
            f"--config-out={config}",
            *(f"--device={kind}={port}" for kind, port in devices.items()),
        )
        with config.open("a", encoding="utf-8") as out:
            for kind, words in settings.items():
                lines = [f"{name} = {json.dumps(value)}" for name, value in words.items()]
                out.write(f"\n[devices.{kind}.settings]\n" + "\n".join(lines) + "\n")
        with config.open("rb") as file:
            tomllib.load(file)

    def _enrol(self) -> None:
        if self.kiosk_config.exists():
            return
        self.enrol(KIOSK_ID, KIOSK_NAME, self.kiosk_config)
        with self.kiosk_config.open("a", encoding="utf-8") as out:
            out.write("\n[display]\nhide_cursor = false\n")  # a browser's visitor points
            if self.kiosk_times:
                lines = [f"{key} = {value}" for key, value in self.kiosk_times.items()]
                out.write("\n[times]\n" + "\n".join(lines) + "\n")

    def start_display(self) -> None:
        """Choose the screen; a virtual one is started. Raises DidNotStart."""
        present = present_display() if self.use_present_display else None
        if present is not None and present.holds_the_kiosk:
            self.screen_name = present.name
            return
        self.display = Display(log_folder=self.folder / "logs", with_browser=self.with_browser)
        self.display.start()
        self.screen_name = self.display.name

    def _environment(self) -> dict[str, str]:
        environment = {
            "YICHUANG_TOUCH_MAP": str(self.touch_map),
            "DEPARTMENT_API_KEY": self.department_key,
        }
        if self.screen_name:
            environment["DISPLAY"] = self.screen_name
        port_file = self.folder / "bench-ports.json"
        if port_file.exists():
            environment |= self._bench_ports().get("environment", {})
        return environment

    def _child(self, name: str, module: str, *arguments: str) -> Child:
        child = Child(
            name,
            [sys.executable, "-m", module, *arguments],
            log_folder=self.folder / "logs",
            environment=self._environment(),
            folder=ROOT,
        )
        self.children[name] = child
        return child

    def _run(self, module: str, *arguments: str) -> str:
        answer = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            capture_output=True,
            text=True,
            cwd=ROOT,
            env={**os.environ, **self._environment()},
            check=False,
        )
        if answer.returncode != 0:
            raise DidNotStart(
                f"{module} {arguments[0]} ended with {answer.returncode}:\n"
                f"{answer.stdout}{answer.stderr}"
            )
        return answer.stdout
