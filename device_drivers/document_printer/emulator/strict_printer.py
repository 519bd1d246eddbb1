"""An IPP printer that says whatever its hand wants, and takes no question that breaks the document.

`ippeveprinter` knows sixteen reasons and one way to answer. This one stands where another maker's
would: every word of RFC 8011, 5.4.12, every state of a job, every syntax of a value, every status.
It implements what RFC 8011, 4 requires of a printer, so that CUPS prints through it.
"""

import itertools
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import pypdfium2

from device_drivers.document_printer.emulator import ipp_language as ipp
from device_drivers.document_printer.emulator.ipp_door import IppDoor
from device_drivers.document_printer.emulator.long_answers import MORE_OF_A_JOB, MORE_OF_A_PRINTER

PRINT_JOB, VALIDATE_JOB, CANCEL_JOB = 0x02, 0x04, 0x08
CREATE_JOB, SEND_DOCUMENT = 0x05, 0x06
GET_JOB_ATTRIBUTES, GET_JOBS, GET_PRINTER_ATTRIBUTES = 0x09, 0x0A, 0x0B
_OPERATIONS = (
    *(PRINT_JOB, VALIDATE_JOB, CANCEL_JOB),
    *(GET_JOB_ATTRIBUTES, GET_JOBS, GET_PRINTER_ATTRIBUTES),
)
"""RFC 8011, 5.4.15: those that every printer has."""
_IN_PARTS = (CREATE_JOB, SEND_DOCUMENT)
"""What old printers lack; PWG 5100.14, 4.1 wants them."""

OK, OK_IGNORED = 0x0000, 0x0001
NOT_AUTHORIZED, NOT_POSSIBLE, NOT_FOUND = 0x0403, 0x0404, 0x0406
VALUES_NOT_SUPPORTED, FORMAT_ERROR = 0x040B, 0x0411
OPERATION_NOT_SUPPORTED, NOT_ACCEPTING = 0x0501, 0x0506
"""RFC 8011, appendix B.1."""

IDLE, PROCESSING, STOPPED = 3, 4, 5
"""printer-state (RFC 8011, 5.4.11)."""
JOB_PENDING, JOB_HELD, JOB_PROCESSING, JOB_STOPPED = 3, 4, 5, 6
JOB_CANCELED, JOB_ABORTED, JOB_COMPLETED = 7, 8, 9
"""job-state (RFC 8011, 5.3.7); the last three are for ever."""

_JOB_TAG, _PRINTER_TAG, _UNSUPPORTED_TAG = b"\x02", b"\x04", b"\x05"
"""RFC 8010, 3.5.1."""
_JOBS = 2**30
_PATH = "/ipp/print"
"""PWG 5100.14, 4.2."""
_URI = f"ipp://localhost{_PATH}"

Attributes = Mapping[str, tuple[ipp.Parts, ...]]


@dataclass
class EmulatedJob:
    """One job, as the printer would tell of it."""

    number: int
    name: str
    pages: int = 0
    state: int = JOB_PENDING
    reason: str = "none"
    pages_out: int = 0

    @property
    def is_over(self) -> bool:
        """True when it can come to nothing more."""
        return self.state >= JOB_CANCELED


class StrictPrinter:
    """Started with `with`, at a socket in the file system. Hands from any thread."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self._door: IppDoor | None = None
        self._lock = RLock()
        # what CUPS still has to say to a printer that is gone must not hit a job of the next one
        self._numbers = itertools.count(secrets.randbelow(_JOBS) + 1)
        self._jobs: list[EmulatedJob] = []
        self._state: tuple[ipp.Parts, ...] = (ipp.enum(IDLE),)
        self._reasons: tuple[ipp.Parts, ...] = (ipp.keyword("none"),)
        self._statuses: dict[int, int] = {}
        self._user: str | None = None
        self.takes_jobs = True
        """printer-is-accepting-jobs."""
        self.takes_jobs_in_parts = True
        """Else it has no Create-Job, and CUPS sends what it has in one piece, by another name."""
        self.prints_at_once = True
        """Else a job stays pending until it is moved on."""
        self.ends_at_once = True
        """Else a job that is cancelled is on its way to a stop for ever."""
        self.counts_impressions = True
        """Else of a job's pages only the sheets are told."""
        self.language_of_names = ""
        """Not "": names say which language they are in."""
        self.is_talkative = False
        """It tells all it has, whatever was asked for, at great length."""
        self.refused: list[str] = []
        """Why questions were refused as breaking the document, in order."""

    def __enter__(self) -> Self:
        self._door = IppDoor(self._socket, self.answer)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        door, self._door = self._door, None
        if door is not None:
            door.close()

    @property
    def address(self) -> str:
        """Where it is asked."""
        return str(self._socket)

    def show(self, state: int, *reasons: str) -> None:
        """Be in this state, for these reasons."""
        with self._lock:
            self._state = (ipp.enum(state),)
            self._reasons = tuple(ipp.keyword(reason) for reason in reasons or ("none",))

    def conceal(self, name: str, which: str) -> None:
        """Say of printer-state or printer-state-reasons only why it is not told."""
        with self._lock:
            if name == "printer-state":
                self._state = (ipp.out_of_band(which),)
            else:
                self._reasons = (ipp.out_of_band(which),)

    @property
    def operations(self) -> tuple[int, ...]:
        """What it can be asked for."""
        return (*_OPERATIONS, *(_IN_PARTS if self.takes_jobs_in_parts else ()))

    def answer_with(self, status: int, *, to: Iterable[int] = _OPERATIONS) -> None:
        """Answer those operations with this status: without doing them, if it is no success."""
        with self._lock:
            self._statuses |= dict.fromkeys(to, status)

    def let_only(self, user: str) -> None:
        """Answer nobody else."""
        self._user = user

    def take_in(self, name: str, *, state: int = JOB_PROCESSING) -> EmulatedJob:
        """A job that is there already, from before."""
        with self._lock:
            job = EmulatedJob(next(self._numbers), name, state=state)
            self._jobs.append(job)
            return job

    def jobs(self) -> list[EmulatedJob]:
        """All jobs that ever came, oldest first."""
        with self._lock:
            return list(self._jobs)

    def move_jobs(self, state: int, *, pages_out: int = 0) -> None:
        """Every job that is not over is in this state now."""
        with self._lock:
            for job in self._jobs:
                if not job.is_over:
                    job.state, job.pages_out = state, pages_out

    def answer(self, data: bytes) -> bytes:
        """The answer to one question, in bytes."""
        try:
            question = ipp.read_question(data)
        except ipp.RefusedRequest as refused:
            self.refused.append(str(refused))
            return ipp.write_answer(refused.status, refused.request_id, str(refused))
        with self._lock:
            status, groups = self._answered(question)
        return ipp.write_answer(status, question.request_id, "as asked", *groups)

    def _answered(self, question: ipp.Question) -> tuple[int, list[bytes]]:
        deeds: Mapping[int, Callable[[ipp.Question], tuple[int, list[bytes]]]] = {
            PRINT_JOB: self._print_job,
            CREATE_JOB: self._create_job,
            SEND_DOCUMENT: self._send_document,
            VALIDATE_JOB: self._validate_job,
            CANCEL_JOB: self._cancel_job,
            GET_JOB_ATTRIBUTES: self._tell_job,
            GET_JOBS: self._tell_jobs,
            GET_PRINTER_ATTRIBUTES: self._tell_printer,
        }
        if question.operation not in self.operations:
            return OPERATION_NOT_SUPPORTED, []
        if urlsplit(question.text("printer-uri") or _URI).path != _PATH:
            return NOT_FOUND, []
        if self._user is not None and question.text("requesting-user-name") != self._user:
            return NOT_AUTHORIZED, []
        wanted = self._statuses.get(question.operation, OK)
        if wanted > 0xFF:
            return wanted, []
        status, groups = deeds[question.operation](question)
        return status or wanted, groups

    def _print_job(self, question: ipp.Question) -> tuple[int, list[bytes]]:
        status, groups = self._create_job(question)
        return self._taken(question, self._jobs[-1]) if status == OK else (status, groups)

    def _create_job(self, question: ipp.Question) -> tuple[int, list[bytes]]:
        status, groups = self._validate_job(question)
        if status != OK:
            return status, groups
        job = EmulatedJob(next(self._numbers), question.text("job-name") or "Untitled")
        self._jobs.append(job)
        return OK, [self._job_group(question, job)]

    def _send_document(self, question: ipp.Question) -> tuple[int, list[bytes]]:
        job = self._job(question)
        if job is None or job.is_over:
            return NOT_FOUND if job is None else NOT_POSSIBLE, []
        return self._taken(question, job)

    def _taken(self, question: ipp.Question, job: EmulatedJob) -> tuple[int, list[bytes]]:
        try:
            document = pypdfium2.PdfDocument(question.document)
        except pypdfium2.PdfiumError:
            job.state = JOB_ABORTED
            return FORMAT_ERROR, []
        job.pages = len(document)
        document.close()
        if self.prints_at_once:
            job.state, job.pages_out = JOB_COMPLETED, job.pages
        return OK, [self._job_group(question, job)]

    def _validate_job(self, question: ipp.Question) -> tuple[int, list[bytes]]:
        del question
        return OK if self.takes_jobs else NOT_ACCEPTING, []

    def _cancel_job(self, question: ipp.Question) -> tuple[int, list[bytes]]:
        job = self._job(question)
        if job is None or job.is_over:
            return NOT_FOUND if job is None else NOT_POSSIBLE, []
        if self.ends_at_once:
            job.state = JOB_CANCELED
        else:
            job.reason = "processing-to-stop-point"
        return OK, []

    def _tell_job(self, question: ipp.Question) -> tuple[int, list[bytes]]:
        job = self._job(question)
        return (NOT_FOUND, []) if job is None else (OK, [self._job_group(question, job)])

    def _job(self, question: ipp.Question) -> EmulatedJob | None:
        number = question.number("job-id")
        return next((job for job in self._jobs if job.number == number), None)

    def _tell_jobs(self, question: ipp.Question) -> tuple[int, list[bytes]]:
        which = question.text("which-jobs") or "not-completed"
        if which not in {"completed", "not-completed"}:
            return VALUES_NOT_SUPPORTED, []
        told = [job for job in self._jobs if job.is_over == (which == "completed")]
        return OK, [self._job_group(question, job) for job in told]

    def _job_group(self, question: ipp.Question, job: EmulatedJob) -> bytes:
        pages_out = {"job-media-sheets-completed": (ipp.integer(job.pages_out),)}
        if self.counts_impressions:
            pages_out["job-impressions-completed"] = (ipp.integer(job.pages_out),)
        held: Attributes = {
            "job-id": (ipp.integer(job.number),),
            "job-uri": (ipp.uri(f"{_URI}/{job.number}"),),
            "job-printer-uri": (ipp.uri(_URI),),
            "job-name": (ipp.name_text(job.name, language=self.language_of_names),),
            "job-state": (ipp.enum(job.state),),
            "job-state-reasons": (ipp.keyword(job.reason),),
            "job-impressions": (ipp.integer(job.pages),),
            **pages_out,
        }
        usual = {"job-id", "job-uri", "job-state", "job-state-reasons"}
        return _JOB_TAG + self._written(question, held, MORE_OF_A_JOB, usual)[0]

    def _tell_printer(self, question: ipp.Question) -> tuple[int, list[bytes]]:
        held: Attributes = {
            "printer-uri-supported": (ipp.uri(_URI),),
            "uri-security-supported": (ipp.keyword("none"),),
            "uri-authentication-supported": (ipp.keyword("requesting-user-name"),),
            "printer-name": (ipp.name_text("Strict", language=self.language_of_names),),
            "printer-state": self._state,
            "printer-state-reasons": self._reasons,
            "printer-is-accepting-jobs": (ipp.boolean(is_true=self.takes_jobs),),
            "ipp-versions-supported": (ipp.keyword("1.1"), ipp.keyword("2.0")),
            "operations-supported": tuple(ipp.enum(each) for each in self.operations),
            "charset-configured": (ipp.charset("utf-8"),),
            "charset-supported": (ipp.charset("utf-8"), ipp.charset("us-ascii")),
            "document-format-default": (ipp.mime_type("application/pdf"),),
            "document-format-supported": (ipp.mime_type("application/pdf"),),
            "printer-supply": (
                ipp.octets(b"index=1;class=supplyThatIsConsumed;type=toner;unit=percent;"),
                ipp.octets(b"index=2;class=supplyThatIsConsumed;maxcapacity=100;level=40;"),
            ),
        }
        written, unknown = self._written(question, held, MORE_OF_A_PRINTER, set(held))
        groups = [_PRINTER_TAG + written]
        if not unknown:
            return OK, groups
        words = ipp.attribute("requested-attributes", *(ipp.keyword(each) for each in unknown))
        return OK_IGNORED, [_UNSUPPORTED_TAG + words, *groups]

    def _written(
        self, question: ipp.Question, held: Attributes, more: Attributes, usual: set[str]
    ) -> tuple[bytes, list[str]]:
        """The attributes asked for in bytes, and those asked for that it does not know.

        A talkative printer tells `more` as well, in front of each, between and behind them.
        """
        asked = [each.decode("ascii") for each in question.asked.get("requested-attributes", ())]
        wanted = usual if not asked else set(held) if "all" in asked else set(asked)
        told = [ipp.attribute(each, *values) for each, values in held.items() if each in wanted]
        if self.is_talkative:
            extra = [ipp.attribute(each, *values) for each, values in more.items()]
            pairs = itertools.zip_longest(extra, told, fillvalue=b"")
            told = list(itertools.chain.from_iterable(pairs))
        known = {*held, *more, "all", "none", "printer-description", "job-template"}
        return b"".join(told), [each for each in asked if each not in known]
