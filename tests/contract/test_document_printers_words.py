"""Whatever a printer may say is understood, and what it insists on hearing is said.

The other half of the document printer's contract, which only a printer that can be told what to say
keeps: `StrictPrinter`, behind a real CUPS. Its words are those of RFC 8011.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial

import pytest

from device_drivers.document_printer.driver import CupsDocumentPrinter
from device_drivers.document_printer.emulator import PrivatePrinting, StrictPrinter
from device_drivers.document_printer.emulator.strict_printer import (
    CANCEL_JOB,
    GET_JOBS,
    GET_PRINTER_ATTRIBUTES,
    IDLE,
    JOB_ABORTED,
    JOB_CANCELED,
    JOB_COMPLETED,
    JOB_HELD,
    JOB_PENDING,
    JOB_PROCESSING,
    JOB_STOPPED,
    PROCESSING,
    STOPPED,
)
from device_drivers.document_printer.interface import (
    DocumentOutcome,
    DocumentPrinterStatus,
    JobProgress,
    JobState,
    NotPrinted,
    Printed,
    Unconfirmed,
)
from device_drivers.errors import DeviceFault, DeviceSilent, FaultCode
from device_drivers.status import DeviceStatus
from tests.device_drivers.document_printer.papers import (
    Told,
    blank_pdf,
    driver_at,
    printing_of_module,
)

__all__ = ["printing_of_module"]

pytestmark = pytest.mark.slow

TRIES = 5
"""The printer has 0.4 s to answer, and this machine much else to do."""
NO_PROGRESS_S = 20.0
"""Nothing is heated or drawn in here: CUPS hands a job on in 0.3 s."""
SEVERITIES = ("", "-report", "-warning", "-error")
"""RFC 8011, 5.4.12."""
OURS, ANOTHERS = "yichuang-certificate-0123abcd", "Report-20261124"
"""DECISIONS.md 11 of the driver: what a kiosk's papers are called."""


@pytest.fixture
def strict(printing_of_module: PrivatePrinting) -> Iterator[StrictPrinter]:
    with StrictPrinter(printing_of_module.guest_socket) as standing:
        yield standing
        assert standing.refused == []


@pytest.fixture
async def printer(
    printing_of_module: PrivatePrinting, strict: StrictPrinter
) -> AsyncIterator[CupsDocumentPrinter]:
    made = driver_at(
        printing_of_module,
        name="guest_printer",
        printer=strict.address,
        page_within_s=NO_PROGRESS_S,
    )
    yield made
    await made.close()


@pytest.fixture
async def sweeper(
    printing_of_module: PrivatePrinting, strict: StrictPrinter
) -> AsyncIterator[CupsDocumentPrinter]:
    """The driver of a kiosk that begins a new life."""
    made = driver_at(printing_of_module, name="guest_printer", printer=strict.address, sweeps=True)
    yield made
    await made.close()


async def said_by(printer: CupsDocumentPrinter) -> DocumentPrinterStatus:
    """What it says; asked again where no answer came in time."""
    for _ in range(TRIES):
        status = await printer.status()
        if status.device is not DeviceStatus.UNKNOWN:
            break
    return status


async def connect(printer: CupsDocumentPrinter) -> None:
    """As the app does: once more where no answer came in time."""
    for _ in range(TRIES):
        with contextlib.suppress(DeviceSilent):
            return await printer.connect()
    return await printer.connect()


async def until(is_so: Callable[[], bool], printing: "asyncio.Task[DocumentOutcome]") -> None:
    """Wait for what must be while a job is printed."""
    while not is_so():
        assert not printing.done(), "the job is over"
        await asyncio.sleep(0.01)


def is_told(told: Told, progress: JobProgress, seen: int) -> bool:
    """Whether it was told after so many others."""
    return progress in told.progress[seen:]


def is_sent(strict: StrictPrinter) -> bool:
    return any(job.pages for job in strict.jobs())


async def printed(printer: CupsDocumentPrinter, told: Told, pages: int = 1) -> DocumentOutcome:
    return await printer.print_document(blank_pdf(pages), title="certificate", on_progress=told)


@pytest.mark.parametrize(
    ("state", "device"),
    [
        (IDLE, DeviceStatus.ONLINE),
        (PROCESSING, DeviceStatus.DEVICE_BUSY),
        (STOPPED, DeviceStatus.OFFLINE),
    ],
)
async def test_tells_whether_the_printer_is_idle_busy_or_stopped(
    printer: CupsDocumentPrinter, strict: StrictPrinter, state: int, device: DeviceStatus
) -> None:
    strict.show(state)
    status = await said_by(printer)
    assert (status.device, status.fault) == (device, None)
    assert status.parts() == {"paper": "full", "toner": "full", "door": "closed"}
    assert status.toner_percent == 40


@pytest.mark.parametrize("severity", SEVERITIES)
@pytest.mark.parametrize(
    ("reason", "part", "word", "fault"),
    [
        ("media-empty", "paper", "out", FaultCode.PAPER_OUT),
        ("media-needed", "paper", "out", FaultCode.PAPER_OUT),
        ("input-tray-missing", "paper", "out", FaultCode.PAPER_OUT),
        ("media-jam", "paper", "jammed", FaultCode.TICKET_JAMMED),
        ("toner-empty", "toner", "out", FaultCode.TONER_OUT),
        ("marker-supply-empty", "toner", "out", FaultCode.TONER_OUT),
        ("marker-supply-missing", "toner", "out", FaultCode.TONER_OUT),
        ("door-open", "door", "open", FaultCode.DOOR_OPEN),
        ("cover-open", "door", "open", FaultCode.DOOR_OPEN),
        ("interlock-open", "door", "open", FaultCode.DOOR_OPEN),
    ],
)
async def test_whatever_keeps_the_printer_from_printing_is_told_of_its_part(
    printer: CupsDocumentPrinter,
    strict: StrictPrinter,
    *,
    reason: str,
    severity: str,
    part: str,
    word: str,
    fault: FaultCode,
) -> None:
    strict.show(STOPPED, "other-report", reason + severity)
    status = await said_by(printer)
    assert (status.parts()[part], status.fault) == (word, fault)
    assert status.device is DeviceStatus.USER_ERROR


@pytest.mark.parametrize("severity", ["", "-report", "-warning"])
@pytest.mark.parametrize(
    ("reason", "part"),
    [("media-low", "paper"), ("toner-low", "toner"), ("marker-supply-low", "toner")],
)
async def test_a_supply_that_runs_low_is_told_and_keeps_nobody_from_printing(
    printer: CupsDocumentPrinter, strict: StrictPrinter, reason: str, severity: str, part: str
) -> None:
    strict.show(IDLE, reason + severity)
    status = await said_by(printer)
    assert (status.parts()[part], status.device, status.fault) == ("low", DeviceStatus.ONLINE, None)


@pytest.mark.parametrize("severity", SEVERITIES)
@pytest.mark.parametrize(
    "reason",
    ["offline", "shutdown", "timed-out", "connecting-to-device", "paused", "moving-to-paused"],
)
async def test_a_printer_that_is_away_or_paused_is_offline_and_not_broken(
    printer: CupsDocumentPrinter, strict: StrictPrinter, reason: str, severity: str
) -> None:
    strict.show(IDLE, reason + severity)
    status = await said_by(printer)
    assert (status.device, status.fault) == (DeviceStatus.OFFLINE, None)


async def test_an_error_of_any_other_kind_is_a_broken_part(
    printer: CupsDocumentPrinter, strict: StrictPrinter
) -> None:
    strict.show(STOPPED, "fuser-over-temp-error")
    assert (await said_by(printer)).fault is FaultCode.BROKEN_PART


async def test_a_printer_that_takes_no_jobs_is_offline_and_gets_none(
    printer: CupsDocumentPrinter, strict: StrictPrinter
) -> None:
    strict.takes_jobs = False
    assert (await said_by(printer)).device is DeviceStatus.OFFLINE
    assert await printed(printer, Told()) == NotPrinted("D102")
    assert strict.jobs() == []


@pytest.mark.parametrize("which", ["unsupported", "unknown", "no-value", "of later"])
@pytest.mark.parametrize("name", ["printer-state", "printer-state-reasons"])
async def test_a_printer_that_does_not_tell_how_it_is_counts_as_unknown_and_never_as_fine(
    printer: CupsDocumentPrinter, strict: StrictPrinter, name: str, which: str
) -> None:
    strict.conceal(name, which)
    status = await printer.status()
    assert status.device is DeviceStatus.UNKNOWN
    assert set(status.parts().values()) == {"unknown"}
    strict.show(IDLE)
    assert (await said_by(printer)).device is DeviceStatus.ONLINE


async def test_a_printer_that_tells_everything_at_length_is_understood_all_the_same(
    printer: CupsDocumentPrinter, strict: StrictPrinter
) -> None:
    strict.is_talkative = True
    strict.show(IDLE, "media-low-report", "toner-low-warning")
    status = await said_by(printer)
    assert status.parts() == {"paper": "low", "toner": "low", "door": "closed"}
    assert (status.device, status.toner_percent) == (DeviceStatus.ONLINE, 40)
    assert await printed(printer, Told(), pages=2) == Printed(2)


async def test_a_job_whose_name_says_its_language_is_known_by_it(
    printer: CupsDocumentPrinter, strict: StrictPrinter
) -> None:
    strict.language_of_names = "zh-cn"
    assert await printed(printer, Told()) == Printed(1)


async def test_a_job_that_cups_sends_in_one_piece_and_by_another_name_is_known_too(
    printer: CupsDocumentPrinter, strict: StrictPrinter
) -> None:
    strict.takes_jobs_in_parts = False
    assert await printed(printer, Told()) == Printed(1)
    assert not strict.jobs()[-1].name.startswith("yichuang")


async def test_a_printer_that_counts_sheets_only_tells_its_pages(
    printer: CupsDocumentPrinter, strict: StrictPrinter
) -> None:
    strict.counts_impressions = False
    assert await printed(printer, Told(), pages=3) == Printed(3)


async def test_a_printer_that_answers_the_kiosk_alone_answers(
    printer: CupsDocumentPrinter, strict: StrictPrinter
) -> None:
    strict.let_only("kiosk")
    assert (await said_by(printer)).device is DeviceStatus.ONLINE


@pytest.mark.parametrize("status", [0x0100, 0x0401, 0x0403, 0x0406])
async def test_a_printer_that_will_not_tell_how_it_is_is_out_of_order_and_names_its_refusal(
    printer: CupsDocumentPrinter, strict: StrictPrinter, status: int
) -> None:
    strict.answer_with(status, to=[GET_PRINTER_ATTRIBUTES])
    said = await said_by(printer)
    assert (said.device, said.fault) == (DeviceStatus.OFFLINE, FaultCode.DEVICE_GARBLED)
    assert f"0x{status:04x}" in said.detail


async def test_a_printer_too_busy_to_tell_how_it_is_counts_as_unknown(
    printer: CupsDocumentPrinter, strict: StrictPrinter
) -> None:
    strict.answer_with(0x0507, to=[GET_PRINTER_ATTRIBUTES])
    assert (await printer.status()).device is DeviceStatus.UNKNOWN


async def test_every_state_of_a_job_is_told(
    printer: CupsDocumentPrinter, strict: StrictPrinter
) -> None:
    strict.prints_at_once = False
    told = Told()
    printing = asyncio.create_task(printed(printer, told))
    await until(lambda: is_sent(strict), printing)
    for state, word in (
        (JOB_HELD, JobState.HELD),  # first, for CUPS itself has it pending and processing
        (JOB_PENDING, JobState.PENDING),
        (JOB_PROCESSING, JobState.PROCESSING),
        (JOB_STOPPED, JobState.STOPPED),
    ):
        seen = len(told.progress)
        strict.move_jobs(state)
        await until(partial(is_told, told, JobProgress(word, 0), seen), printing)
    strict.move_jobs(JOB_COMPLETED, pages_out=1)
    assert await printing == Printed(1)
    assert told.progress[-1] == JobProgress(JobState.COMPLETED, 1)


@pytest.mark.parametrize(
    ("state", "word"), [(JOB_CANCELED, JobState.CANCELED), (JOB_ABORTED, JobState.ABORTED)]
)
@pytest.mark.parametrize(
    ("pages_out", "outcome"), [(0, NotPrinted("D104")), (1, Unconfirmed("D104", 1))]
)
async def test_a_job_that_the_printer_gives_up_is_not_printed_unless_a_page_is_out(
    printer: CupsDocumentPrinter,
    strict: StrictPrinter,
    *,
    state: int,
    word: JobState,
    pages_out: int,
    outcome: DocumentOutcome,
) -> None:
    strict.prints_at_once = False
    told = Told()
    printing = asyncio.create_task(printed(printer, told, pages=2))
    await until(lambda: is_sent(strict), printing)
    strict.move_jobs(state, pages_out=pages_out)
    assert await printing == outcome
    assert told.progress[-1] == JobProgress(word, pages_out)


async def test_what_an_earlier_life_left_at_the_printer_is_ended_there_and_nothing_else(
    sweeper: CupsDocumentPrinter, strict: StrictPrinter
) -> None:
    ours, anothers = strict.take_in(OURS), strict.take_in(ANOTHERS)
    await connect(sweeper)
    assert (ours.state, anothers.state) == (JOB_CANCELED, JOB_PROCESSING)


async def test_a_job_on_its_way_to_a_stop_keeps_nobody_from_beginning(
    sweeper: CupsDocumentPrinter, strict: StrictPrinter
) -> None:
    strict.ends_at_once = False
    left = strict.take_in(OURS)
    await connect(sweeper)
    assert left.reason == "processing-to-stop-point"


@pytest.mark.parametrize("status", [0x0000, 0x0001, 0x0002, 0x00FF])
async def test_each_kind_of_success_is_one(
    sweeper: CupsDocumentPrinter, strict: StrictPrinter, status: int
) -> None:
    strict.answer_with(status)
    left = strict.take_in(OURS)
    await connect(sweeper)
    assert left.state == JOB_CANCELED


@pytest.mark.parametrize("operation", [GET_JOBS, CANCEL_JOB])
@pytest.mark.parametrize("status", [0x0100, 0x0300, 0x0400, 0x0403, 0x0500, 0x0507])
async def test_what_is_no_success_is_not_taken_for_one(
    sweeper: CupsDocumentPrinter, strict: StrictPrinter, status: int, operation: int
) -> None:
    strict.answer_with(status, to=[operation])
    left = strict.take_in(OURS)
    with pytest.raises(DeviceFault, match=f"0x{status:04x}"):
        await connect(sweeper)
    assert left.state == JOB_PROCESSING
