"""IPP attributes → status: every row of the tables, and nothing guessed."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device_drivers.document_printer.interface import (
    DocumentPrinterStatus,
    DoorStatus,
    JobState,
    PaperStatus,
    TonerStatus,
)
from device_drivers.document_printer.ipp import IppValue
from device_drivers.document_printer.states import (
    JOB_ATTRIBUTES,
    PRINTER_ATTRIBUTES,
    JobSeen,
    understand_job,
    understand_printer,
    understand_queue,
)
from device_drivers.errors import FaultCode
from device_drivers.status import DeviceStatus

BUSY = (HealthCheck.too_slow,)
"""On a machine with other work the first inputs take seconds to make."""

_BLACK = "index=2;class=supplyThatIsConsumed;type=toner;unit=percent;maxcapacity=100;level=%d;"
_WASTE = "index=1;class=receptacleThatIsFilled;type=wasteToner;maxcapacity=100;level=3;"


def _status(state: int, *reasons: str) -> DocumentPrinterStatus:
    return understand_printer({"printer-state": (state,), "printer-state-reasons": reasons})


def test_an_idle_printer_without_complaint_is_ready() -> None:
    assert _status(3, "none") == DocumentPrinterStatus(
        device=DeviceStatus.ONLINE,
        paper=PaperStatus.FULL,
        toner=TonerStatus.FULL,
        door=DoorStatus.CLOSED,
    )


@pytest.mark.parametrize("severity", ["", "-report", "-warning", "-error"])
@pytest.mark.parametrize(
    ("reason", "part", "word", "fault"),
    [
        ("media-empty", "paper", "out", FaultCode.PAPER_OUT),
        ("media-needed", "paper", "out", FaultCode.PAPER_OUT),
        ("input-tray-missing", "paper", "out", FaultCode.PAPER_OUT),
        ("media-low", "paper", "low", None),
        ("media-jam", "paper", "jammed", FaultCode.TICKET_JAMMED),
        ("toner-empty", "toner", "out", FaultCode.TONER_OUT),
        ("marker-supply-empty", "toner", "out", FaultCode.TONER_OUT),
        ("marker-supply-missing", "toner", "out", FaultCode.TONER_OUT),
        ("toner-low", "toner", "low", None),
        ("marker-supply-low", "toner", "low", None),
        ("door-open", "door", "open", FaultCode.DOOR_OPEN),
        ("cover-open", "door", "open", FaultCode.DOOR_OPEN),
        ("interlock-open", "door", "open", FaultCode.DOOR_OPEN),
    ],
)
def test_each_reason_tells_of_its_part_however_bad_the_printer_calls_it(
    reason: str, severity: str, part: str, word: str, fault: FaultCode | None
) -> None:
    allowed = {None, FaultCode.BROKEN_PART} if fault is None else {fault}
    status = _status(3, reason + severity)
    assert status.parts()[part] == word
    assert status.fault in allowed


@pytest.mark.parametrize("severity", ["", "-report", "-warning", "-error"])
@pytest.mark.parametrize(
    "reason",
    ["offline", "shutdown", "timed-out", "connecting-to-device", "paused", "moving-to-paused"],
)
def test_who_is_away_or_stopped_by_hand_is_offline_and_not_broken(
    reason: str, severity: str
) -> None:
    status = _status(3, reason + severity)
    assert (status.device, status.fault) == (DeviceStatus.OFFLINE, None)


def test_what_is_asked_for_has_the_documents_names() -> None:
    """RFC 8011, 5.3 and 5.4; PWG 5100.13, 6.6."""
    assert " ".join(PRINTER_ATTRIBUTES) == (
        "printer-state printer-state-reasons printer-is-accepting-jobs printer-supply"
    )
    assert " ".join(JOB_ATTRIBUTES) == (
        "job-id job-name job-state job-state-reasons job-impressions-completed"
        " job-media-sheets-completed"
    )


def test_a_printer_that_takes_no_jobs_is_offline() -> None:
    status = understand_printer(
        {
            "printer-state": (3,),
            "printer-state-reasons": ("none",),
            "printer-is-accepting-jobs": (False,),
        }
    )
    assert (status.device, status.fault) == (DeviceStatus.OFFLINE, None)
    assert status.detail == "takes no jobs"


def test_a_low_supply_alone_keeps_nobody_from_printing() -> None:
    status = _status(3, "media-low-report", "toner-low-warning")
    assert (status.device, status.fault) == (DeviceStatus.ONLINE, None)


def test_behind_an_open_door_nothing_else_can_be_seen_to() -> None:
    status = _status(5, "media-jam-error", "media-empty-error", "cover-open-error")
    assert (status.fault, status.paper) == (FaultCode.DOOR_OPEN, PaperStatus.JAMMED)


@pytest.mark.parametrize(
    ("state", "reasons", "device", "fault"),
    [
        (4, ("none",), DeviceStatus.DEVICE_BUSY, None),
        (5, ("paused",), DeviceStatus.OFFLINE, None),
        (3, ("offline-report",), DeviceStatus.OFFLINE, None),
        (3, ("shutdown",), DeviceStatus.OFFLINE, None),
        (5, ("fuser-over-temp-error",), DeviceStatus.HARDWARE_ERROR, FaultCode.BROKEN_PART),
        (3, ("cups-missing-filter-warning",), DeviceStatus.ONLINE, None),
        (5, ("media-empty-error",), DeviceStatus.USER_ERROR, FaultCode.PAPER_OUT),
    ],
)
def test_the_device_word_says_who_can_help(
    state: int, reasons: tuple[str, ...], device: DeviceStatus, fault: FaultCode | None
) -> None:
    status = _status(state, *reasons)
    assert (status.device, status.fault) == (device, fault)


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"printer-state": (3,)},
        {"printer-state-reasons": ("none",)},
        {"printer-state": (None,), "printer-state-reasons": ("none",)},
        {"printer-state": (9,), "printer-state-reasons": ("none",)},
        {"printer-state": (3,), "printer-state-reasons": (None,)},
        {"printer-state": (3,), "printer-state-reasons": ("",)},
    ],
)
def test_a_printer_that_says_nothing_is_unknown_and_never_fine(
    attributes: dict[str, tuple[IppValue, ...]],
) -> None:
    status = understand_printer(attributes)
    assert status.device is DeviceStatus.UNKNOWN
    assert set(status.parts().values()) == {"unknown"}


def test_a_queue_without_complaints_proves_nothing() -> None:
    status = understand_queue(3, ("none",))
    assert status.device is DeviceStatus.ONLINE
    assert set(status.parts().values()) == {"unknown"}


def test_a_queue_that_complains_is_believed() -> None:
    status = understand_queue(5, ("media-empty-error",))
    assert status.parts() == {"paper": "out", "toner": "unknown", "door": "unknown"}
    assert status.fault is FaultCode.PAPER_OUT


@pytest.mark.parametrize(
    ("supplies", "percent"),
    [
        ((_WASTE, _BLACK % 75), 75),
        ((_BLACK % 75, _BLACK % 12), 12),
        ((_WASTE,), None),
        (("class=supplyThatIsConsumed;maxcapacity=200;level=50;",), 25),
        (("class=supplyThatIsConsumed;maxcapacity=-2;level=50;",), None),
        (("class=supplyThatIsConsumed;maxcapacity=100;level=-3;",), None),
        (("class=supplyThatIsConsumed;maxcapacity=0;level=0;",), None),
        ((b"\xff\xfe", "�", None, 7), None),
    ],
)
def test_toner_left_is_that_of_the_emptiest_cartridge(
    supplies: tuple[IppValue, ...], percent: int | None
) -> None:
    attributes: dict[str, tuple[IppValue, ...]] = {
        "printer-state": (3,),
        "printer-state-reasons": ("none",),
        "printer-supply": supplies,
    }
    assert understand_printer(attributes).toner_percent == percent


@pytest.mark.parametrize(
    ("number", "state"),
    [
        (3, JobState.PENDING),
        (4, JobState.HELD),
        (5, JobState.PROCESSING),
        (6, JobState.STOPPED),
        (7, JobState.CANCELED),
        (8, JobState.ABORTED),
        (9, JobState.COMPLETED),
        (10, JobState.UNKNOWN),
    ],
)
def test_job_states_by_their_number(number: int, state: JobState) -> None:
    job = {"job-id": (7,), "job-state": (number,), "job-impressions-completed": (2,)}
    assert understand_job(job) == JobSeen(7, state, 2)


def test_a_printer_that_counts_sheets_only_is_understood() -> None:
    assert understand_job({"job-state": 5, "job-media-sheets-completed": 3}).pages == 3


_VALUES = st.one_of(
    st.none(),
    st.integers(),
    st.booleans(),
    st.binary(max_size=60),
    st.text("abcdef-", max_size=30),
    st.sampled_from(["media-empty-error", "toner-low", "cover-open-report", "x-error"]),
    st.tuples(st.integers(), st.integers()),
)
_ATTRIBUTES = st.dictionaries(
    st.sampled_from(
        [
            "printer-state",
            "printer-state-reasons",
            "printer-supply",
            "job-id",
            "job-state",
            "job-impressions-completed",
        ]
    ),
    st.lists(_VALUES, min_size=1, max_size=4).map(tuple),
)


@pytest.mark.slow
@given(_ATTRIBUTES)
@settings(max_examples=300, deadline=None, suppress_health_check=BUSY)
def test_whatever_a_firmware_sends_becomes_a_status(
    attributes: dict[str, tuple[IppValue, ...]],
) -> None:
    status = understand_printer(attributes)
    job = understand_job(attributes)
    assert isinstance(status, DocumentPrinterStatus)
    assert job.state in set(JobState)
    assert job.pages is None or job.pages >= 0
