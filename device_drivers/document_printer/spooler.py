"""CUPS and the printer behind it, asked together. Blocking: the driver's worker thread only."""

import contextlib
import re
import secrets
import time
from dataclasses import dataclass, replace

from device_drivers.document_printer.cups_queue import CupsQueue, JobLost, Queue, QueuedJob
from device_drivers.document_printer.interface import (
    DocumentOutcome,
    DocumentPrinterStatus,
    JobProgress,
    JobState,
    NotPrinted,
    Printed,
    Unconfirmed,
)
from device_drivers.document_printer.printer_link import PrinterLink, link_to
from device_drivers.document_printer.states import JobSeen, understand_printer, understand_queue
from device_drivers.errors import DeviceFault, DeviceGarbled, DeviceSilent, FaultCode
from device_drivers.status import DeviceStatus

STOPS = frozenset({FaultCode.PAPER_OUT, FaultCode.TICKET_JAMMED, FaultCode.DOOR_OPEN})
"""What keeps a job that was begun from going on until a person comes."""
_IDLE, _STOPPED = 3, 5
"""printer-state (RFC 8011, 5.4.11)."""
_TITLE = "[A-Za-z0-9-]{1,60}"
_DRAWN_BYTES = 4
_MARK = re.compile("[A-Za-z0-9]{1,30}")
"""No hyphen: the mark `hall` must not be the beginning of a name under `hall-2`."""

_ENDS_WITHIN_S = 2.0
"""ippeveprinter calls a cancelled job ended, or ending, in its very next answer; a printer in the
middle of a page may take its time."""
_POLL_S = 0.25


@dataclass(frozen=True, slots=True)
class Job:
    """What was given away: its number at CUPS, and the name it bears everywhere."""

    number: int
    name: str


@dataclass(frozen=True, slots=True)
class Look:
    """One job at one moment, from both sides."""

    queued: QueuedJob | None = None
    """None while CUPS does not answer."""
    at_printer: JobSeen | None = None
    """As the printer told it last; None where it has never told of this job."""
    is_printer_answering: bool = False
    hindrance: FaultCode | None = None
    """What keeps the job from going on, if anything does."""

    @property
    def progress(self) -> JobProgress:
        """The printer's word; CUPS's while the printer has none, and then no pages."""
        if self.at_printer is not None:
            return JobProgress(self.at_printer.state, self.at_printer.pages or 0)
        return JobProgress(JobState.UNKNOWN if self.queued is None else self.queued.seen.state, 0)

    @property
    def is_over(self) -> bool:
        """True when nobody will do, or can say, anything more about the job."""
        is_over_at_cups = self.queued is not None and self.queued.seen.state.is_final
        if self.at_printer is None:
            return is_over_at_cups
        is_forgotten = self.at_printer.state is JobState.UNKNOWN
        return self.at_printer.state.is_final or (is_forgotten and is_over_at_cups)


def judge(look: Look, why: FaultCode) -> DocumentOutcome:
    """How a job ended, as far as anybody can know; `why` is what stood in its way.

    CUPS alone proves no paper: its "completed" means that the backend has taken the last byte, into
    a cable or a printer's memory (`DECISIONS.md` 6).
    """
    if look.at_printer is None:
        has_begun = look.queued is None or look.queued.has_begun
        is_given_up = look.progress.state.is_final and not has_begun
        return NotPrinted(why.value) if is_given_up else Unconfirmed(why.value)
    state, pages = look.at_printer.state, look.at_printer.pages
    if state is JobState.COMPLETED:
        return Printed(pages or 0)
    is_given_up = state.is_final and pages == 0  # said to be none, not left unsaid
    return NotPrinted(why.value) if is_given_up else Unconfirmed(why.value, pages or 0)


class JobNames:
    """What the jobs of one kiosk are called: its mark, a title, and what was drawn for each.

    Raises ValueError for a mark that is not letters and digits only, at most 30.
    """

    def __init__(self, mark: str) -> None:
        if _MARK.fullmatch(mark) is None:
            raise ValueError("a mark is letters and digits only, at most 30")
        self._mark = mark
        self.pattern = re.compile(f"{mark}-{_TITLE}-[0-9a-f]{{{2 * _DRAWN_BYTES}}}")
        """Matches every name ever drawn under this mark, and no other program's."""

    def draw(self, title: str) -> str:
        """A new name. Raises ValueError for a title that could name somebody."""
        if re.fullmatch(_TITLE, title) is None:
            raise ValueError("a title is letters, digits and - only, at most 60")
        return f"{self._mark}-{title}-{secrets.token_hex(_DRAWN_BYTES)}"


class Spooler:
    """One queue, and its printer where that can be asked. `names`: of the jobs that are ours."""

    def __init__(
        self, queue: CupsQueue, printer: PrinterLink | None, *, names: JobNames, device: str
    ) -> None:
        self._queue = queue
        self._names = names
        self._given = printer
        self._device = device
        self._unforgotten: set[int] = set()
        """Jobs to be cancelled and purged; kept until CUPS has done it or knows them no more."""
        self._has_swept = False

    def status(self) -> DocumentPrinterStatus:
        """Ask both. Raises DeviceFault where one of them does not answer."""
        queue = self._queue.attributes()
        self._forget_all()
        link = self._link(queue)
        status = _by_cups_alone(queue) if link is None else understand_printer(link.attributes())
        if status.fault is None and (queue.state == _STOPPED or not queue.is_accepting):
            fault, detail = FaultCode.SERVICE_DOWN, "the queue is stopped at CUPS"
            return replace(status, device=DeviceStatus.OFFLINE, fault=fault, detail=detail)
        return status

    def sweep(self) -> None:
        """Once in our life: end what an earlier life of ours left. Raises DeviceFault.

        Only for whoever owns the queue and the printer behind it: a second process would end what
        the first one prints.

        A process killed in a job leaves the citizen's paper in the spool folder, and a job that
        still waits would come out when nobody is there for it. The printer may hold one of which
        CUPS, its spool emptied, knows nothing more: it is asked for its own list, and once more
        after it was told to end them. A sweep that failed anywhere is not done, and is repeated
        whole at the next call.
        """
        if self._has_swept:
            return
        self._unforgotten.update(self._queue.named(self._names.pattern))
        self._forget_all()
        link = self._link(self._queue.attributes())
        if link is not None:
            self._end_all_at(link)
        self._has_swept = True

    def _end_all_at(self, link: PrinterLink) -> None:
        """Raises DeviceFault where one is refused or does not end; all are told to."""
        refused: DeviceFault | None = None
        for job in link.unfinished(self._names.pattern):
            try:
                link.cancel(job.number)
            except DeviceFault as fault:
                refused = fault
        if refused is not None:
            raise refused
        deadline = time.monotonic() + _ENDS_WITHIN_S
        while left := link.unfinished(self._names.pattern):
            if time.monotonic() > deadline:
                raise DeviceSilent(self._device, f"{len(left)} old jobs at the printer do not end")
            time.sleep(_POLL_S)

    def submit(self, pdf: bytes, name: str) -> Job:
        """Give a job to CUPS. Raises DeviceFault, and then no job is left there.

        But for JobLost: CUPS may print it yet, and it is purged as soon as CUPS listens.
        """
        try:
            job = Job(self._queue.submit(pdf, name=name), name)
        except JobLost as lost:
            self._unforgotten.add(lost.number)
            raise
        self._unforgotten.discard(job.number)  # a CUPS that lost its memory counts from 1 again
        return job

    def take_back(self, job: Job) -> None:
        """Cancel and purge a job that nobody waits for any more, now or as soon as CUPS listens."""
        self.withdraw(job, Look())
        self.note_unwanted(job)
        self.forget_all()

    def look(self, job: Job, before: Look) -> Look:
        """See how a job stands; `before` is what was seen last. Never raises."""
        look = replace(before, queued=None, is_printer_answering=False, hindrance=None)
        link = self._given
        said_by_cups: FaultCode | None = None
        try:
            queue = self._queue.attributes()
            link, said_by_cups = self._link(queue), _by_cups_alone(queue).fault
            look = replace(look, queued=self._queue.job(job.number))
        except DeviceFault as fault:
            look = replace(look, hindrance=fault.code)
        if link is None:
            return replace(look, hindrance=look.hindrance or _stop(said_by_cups))
        try:
            hindrance = _hindrance_at(link) or look.hindrance
            at_printer = _find(link, job, before)
        except DeviceFault as fault:
            return replace(look, hindrance=fault.code)
        if at_printer is None:
            return replace(look, is_printer_answering=True, hindrance=hindrance)
        return replace(look, at_printer=at_printer, is_printer_answering=True, hindrance=hindrance)

    def withdraw(self, job: Job, look: Look) -> None:
        """Cancel a job at CUPS, which tells the printer; without CUPS, at the printer."""
        with contextlib.suppress(DeviceFault):
            self._queue.cancel(job.number)
            return
        if self._given is not None and look.at_printer is not None:
            with contextlib.suppress(DeviceFault):
                self._given.cancel(look.at_printer.number)

    def note_unwanted(self, job: Job) -> None:
        """Have CUPS end the job and drop its PDF when it answers next. Blocks for nothing.

        The one method for any thread: a CUPS that hangs keeps the worker thread from all others.
        """
        self._unforgotten.add(job.number)

    def forget_all(self) -> None:
        """Have CUPS end and drop what is unwanted, now or, if it is away, later. Never raises."""
        with contextlib.suppress(DeviceFault):
            self._forget_all()

    def _forget_all(self) -> None:
        """Raises DeviceFault where CUPS refuses one; the others are dropped all the same."""
        refused: DeviceFault | None = None
        for number in tuple(self._unforgotten):
            try:
                self._queue.cancel(number)
                self._queue.purge(number)
            except DeviceFault as fault:
                refused = fault
            else:
                self._unforgotten.discard(number)
        if refused is not None:
            raise refused

    def _link(self, queue: Queue) -> PrinterLink | None:
        return self._given or link_to(queue.device_uri, device=self._device)


def _stop(fault: FaultCode | None) -> FaultCode | None:
    return fault if fault in STOPS else None


def _hindrance_at(link: PrinterLink) -> FaultCode | None:
    """What keeps a printer from going on. Raises DeviceFault where it answers nothing.

    One that will not tell how it is may still tell of its jobs: a refusal is a hindrance only.
    """
    try:
        return _stop(understand_printer(link.attributes()).fault)
    except DeviceGarbled as fault:
        return fault.code


def _by_cups_alone(queue: Queue) -> DocumentPrinterStatus:
    """What CUPS tells of a printer that cannot be asked.

    While idle it repeats the last job's complaints until the next job (`DECISIONS.md` 1): they must
    not keep that next job away for ever.
    """
    return understand_queue(queue.state, () if queue.state == _IDLE else queue.reasons)


def _find(link: PrinterLink, job: Job, before: Look) -> JobSeen | None:
    """The job at the printer. One it has forgotten keeps the pages last told, its state unknown.

    Once found it is asked for by number, and its name compared: a printer that was switched off and
    on may have given the number to somebody else's job.
    """
    if before.at_printer is None:
        return link.find_job(job.name)
    seen = link.job(before.at_printer.number, name=job.name)
    told = [each for each in (seen.pages, before.at_printer.pages) if each is not None]
    return replace(seen, pages=max(told, default=None))
