"""One CUPS queue by pycups. Blocking C calls: only the driver's worker thread comes in here."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import cups

from device_drivers.document_printer.interface import JobState
from device_drivers.document_printer.printer_link import NOTHING_TO_CANCEL
from device_drivers.document_printer.states import JobSeen, understand_job
from device_drivers.errors import DeviceGarbled, DeviceMissing, DeviceSilent, ServiceDown

_IPP_NOT_FOUND = 0x0406
"""client-error-not-found (RFC 8011, appendix B.1)."""

_QUEUE_ATTRIBUTES = (
    "printer-state",
    "printer-state-reasons",
    "printer-is-accepting-jobs",
)
_JOB_ATTRIBUTES = (
    "job-id",
    "job-state",
    "job-impressions-completed",
    "job-media-sheets-completed",
    "time-at-processing",
)
_OPTIONS = {"media": "iso_a4_210x297mm", "sides": "one-sided", "copies": "1"}

_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class Queue:
    """What CUPS holds of the queue itself."""

    state: int
    """RFC 8011, 5.4.11; 5 is stopped."""
    reasons: tuple[str, ...]
    """As the last job's backend left them, which may be long ago."""
    is_accepting: bool
    device_uri: str


@dataclass(frozen=True, slots=True)
class QueuedJob:
    """A job as CUPS sees it.

    Its pages are those that left the filters: CUPS 2.4.2 counts a whole document while the
    printer has not drawn in its first sheet. So they prove nothing until the job is complete.
    """

    seen: JobSeen
    has_begun: bool
    """False while it has never been handed to the printer's backend."""


class JobLost(DeviceSilent):
    """CUPS took a job, and nobody knows whether all of it."""

    def __init__(self, device: str, number: int) -> None:
        super().__init__(device, "CUPS took the job and then said nothing of it")
        self.number = number


class CupsQueue:
    """The queue `name` of the CUPS at `server`: `/path/to/socket`, `host:port` or "" for its own.

    A connection lives for one call, so a CUPS that was restarted is simply there again.
    Every call raises ServiceDown while CUPS is away.
    """

    def __init__(self, name: str, *, server: str, device: str) -> None:
        self._name = name
        self._host, self._port = _split(server)
        self._device = device

    def attributes(self) -> Queue:
        """Ask for the queue. Raises DeviceMissing where CUPS has none of this name."""
        found = self._ask(
            lambda cups_server: cups_server.getPrinterAttributes(
                self._name, requested_attributes=list(_QUEUE_ATTRIBUTES)
            )
        )
        if found is None:
            raise DeviceMissing(self._device, f"CUPS has no queue {self._name}")
        # pycups never frees a URI that getPrinterAttributes gives; those of getPrinters it does
        listed = self._ask(lambda cups_server: cups_server.getPrinters()) or {}
        return _as_queue({**listed.get(self._name, {}), **found})

    def submit(self, pdf: bytes, *, name: str) -> int:
        """Give a job away; its number.

        What is raised leaves no job behind, but for JobLost: CUPS has at least a part of it and
        could not be told to forget it.
        """

        def send(cups_server: cups.Connection) -> int:
            number = int(cups_server.createJob(self._name, name, _OPTIONS))
            try:
                cups_server.startDocument(self._name, number, name, "application/pdf", 1)
                cups_server.writeRequestData(pdf, len(pdf))
                cups_server.finishDocument(self._name)
            except (cups.IPPError, cups.HTTPError, RuntimeError):
                try:
                    cups_server.cancelJob(number, purge_job=True)
                except (cups.IPPError, cups.HTTPError, RuntimeError):
                    raise JobLost(self._device, number) from None
                raise
            return number

        number = self._ask(send)
        if number is None:
            raise DeviceMissing(self._device, f"CUPS has no queue {self._name}")
        return number

    def job(self, number: int) -> QueuedJob:
        """Ask for a job; one that CUPS no longer knows is in state `unknown`."""
        found = self._ask(
            lambda cups_server: cups_server.getJobAttributes(
                number, requested_attributes=list(_JOB_ATTRIBUTES)
            )
        )
        if found is None:
            return QueuedJob(JobSeen(number, JobState.UNKNOWN, 0), has_begun=True)
        return QueuedJob(understand_job(found), has_begun=bool(found.get("time-at-processing")))

    def named(self, names: re.Pattern[str]) -> list[int]:
        """The jobs of this queue whose names match wholly, ended or not, as CUPS remembers them."""
        found = self._ask(
            lambda cups_server: cups_server.getJobs(
                which_jobs="all", requested_attributes=["job-id", "job-name", "job-printer-uri"]
            )
        )
        return [
            number
            for number, job in (found or {}).items()
            if names.fullmatch(str(job.get("job-name", "")))
            and str(job.get("job-printer-uri", "")).endswith(f"/{self._name}")
        ]

    def cancel(self, number: int) -> None:
        """Take a job back; nothing happens to one that has ended.

        Raises DeviceGarbled if refused.
        """
        self._ask(lambda cups_server: _cancel(cups_server, number, purge=False))

    def purge(self, number: int) -> None:
        """Forget a job: its PDF, which names a citizen, leaves CUPS's spool folder.

        Raises DeviceGarbled if refused.
        """
        self._ask(lambda cups_server: _cancel(cups_server, number, purge=True))

    def _connection(self) -> "cups.Connection":
        if not self._host:  # libcups takes an empty name for a host's, not for its default
            return cups.Connection()
        return cups.Connection(host=self._host, port=self._port)

    def _ask(self, call: Callable[["cups.Connection"], _Answer]) -> _Answer | None:
        """What CUPS answers, or None for "not found". Raises ServiceDown, DeviceGarbled."""
        try:
            return call(self._connection())
        except cups.IPPError as error:
            status, words = error.args
            if status == _IPP_NOT_FOUND:
                return None
            if status >= 0x0500:  # the server's, RFC 8011, appendix B.1
                raise ServiceDown(self._device, f"CUPS says {words}") from None
            raise DeviceGarbled(self._device, f"CUPS says {words}") from None
        except (cups.HTTPError, RuntimeError) as error:
            where = self._host or "its usual place"
            raise ServiceDown(self._device, f"no CUPS at {where}: {error}") from None


def _cancel(cups_server: "cups.Connection", number: int, *, purge: bool) -> None:
    try:
        cups_server.cancelJob(number, purge_job=purge)
    except cups.IPPError as error:
        if error.args[0] not in NOTHING_TO_CANCEL:
            raise


def _as_queue(attributes: Mapping[str, object]) -> Queue:
    state, reasons = attributes.get("printer-state"), attributes.get("printer-state-reasons")
    return Queue(
        state=state if isinstance(state, int) else 0,
        reasons=tuple(str(each) for each in reasons) if isinstance(reasons, list) else (),
        is_accepting=attributes.get("printer-is-accepting-jobs") is not False,
        device_uri=str(attributes.get("device-uri", "")),
    )


def _split(server: str) -> tuple[str, int]:
    """Host and port for libcups. Raises ValueError."""
    if not server or server.startswith("/"):
        return server, 0
    host, colon, digits = server.rpartition(":")
    if not colon or not host or not digits.isdecimal():
        raise ValueError(f"server {server!r} is neither /path/to/socket nor host:port")
    return host, int(digits)
