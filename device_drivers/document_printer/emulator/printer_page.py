"""The web page `ippeveprinter` has for its tray and toner, and its IPP answers by `ipptool`."""

import re
import subprocess
from urllib.parse import urlencode
from urllib.request import urlopen

from device_drivers.document_printer.emulator.room import (
    HAND_DOCUMENT,
    PRINTER_PAGE,
    PRINTER_URI,
    ROOM,
)

_ANSWER_S = 5.0
_NOT_MEASURED = -2
"""The tray for single sheets is always there, and 0 in it counts as out of paper."""
_REASONS = re.compile(r"(?:job|printer)-state-reasons \([^)]*\) = (\S+)")
_OVER = re.compile(r"job-state \(enum\) = (?:canceled|aborted|completed)")
_JOB_URI = re.compile(r"job-uri \(uri\) = (\S+)")
_SEVERITY = re.compile(r"-(?:report|warning|error)$")


def set_paper(sheets: int) -> None:
    """Sheets of A4 in the tray; below 25 the printer says low, at 0 empty. Raises OSError."""
    main_tray = {"size1": "iso_a4_210x297mm", "type1": "stationery", "level1": sheets}
    _submit("media", {**main_tray, "size3": "", "type3": "", "level3": _NOT_MEASURED})


def set_toner(percent: int) -> None:
    """Toner left; below 10 the printer says low, at 0 empty. Raises OSError."""
    _submit("supplies", {"supply0": 25, "supply1": percent})


def reasons(uri: str = PRINTER_URI) -> set[str]:
    """The state reasons of the printer or, by its URI, of a job, less how bad they are."""
    found = _REASONS.search(_ipptool(uri, "printer.test" if uri == PRINTER_URI else "job.test"))
    words = found.group(1).split(",") if found is not None else []
    return {_SEVERITY.sub("", word) for word in words}


def is_over(job_uri: str) -> bool:
    """True when nothing more happens about a job."""
    return _OVER.search(_ipptool(job_uri, "job.test")) is not None


def let_hand_print() -> str | None:
    """Send the hand's document, which makes no paper; its job's URI.

    None where the printer is at another job: `ippeveprinter` takes one at a time.
    """
    found = _JOB_URI.search(_ipptool(PRINTER_URI, "hand.test", "-f", str(HAND_DOCUMENT)))
    return None if found is None else found.group(1)


def _ipptool(uri: str, test: str, *options: str) -> str:
    ran = subprocess.run(
        ["ipptool", "-tv", *options, uri, str(ROOM / test)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_ANSWER_S,
        check=False,
    )
    return ran.stdout


def _submit(page: str, fields: dict[str, object]) -> None:
    with urlopen(f"{PRINTER_PAGE}/{page}?{urlencode(fields)}", timeout=_ANSWER_S) as answer:
        answer.read()
