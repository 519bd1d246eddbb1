"""The A4 printer's queue at CUPS, and a spool that is empty whenever CUPS starts.

Standard library only.
"""

import os
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

DROP_IN: Final = Path("etc/systemd/system/cups.service.d/yichuang.conf")
SPOOL_EMPTIED: Final = """\
# What a power cut interrupted is never printed again, in an empty hall.
[Service]
ExecStartPre=/bin/sh -c 'rm -f /var/spool/cups/[cd]*'
"""
ERROR_POLICY: Final = "printer-error-policy=abort-job"
"""A job that fails is given up: the kiosk's flow knows what to do then, and CUPS does not."""


ANSWER_S: Final = 60.0
"""A queue is made within seconds; a CUPS that hangs would hold the installer for ever."""


class NoPrintService(Exception):
    """The print service cannot be had; the message says what a person must do."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The queue a kiosk's configuration asks for."""

    name: str
    uri: str
    """Where the printer is; "" where the configuration does not say, and any queue will do."""

    def is_met_by(self, uri: str) -> bool:
        """Is a queue with this device URI the one?"""
        return uri == self.uri if self.uri else bool(uri)


def missing_print_service(config: Path, root: Path, server: str = "") -> str:
    """What a kiosk with a document printer still lacks; "" for one that has none.

    `config`: the kiosk's; without one there is nothing to say yet. `server`: where CUPS listens,
    its own default unless told.
    """
    wanted = _wanted(config)
    if wanted is None:
        return ""
    drop_in = root / DROP_IN
    if not drop_in.exists() or drop_in.read_text(encoding="utf-8") != SPOOL_EMPTIED:
        return "CUPS keeps its spool over a restart"
    is_met = wanted.is_met_by(_device_uri(wanted.name, server))
    return "" if is_met else f"no queue {wanted.name} at CUPS, or of another printer"


def make_print_service(config: Path, root: Path, server: str = "") -> None:
    """The drop-in and the driverless queue. Raises NoPrintService."""
    wanted = _wanted(config)
    if wanted is None:
        return
    drop_in = root / DROP_IN
    drop_in.parent.mkdir(parents=True, exist_ok=True)
    drop_in.write_text(SPOOL_EMPTIED, encoding="utf-8")
    if wanted.is_met_by(_device_uri(wanted.name, server)):
        return
    if not wanted.uri:
        raise NoPrintService(
            "the site file must say where the A4 printer is: [devices.document_printer] "
            'settings = {printer = "HOST:PORT"}; or make the queue by hand'
        )
    made = _cups(
        server,
        *("lpadmin", "-p", wanted.name, "-E", "-v", wanted.uri, "-m", "everywhere"),
        *("-o", ERROR_POLICY),
    )
    if made.returncode:
        said = made.stderr.strip() or made.stdout.strip()
        raise NoPrintService(f"are CUPS and the A4 printer on? lpadmin says: {said}")


def _wanted(config: Path) -> _Wanted | None:
    if not config.exists():
        return None
    devices = tomllib.loads(config.read_text(encoding="utf-8")).get("devices", {})
    if "document_printer" not in devices:
        return None
    device = devices["document_printer"]
    printer = str(device.get("settings", {}).get("printer", ""))
    name = str(device["port"]).removeprefix("cups:")
    return _Wanted(name, f"ipp://{printer}/ipp/print" if ":" in printer else "")


def _device_uri(name: str, server: str) -> str:
    """Of the queue as it is; "" where there is none, or no CUPS."""
    listed = _cups(server, "lpstat", "-v", name)
    return listed.stdout.strip().rpartition(f"{name}: ")[2] if listed.returncode == 0 else ""


def _cups(server: str, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    where = ("-h", server) if server else ()
    environment = {**os.environ, "LC_ALL": "C"}  # lpstat's words are translated
    try:
        return subprocess.run(
            [program, *where, *arguments],
            capture_output=True,
            text=True,
            check=False,
            env=environment,
            timeout=ANSWER_S,
        )
    except FileNotFoundError:
        return subprocess.CompletedProcess([program], 127, "", f"there is no {program}")
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess([program], 124, "", f"no answer in {ANSWER_S:g} s")
