"""The A4 printer's queue at CUPS, and a spool that is empty whenever CUPS starts.

Standard library only, as all that is imported here.
"""

import os
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from device_drivers.document_printer.printer_link import PrinterLink
from device_drivers.errors import DeviceFault
from device_drivers.status import DeviceKind

DROP_IN: Final = Path("etc/systemd/system/cups.service.d/yichuang.conf")
SPOOL_EMPTIED: Final = """\
# What a power cut interrupted is never printed again, in an empty hall.
[Service]
ExecStartPre=/bin/sh -c 'rm -f /var/spool/cups/[cd]*'
"""
ERROR_POLICY: Final = "abort-job"
"""A job that fails is given up: the driver sees its end, and the flow knows what to do then. CUPS's
own choices would print it again by themselves, later and in an empty hall (`retry-job`,
`retry-current-job`), or stop the queue for every citizen until somebody comes (`stop-printer`)."""
_POLICY_NAME: Final = "printer-error-policy"
_STATE_NAME: Final = "printer-state"
_STOPPED: Final = 5
"""RFC 8011, 5.4.11: `cupsdisable` stops a queue, which then keeps its jobs."""
_ACCEPTS_NAME: Final = "printer-is-accepting-jobs"
"""RFC 8011, 5.4.23: `cupsreject` lets a queue refuse every job."""
_USUAL_SERVER: Final = "/run/cups/cups.sock"
"""Where Debian's CUPS listens."""

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
    server: str
    """Where CUPS listens; "" is its own default."""

    def is_met_by(self, uri: str) -> bool:
        """Is a queue with this device URI the one?"""
        return uri == self.uri if self.uri else bool(uri)


def missing_print_service(config: Path, root: Path, server: str = "") -> str:
    """What a kiosk with a document printer still lacks; "" for one that has none.

    `config`: the kiosk's; without one there is nothing to say yet. `server`: where CUPS listens;
    unless told, where the device's settings say, as the driver does, else its own default.
    """
    wanted = _wanted(config, server)
    if wanted is None:
        return ""
    drop_in = root / DROP_IN
    if not drop_in.exists() or drop_in.read_text(encoding="utf-8") != SPOOL_EMPTIED:
        return "CUPS keeps its spool over a restart"
    if not wanted.is_met_by(_device_uri(wanted)):
        return f"no queue {wanted.name} at CUPS, or of another printer"
    said = _as_cups_tells(wanted)
    policy = said.get(_POLICY_NAME, "unknown")
    if policy != ERROR_POLICY:
        return f"queue {wanted.name} has the error policy {policy}, not {ERROR_POLICY}"
    if said.get(_STATE_NAME) == _STOPPED:
        return f"queue {wanted.name} is stopped at CUPS"
    if said.get(_ACCEPTS_NAME) is not True:
        return f"queue {wanted.name} takes no jobs at CUPS"
    return ""


def make_print_service(config: Path, root: Path, server: str = "") -> None:
    """The drop-in, the driverless queue, and what it does with a failed job.

    Raises NoPrintService.
    """
    wanted = _wanted(config, server)
    if wanted is None:
        return
    drop_in = root / DROP_IN
    drop_in.parent.mkdir(parents=True, exist_ok=True)
    drop_in.write_text(SPOOL_EMPTIED, encoding="utf-8")
    if wanted.is_met_by(_device_uri(wanted)):
        _change_queue(wanted)
        return
    if not wanted.uri:
        raise NoPrintService(
            "the site file must say where the A4 printer is: [devices.document_printer] "
            'settings = {printer = "HOST:PORT"}; or make the queue by hand'
        )
    _change_queue(wanted, "-v", wanted.uri, "-m", "everywhere")


def _change_queue(wanted: _Wanted, *how: str) -> None:
    """Make or change it; either way it runs and takes jobs then (-E), and gives up failed ones."""
    policy = f"{_POLICY_NAME}={ERROR_POLICY}"
    changed = _cups(wanted.server, "lpadmin", "-p", wanted.name, "-E", *how, "-o", policy)
    if changed.returncode:
        said = changed.stderr.strip() or changed.stdout.strip()
        raise NoPrintService(f"are CUPS and the A4 printer on? lpadmin says: {said}")


def _wanted(config: Path, server: str) -> _Wanted | None:
    if not config.exists():
        return None
    devices = tomllib.loads(config.read_text(encoding="utf-8")).get("devices", {})
    if "document_printer" not in devices:
        return None
    device = devices["document_printer"]
    settings = device.get("settings", {})
    printer = str(settings.get("printer", ""))
    return _Wanted(
        name=str(device["port"]).removeprefix("cups:"),
        uri=f"ipp://{printer}/ipp/print" if ":" in printer else "",
        server=server or str(settings.get("server", "")),
    )


def _device_uri(wanted: _Wanted) -> str:
    """Of the queue as it is; "" where there is none, or no CUPS."""
    listed = _cups(wanted.server, "lpstat", "-v", wanted.name)
    return listed.stdout.strip().rpartition(f"{wanted.name}: ")[2] if not listed.returncode else ""


def _as_cups_tells(wanted: _Wanted) -> dict[str, object]:
    """Policy, state and acceptance, by IPP: no program of CUPS tells the first; {} if unknown."""
    queue = PrinterLink(
        wanted.server or _USUAL_SERVER,
        path=f"/printers/{wanted.name}",
        device=DeviceKind.DOCUMENT_PRINTER.value,
        answer_s=ANSWER_S,
    )
    try:
        said = queue.attributes((_POLICY_NAME, _STATE_NAME, _ACCEPTS_NAME))
    except (DeviceFault, ValueError):  # ValueError: a server that is no address
        return {}
    return {name: values[0] for name, values in said.items()}


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
