"""The citizen's app as a process of its own, the store it shares with an agent, and its screen."""

import base64
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from nacl.public import PrivateKey

from kiosk.contract.downlink import Command, RestartApp, SetOutOfService
from kiosk.screens.shots import a_display
from kiosk.store.command_log import CommandLog
from kiosk.store.database import Store
from kiosk.store.outbox import Outbox
from kiosk.store.shared_state import SharedState

WITHIN_S = 30.0
"""A cold start takes 2 s here, more while others use the machine."""

Map = dict[str, object]
Process = subprocess.Popen[bytes]

CONFIG = """
id = "hz0042"
data = "data"
[place]
county = "桓台县"
hall = "桓台县政务服务中心"
name = "01 号终端"
help_phone = "0533-8210000"
staffed_hours = "周一至周五 9:00–17:00"
[server]
api_url = "https://127.0.0.1:8443"
broker_host = "127.0.0.1"
broker_port = 8883
ca_file = "ca.pem"
key_file = "kiosk.key"
certificate_file = "kiosk.pem"
sealing_key_file = "sealing.key"
content_root_file = "root.json"
[devices.receipt_printer]
model = "escpos"
port = "tcp:127.0.0.1:9"
"""


class Kiosk:
    """The app's process, the store it shares with an agent, and a hand at its screen."""

    def __init__(self, folder: Path, more_devices: str = "") -> None:
        self.folder = folder
        self.config = folder / "kiosk.toml"
        self.config.write_text(CONFIG + more_devices, encoding="utf-8")
        key = PrivateKey.generate().public_key
        (folder / "sealing.key").write_bytes(base64.b64encode(bytes(key)))
        self.store = Store.open(folder / "data" / "kiosk.sqlite")
        self.shared = SharedState(self.store)
        self.outbox = Outbox(self.store)
        self.commands = CommandLog(self.store, self.outbox)
        self._map = folder / "touch.json"
        self.process = self.start()

    def start(self, program: tuple[str, ...] = ("kiosk.main", "--config")) -> Process:
        self._map.unlink(missing_ok=True)  # what an earlier life drew
        environment = {**os.environ, "YICHUANG_TOUCH_MAP": str(self._map)}
        return subprocess.Popen([sys.executable, "-m", *program, str(self.config)], env=environment)

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(WITHIN_S)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(WITHIN_S)
        self.store.close()

    def until(self, is_so: Callable[[], bool]) -> None:
        """Wait for it; how soon it comes is `make bench`'s to say."""
        began = time.monotonic()
        while time.monotonic() < began + WITHIN_S:
            if is_so():
                return
            time.sleep(0.02)
        raise AssertionError("it never came")

    def page(self) -> Map:
        if not self._map.exists():
            return {"page": ""}
        found: Map = json.loads(self._map.read_text(encoding="utf-8"))
        return found

    def on_page(self, name: str) -> None:
        self.until(lambda: self.page()["page"] == name)

    def touch(self, x: int, y: int) -> None:
        subprocess.run(
            ["xdotool", "mousemove", str(x), str(y), "click", "1"], check=True, timeout=WITHIN_S
        )

    def order(self, number: int, order: RestartApp | SetOutOfService) -> str:
        """As the agent writes it down; the command's id."""
        command = Command(
            id=f"c{number}",
            number=number,
            order=order,
            expires_at=datetime.now(UTC) + timedelta(minutes=5),
        )
        assert self.commands.receive(command)
        return command.id

    def kinds(self) -> list[str]:
        return [row.event.kind for row in self.outbox.pending()]


@contextmanager
def a_kiosk(folder: Path, more_devices: str = "") -> Iterator[Kiosk]:
    """Running on a virtual display of its own, whatever display there is."""
    held = os.environ.pop("DISPLAY", None)
    with a_display((1080, 1920)):
        running = Kiosk(folder, more_devices)
        yield running
        running.close()
    if held is not None:
        os.environ["DISPLAY"] = held
