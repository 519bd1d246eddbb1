"""What CUPS or the printer refuses is not done: a sweep and a purge go on until it is."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from device_drivers.document_printer.cups_queue import CupsQueue
from device_drivers.document_printer.driver import CupsDocumentPrinter
from device_drivers.document_printer.interface import JobState, Printed
from device_drivers.document_printer.printer_link import PrinterLink
from device_drivers.document_printer.spooler import Job, JobNames, Look, Spooler, judge
from device_drivers.document_printer.states import JobSeen
from device_drivers.errors import DeviceGarbled, DeviceSilent, FaultCode, ServiceDown
from device_drivers.ports import Port
from device_drivers.status import DeviceStatus
from tests.device_drivers.document_printer.ipp_wire import (
    CANCEL_JOB,
    GET_JOB_ATTRIBUTES,
    GET_JOBS,
    GET_PRINTER_ATTRIBUTES,
    IppWire,
    Said,
    always,
    job,
)

_OURS = "yichuang-certificate-0123abcd"
_NOT_AUTHORIZED, _NOT_POSSIBLE, _NOT_FOUND, _BUSY = 0x0403, 0x0404, 0x0406, 0x0507
_ANSWER_S = 30.0
"""For an answer that comes, on a machine that has much else to do."""


@pytest.fixture
def cups_wire() -> Iterator[IppWire]:
    with IppWire() as wire:
        yield wire


@pytest.fixture
def printer_wire() -> Iterator[IppWire]:
    with IppWire() as wire:
        yield wire


@pytest.fixture
def spooler(cups_wire: IppWire, printer_wire: IppWire) -> Spooler:
    return Spooler(
        CupsQueue("a4", server=cups_wire.address, device="test"),
        PrinterLink(printer_wire.address, device="test", answer_s=_ANSWER_S),
        names=JobNames("yichuang"),
        device="test",
    )


def test_a_printer_too_busy_for_its_list_is_not_swept(
    spooler: Spooler, printer_wire: IppWire
) -> None:
    printer_wire.answers[GET_JOBS] = always(status=_BUSY)
    with pytest.raises(ServiceDown, match="0x0507"):
        spooler.sweep()
    printer_wire.answers[GET_JOBS] = always()
    asked = printer_wire.asked(GET_JOBS)
    spooler.sweep()
    assert printer_wire.asked(GET_JOBS) > asked
    asked = printer_wire.asked(GET_JOBS)
    spooler.sweep()
    assert printer_wire.asked(GET_JOBS) == asked  # once in a life


def test_a_printer_that_does_not_let_us_cancel_is_not_swept_and_told_of_every_job(
    spooler: Spooler, printer_wire: IppWire
) -> None:
    printer_wire.answers[GET_JOBS] = always(job(5, _OURS) + job(6, _OURS))
    printer_wire.answers[CANCEL_JOB] = always(status=_NOT_AUTHORIZED)
    for _ in range(2):
        with pytest.raises(DeviceGarbled, match="0x0403"):
            spooler.sweep()
    assert printer_wire.asked(CANCEL_JOB) == 4


@pytest.mark.parametrize("status", [0, _NOT_POSSIBLE, _NOT_FOUND])
@pytest.mark.parametrize("left", [b"", job(5, _OURS, 5, "processing-to-stop-point")])
def test_a_job_that_has_ended_or_is_ending_is_swept(
    spooler: Spooler, printer_wire: IppWire, status: int, left: bytes
) -> None:
    def cancel(question: bytes) -> Said:
        del question
        printer_wire.answers[GET_JOBS] = always(left)
        return Said(status=status)

    printer_wire.answers[GET_JOBS] = always(job(5, _OURS))
    printer_wire.answers[CANCEL_JOB] = cancel
    spooler.sweep()
    assert printer_wire.asked(GET_JOBS) == 2  # once more after cancelling


def test_a_job_that_is_cancelled_and_does_not_end_is_not_swept(
    spooler: Spooler, printer_wire: IppWire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("device_drivers.document_printer.spooler._ENDS_WITHIN_S", 0.0)
    printer_wire.answers[GET_JOBS] = always(job(5, _OURS))
    with pytest.raises(DeviceSilent, match="do not end"):
        spooler.sweep()


@pytest.mark.parametrize(
    "name",
    [
        "Report-20261124",
        "Scan-IMG-20231201",
        "certificate-0123abcd",
        "yichuang-certificate-0123ABCD",
        "yichuang-certificate",
        "yichuang2-certificate-0123abcd",
        "my-yichuang-certificate-0123abcd",
        "yichuang-certificate-0123abcd.pdf",
    ],
)
def test_other_peoples_jobs_are_left_alone(
    spooler: Spooler, cups_wire: IppWire, printer_wire: IppWire, name: str
) -> None:
    for wire in (cups_wire, printer_wire):
        wire.answers[GET_JOBS] = always(job(5, name))
    spooler.sweep()
    assert (cups_wire.asked(CANCEL_JOB), printer_wire.asked(CANCEL_JOB)) == (0, 0)


@pytest.mark.parametrize("title", ["certificate", "a-b", "x" * 60])
def test_what_was_drawn_is_known_again_and_by_its_own_kiosk_only(title: str) -> None:
    name = JobNames("hall7").draw(title)
    assert JobNames("hall7").pattern.fullmatch(name)
    assert not JobNames("hall").pattern.fullmatch(name)
    assert JobNames("hall7").draw(title) != name


@pytest.mark.parametrize("mark", ["", "hall-7", "a b", "大厅", "x" * 31, "a.", "a\n"])
def test_a_mark_that_would_match_others_is_refused(mark: str) -> None:
    with pytest.raises(ValueError, match="mark"):
        CupsDocumentPrinter(Port.parse("cups:a4"), mark=mark)


def test_what_cups_refuses_to_forget_is_asked_for_again(
    spooler: Spooler, cups_wire: IppWire
) -> None:
    cups_wire.answers[CANCEL_JOB] = always(status=_NOT_AUTHORIZED)
    spooler.note_unwanted(Job(7, _OURS))
    spooler.note_unwanted(Job(8, _OURS))
    with pytest.raises(DeviceGarbled):
        spooler.status()
    assert cups_wire.asked(CANCEL_JOB) == 2  # one refusal keeps no other job in
    cups_wire.answers[CANCEL_JOB] = always()
    assert spooler.status().device is DeviceStatus.ONLINE
    assert cups_wire.asked(CANCEL_JOB) == 6  # each cancelled, and then purged
    spooler.status()
    assert cups_wire.asked(CANCEL_JOB) == 6


@pytest.mark.parametrize("status", [_NOT_POSSIBLE, _NOT_FOUND])
def test_what_has_ended_or_is_not_there_is_forgotten(
    spooler: Spooler, cups_wire: IppWire, status: int
) -> None:
    cups_wire.answers[CANCEL_JOB] = always(status=status)
    spooler.note_unwanted(Job(7, _OURS))
    assert spooler.status().device is DeviceStatus.ONLINE
    asked = cups_wire.asked(CANCEL_JOB)
    spooler.status()
    assert cups_wire.asked(CANCEL_JOB) == asked


def test_a_cups_that_counts_from_one_again_keeps_the_new_job_of_an_old_number(
    spooler: Spooler, cups_wire: IppWire, monkeypatch: pytest.MonkeyPatch
) -> None:
    def submit(queue: CupsQueue, pdf: bytes, *, name: str) -> int:
        del queue, pdf, name
        return 1

    monkeypatch.setattr(CupsQueue, "submit", submit)
    spooler.note_unwanted(Job(1, _OURS))
    spooler.submit(b"%PDF-", "yichuang-certificate-89abcdef")
    spooler.status()
    assert cups_wire.asked(CANCEL_JOB) == 0


@pytest.mark.parametrize(
    ("name", "state"),
    [(_OURS, JobState.COMPLETED), ("Report-20261124", JobState.UNKNOWN)],
)
def test_a_printer_that_counts_from_one_again_answers_for_no_other_job(
    spooler: Spooler, printer_wire: IppWire, cups_wire: IppWire, name: str, state: JobState
) -> None:
    """Switched off and on, it has given the number to somebody else's job."""
    cups_wire.answers[GET_JOB_ATTRIBUTES] = always(job(7, _OURS))
    printer_wire.answers[GET_JOB_ATTRIBUTES] = always(job(1, name, state=9))
    before = Look(at_printer=JobSeen(1, JobState.PROCESSING, 0))
    seen = spooler.look(Job(7, _OURS), before).at_printer
    assert seen is not None
    assert seen.state is state


@pytest.mark.parametrize("before", [Look(), Look(at_printer=JobSeen(1, JobState.PROCESSING, 0))])
def test_a_printer_that_will_not_tell_how_it_is_is_still_asked_for_the_job(
    spooler: Spooler, printer_wire: IppWire, cups_wire: IppWire, before: Look
) -> None:
    cups_wire.answers[GET_JOB_ATTRIBUTES] = always(job(7, _OURS))
    printer_wire.answers[GET_PRINTER_ATTRIBUTES] = always(status=_NOT_AUTHORIZED)
    printer_wire.answers[GET_JOBS] = always(job(1, _OURS, state=9))
    printer_wire.answers[GET_JOB_ATTRIBUTES] = always(job(1, _OURS, state=9))
    look = spooler.look(Job(7, _OURS), before)
    assert look.hindrance is FaultCode.DEVICE_GARBLED
    assert judge(look, FaultCode.DEVICE_GARBLED) == Printed(1)


@contextlib.contextmanager
def _dripping(head: bytes, drop: bytes) -> Iterator[str]:
    """Sends a drop every 50 ms, as long as anybody listens."""
    is_over = threading.Event()

    def drip(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection, contextlib.suppress(OSError):
            connection.sendall(head)
            while not is_over.wait(0.05):
                connection.sendall(drop)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        dripping = threading.Thread(target=drip, args=(listening,), daemon=True)
        dripping.start()
        try:
            yield f"127.0.0.1:{listening.getsockname()[1]}"
        finally:
            is_over.set()
            dripping.join()


@pytest.mark.parametrize(
    ("head", "drop"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\n", b"a: b\r\n"),
    ],
)
def test_a_printer_that_drips_its_answer_is_silent_in_time(head: bytes, drop: bytes) -> None:
    with _dripping(head, drop) as address:
        asked_at = time.monotonic()
        with pytest.raises(DeviceSilent):
            PrinterLink(address, device="test").attributes()
        assert time.monotonic() - asked_at < 2  # 0.4 s, and what a busy machine adds
