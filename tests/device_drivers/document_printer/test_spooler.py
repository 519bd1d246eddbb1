"""How a job ended, by what CUPS and the printer said of it last."""

import pytest

from device_drivers.document_printer.cups_queue import QueuedJob
from device_drivers.document_printer.interface import (
    DocumentOutcome,
    JobState,
    NotPrinted,
    Printed,
    Unconfirmed,
)
from device_drivers.document_printer.spooler import Look, judge
from device_drivers.document_printer.states import JobSeen
from device_drivers.errors import FaultCode

_WHY = FaultCode.PAPER_OUT


def _cups(state: JobState, *, pages: int = 0, has_begun: bool = True) -> QueuedJob:
    return QueuedJob(JobSeen(1, state, pages), has_begun=has_begun)


def _printer(state: JobState, pages: int = 0) -> JobSeen:
    return JobSeen(5, state, pages)


@pytest.mark.parametrize(
    ("look", "outcome"),
    [
        (Look(_cups(JobState.PROCESSING), _printer(JobState.COMPLETED, 2)), Printed(2)),
        (Look(None, _printer(JobState.COMPLETED, 2)), Printed(2)),
        (Look(_cups(JobState.COMPLETED, pages=2)), Unconfirmed("D301")),
        (Look(_cups(JobState.CANCELED), _printer(JobState.CANCELED)), NotPrinted("D301")),
        (Look(_cups(JobState.ABORTED), _printer(JobState.ABORTED)), NotPrinted("D301")),
        (Look(_cups(JobState.CANCELED, has_begun=False)), NotPrinted("D301")),
        (Look(_cups(JobState.CANCELED), _printer(JobState.CANCELED, 1)), Unconfirmed("D301", 1)),
        (Look(_cups(JobState.CANCELED), _printer(JobState.PROCESSING)), Unconfirmed("D301")),
        (Look(_cups(JobState.CANCELED)), Unconfirmed("D301")),
        (Look(_cups(JobState.ABORTED), JobSeen(5, JobState.ABORTED, None)), Unconfirmed("D301")),
        (Look(None, JobSeen(5, JobState.COMPLETED, None)), Printed(0)),
        (Look(_cups(JobState.PENDING, has_begun=False)), Unconfirmed("D301")),
        (Look(_cups(JobState.UNKNOWN)), Unconfirmed("D301")),
        (Look(), Unconfirmed("D301")),
    ],
)
def test_only_what_is_certain_is_called_printed_or_not_printed(
    look: Look, outcome: DocumentOutcome
) -> None:
    assert judge(look, _WHY) == outcome


def test_cups_calls_complete_what_a_printer_without_memory_has_lost() -> None:
    """The backend takes "no such job", after the printer was switched off and on, for an end."""
    look = Look(_cups(JobState.COMPLETED, pages=2), _printer(JobState.UNKNOWN, 1))
    assert look.is_over
    assert judge(look, _WHY) == Unconfirmed("D301", 1)


def test_pages_counted_by_cups_are_not_told_before_the_end() -> None:
    assert Look(_cups(JobState.PROCESSING, pages=2)).progress.pages == 0


def test_a_job_cancelled_at_cups_alone_is_not_over() -> None:
    """Seen with ippeveprinter: it prints a cancelled job when its tray is filled again."""
    assert not Look(_cups(JobState.CANCELED), _printer(JobState.PROCESSING)).is_over
