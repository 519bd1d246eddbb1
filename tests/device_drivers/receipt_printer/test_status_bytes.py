from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as some

from device_drivers.errors import FaultCode
from device_drivers.receipt_printer.interface import (
    CoverStatus,
    CutterStatus,
    PaperStatus,
    PrinterStatus,
    TicketStatus,
)
from device_drivers.receipt_printer.status_bytes import (
    ASK_AUTOMATIC_STATUS,
    ASK_FULL_STATUS,
    CLEAR_BUFFERS,
    NO_AUTOMATIC_STATUS,
    RECOVER,
    AutomaticStatus,
    Cleared,
    EndOfJob,
    FullStatus,
    Heard,
    Hearing,
    Question,
    RealTimeAnswer,
    ask,
)
from device_drivers.receipt_printer.understanding import (
    Answers,
    understand,
    understand_automatic,
    understand_full,
)
from device_drivers.status import DeviceStatus


def _four(printer: int, offline: int, error: int, paper: int) -> Answers:
    return Answers(printer=printer, offline_cause=offline, error_cause=error, paper=paper)


@pytest.mark.parametrize(
    ("answers", "device", "fault", "paper"),
    [
        (_four(0x12, 0x12, 0x12, 0x12), DeviceStatus.ONLINE, None, PaperStatus.FULL),
        (_four(0x16, 0x12, 0x12, 0x12), DeviceStatus.ONLINE, None, PaperStatus.FULL),
        (_four(0x12, 0x12, 0x12, 0x1E), DeviceStatus.ONLINE, None, PaperStatus.LOW),
        (_four(0x1A, 0x32, 0x12, 0x7E), DeviceStatus.USER_ERROR, FaultCode.PAPER_OUT, "out"),
        (_four(0x1A, 0x32, 0x12, 0x12), DeviceStatus.USER_ERROR, FaultCode.PAPER_OUT, "out"),
        (_four(0x1A, 0x16, 0x12, 0x12), DeviceStatus.USER_ERROR, FaultCode.COVER_OPEN, "full"),
        (
            _four(0x1A, 0x52, 0x1A, 0x12),
            DeviceStatus.HARDWARE_ERROR,
            FaultCode.CUTTER_STUCK,
            "full",
        ),
        (_four(0x1A, 0x52, 0x32, 0x12), DeviceStatus.HARDWARE_ERROR, FaultCode.BROKEN_PART, "full"),
        (_four(0x1A, 0x52, 0x52, 0x12), DeviceStatus.HARDWARE_ERROR, FaultCode.HEAD_HOT, "full"),
        (_four(0x1A, 0x52, 0x12, 0x12), DeviceStatus.HARDWARE_ERROR, FaultCode.BROKEN_PART, "full"),
        (_four(0x1A, 0x12, 0x16, 0x12), DeviceStatus.HARDWARE_ERROR, FaultCode.BROKEN_PART, "full"),
        (_four(0x1A, 0x12, 0x12, 0x72), DeviceStatus.USER_ERROR, FaultCode.PAPER_OUT, "out"),
        (_four(0x1A, 0x12, 0x12, 0x12), DeviceStatus.OFFLINE, None, "full"),
    ],
)
def test_each_byte_means_what_the_manuals_say(
    answers: Answers, device: DeviceStatus, fault: FaultCode | None, paper: str
) -> None:
    status = understand(answers)
    assert (status.device, status.fault, status.paper) == (device, fault, paper)


def test_no_answer_is_unknown_and_never_out_and_never_fine() -> None:
    status = understand(Answers())
    assert status.device is DeviceStatus.UNKNOWN
    assert status.fault is None
    assert set(status.parts().values()) == {"unknown"}


def test_half_an_answer_says_what_it_knows_and_no_more() -> None:
    status = understand(Answers(printer=0x12, paper=0x12))
    assert status.device is DeviceStatus.UNKNOWN
    assert (status.paper, status.cover) == (PaperStatus.FULL, CoverStatus.UNKNOWN)
    assert status.cutter is CutterStatus.UNKNOWN


@pytest.mark.parametrize(
    ("frame", "ticket"),
    [
        ("100f20000000", TicketStatus.PRESENT),
        ("100f00000000", TicketStatus.NOT_PRESENT),
        ("100f20", TicketStatus.UNKNOWN),
        ("000000000000", TicketStatus.UNKNOWN),
    ],
)
def test_the_presenter_says_whether_paper_hangs_in_the_mouth(
    frame: str, ticket: TicketStatus
) -> None:
    assert understand(Answers(full=bytes.fromhex(frame))).ticket is ticket


def test_each_question_is_the_manuals_own_bytes() -> None:
    asked = [ask(each) for each in Question]
    assert [each.hex() for each in asked] == ["100401", "100402", "100403", "100404"]
    assert bytes.fromhex("100414") == ASK_FULL_STATUS
    assert bytes.fromhex("1d610e") == ASK_AUTOMATIC_STATUS
    assert bytes.fromhex("1d6100") == NO_AUTOMATIC_STATUS
    assert bytes.fromhex("10140801031401060208") == CLEAR_BUFFERS
    assert bytes.fromhex("100502") == RECOVER


_END = EndOfJob()


def _report(frame: str) -> AutomaticStatus:
    return AutomaticStatus(bytes.fromhex(frame))


@pytest.mark.parametrize(("byte", "is_out"), [(0x00, False), (0x03, False), (0x0F, True)])
def test_the_answers_to_gs_r_are_recognised(byte: int, is_out: bool) -> None:
    (end,) = Hearing().hear(bytes([byte]))
    assert end == EndOfJob(byte)
    assert isinstance(end, EndOfJob)
    assert end.is_out_of_paper is is_out


@pytest.mark.parametrize(
    ("stream", "heard"),
    [
        ("18000f00", [_report("18000f00")]),
        # the negative control: the byte after the unit counts
        ("18000f00 00", [_report("18000f00"), _END]),
        ("10000000 03", [_report("10000000"), EndOfJob(3)]),
        ("00 18000f00", [_END, _report("18000f00")]),
        ("18000f00 3800030f", [_report("18000f00"), _report("3800030f")]),
        ("18 12 000f00", [RealTimeAnswer(0x12), _report("18000f00")]),
        # a unit that lost its end, and a whole one
        ("1800 38000f00 00", [_report("38000f00"), _END]),
        ("12 7e 00", [RealTimeAnswer(0x12), RealTimeAnswer(0x7E), _END]),
        ("11 93 80 ff 9a", []),
    ],
)
def test_automatic_status_is_one_unit_and_never_the_end_of_a_job(
    stream: str, heard: list[Heard]
) -> None:
    data = bytes.fromhex(stream)
    assert Hearing().hear(data) == heard
    hearing = Hearing()
    assert [each for byte in data for each in hearing.hear(bytes([byte]))] == heard


@pytest.mark.parametrize(
    ("frame", "device", "fault", "paper"),
    [
        ("10000000", DeviceStatus.ONLINE, None, PaperStatus.FULL),
        ("1400000f", DeviceStatus.ONLINE, None, PaperStatus.FULL),
        ("10000300", DeviceStatus.ONLINE, None, PaperStatus.LOW),
        ("18000f00", DeviceStatus.USER_ERROR, FaultCode.PAPER_OUT, PaperStatus.OUT),
        ("38000000", DeviceStatus.USER_ERROR, FaultCode.COVER_OPEN, PaperStatus.FULL),
        ("18080000", DeviceStatus.HARDWARE_ERROR, FaultCode.CUTTER_STUCK, PaperStatus.FULL),
        ("18200000", DeviceStatus.HARDWARE_ERROR, FaultCode.BROKEN_PART, PaperStatus.FULL),
        ("18040000", DeviceStatus.HARDWARE_ERROR, FaultCode.BROKEN_PART, PaperStatus.FULL),
        ("18400000", DeviceStatus.HARDWARE_ERROR, FaultCode.HEAD_HOT, PaperStatus.FULL),
        ("18000000", DeviceStatus.OFFLINE, None, PaperStatus.FULL),
        ("12000000", DeviceStatus.UNKNOWN, None, PaperStatus.UNKNOWN),
        ("1000", DeviceStatus.UNKNOWN, None, PaperStatus.UNKNOWN),
    ],
)
def test_each_byte_of_automatic_status_means_what_the_manuals_say(
    frame: str, device: DeviceStatus, fault: FaultCode | None, paper: PaperStatus
) -> None:
    status = understand_automatic(bytes.fromhex(frame))
    assert (status.device, status.fault, status.paper) == (device, fault, paper)


@pytest.mark.parametrize(
    ("frame", "device", "fault", "paper"),
    [
        ("100f00000000", DeviceStatus.ONLINE, None, PaperStatus.FULL),
        ("100f20040000", DeviceStatus.ONLINE, None, PaperStatus.FULL),
        ("100f04000000", DeviceStatus.ONLINE, None, PaperStatus.LOW),
        ("100f40000000", DeviceStatus.ONLINE, None, PaperStatus.LOW),
        ("100f05000000", DeviceStatus.USER_ERROR, FaultCode.PAPER_OUT, PaperStatus.OUT),
        ("100f00010000", DeviceStatus.USER_ERROR, FaultCode.COVER_OPEN, PaperStatus.FULL),
        ("100f00020000", DeviceStatus.USER_ERROR, FaultCode.COVER_OPEN, PaperStatus.FULL),
        ("100f00000100", DeviceStatus.HARDWARE_ERROR, FaultCode.HEAD_HOT, PaperStatus.FULL),
        ("100f00000800", DeviceStatus.HARDWARE_ERROR, FaultCode.BROKEN_PART, PaperStatus.FULL),
        ("100f00000040", DeviceStatus.HARDWARE_ERROR, FaultCode.BROKEN_PART, PaperStatus.FULL),
        ("100f0000", DeviceStatus.UNKNOWN, None, PaperStatus.UNKNOWN),
    ],
)
def test_each_byte_of_the_full_status_means_what_the_manual_says(
    frame: str, device: DeviceStatus, fault: FaultCode | None, paper: PaperStatus
) -> None:
    status = understand_full(bytes.fromhex(frame))
    assert (status.device, status.fault, status.paper) == (device, fault, paper)


@pytest.mark.parametrize("understand_none", [understand_automatic, understand_full])
def test_no_report_is_unknown_from_every_source(
    understand_none: Callable[[bytes | None], PrinterStatus],
) -> None:
    status = understand_none(None)
    assert (status.device, status.fault) == (DeviceStatus.UNKNOWN, None)
    assert set(status.parts().values()) == {"unknown"}


def test_a_broken_part_that_differs_by_model_leaves_the_cutter_unknown() -> None:
    assert understand_full(bytes.fromhex("100f00000001")).cutter is CutterStatus.UNKNOWN
    assert understand_full(bytes.fromhex("100f00000000")).cutter is CutterStatus.OK


_BYTE = some.none() | some.integers(0, 255)


@given(_BYTE, _BYTE, _BYTE, _BYTE, some.none() | some.binary(max_size=8))
def test_any_answers_are_a_status_and_a_silent_one_is_never_fine(
    printer: int | None,
    offline: int | None,
    error: int | None,
    paper: int | None,
    full: bytes | None,
) -> None:
    answers = Answers(
        printer=printer, offline_cause=offline, error_cause=error, paper=paper, full=full
    )
    status = understand(answers)
    assert isinstance(status, PrinterStatus)
    assert answers.are_complete or status.device is DeviceStatus.UNKNOWN
    assert paper is not None or status.paper in (PaperStatus.UNKNOWN, PaperStatus.OUT)
    assert offline is not None or status.cover is CoverStatus.UNKNOWN
    assert error is not None or status.cutter is CutterStatus.UNKNOWN


@given(some.binary(max_size=12))
def test_any_bytes_are_a_status(frame: bytes) -> None:
    assert isinstance(understand_automatic(frame), PrinterStatus)
    assert isinstance(understand_full(frame), PrinterStatus)


@given(some.binary(max_size=200), some.booleans(), some.integers(1, 7))
def test_any_stream_is_heard_alike_in_one_piece_and_in_many(
    stream: bytes, knows_full_status: bool, size: int
) -> None:
    whole = Hearing(knows_full_status=knows_full_status).hear(stream)
    hearing = Hearing(knows_full_status=knows_full_status)
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    assert [each for piece in pieces for each in hearing.hear(piece)] == whole


@pytest.mark.slow
@given(some.lists(some.sampled_from([b"\x12", b"\x00", b"\x18\x00\x0f\x00", b"\x1e"])))
def test_answers_and_reports_in_any_order_are_told_apart(units: list[bytes]) -> None:
    meaning: dict[bytes, Heard] = {
        b"\x12": RealTimeAnswer(0x12),
        b"\x1e": RealTimeAnswer(0x1E),
        b"\x00": _END,
        b"\x18\x00\x0f\x00": _report("18000f00"),
    }
    assert Hearing().hear(b"".join(units)) == [meaning[unit] for unit in units]


@pytest.mark.parametrize(
    ("stream", "noise"),
    [
        ("12 00 18000f00", 0),
        ("11 12 13", 0),
        ("37 25 00", 0),
        ("c3", 1),
        ("99 ff 12", 2),
        ("37 25 12", 2),
    ],
)
def test_bytes_no_printer_sends_are_counted_as_noise(stream: str, noise: int) -> None:
    hearing = Hearing()
    hearing.hear(bytes.fromhex(stream))
    assert hearing.noise == noise


def test_half_a_unit_that_will_never_be_whole_can_be_forgotten() -> None:
    hearing = Hearing()
    assert hearing.hear(b"\x18\x00") == []
    hearing.forget_half()
    assert hearing.hear(b"\x00") == [_END]


@pytest.mark.parametrize("stream", ["37 25 00", "37 13 25 11 00", "37 37 25 00", "18 37 25 00"])
def test_that_the_buffers_are_clear_is_one_unit_and_never_the_end_of_a_job(stream: str) -> None:
    """Flow control may come in between (Epson)."""
    assert Hearing().hear(bytes.fromhex(stream)) == [Cleared()]


def test_what_only_begins_as_if_the_buffers_were_clear_is_heard_for_itself() -> None:
    assert Hearing().hear(bytes.fromhex("37 00")) == [_END]
    assert Hearing().hear(bytes.fromhex("37 25 12")) == [RealTimeAnswer(0x12)]
    hearing = Hearing()
    assert hearing.hear(bytes.fromhex("37 25")) == []
    hearing.forget_half()
    assert hearing.hear(b"\x00") == [_END]


def test_a_presenters_answer_is_one_unit_and_never_the_end_of_a_job() -> None:
    frame = bytes.fromhex("100f20000000")
    hearing = Hearing(knows_full_status=True)
    assert hearing.hear(frame[:4]) == []
    assert hearing.hear(frame[4:] + b"\x00") == [FullStatus(frame), _END]
    assert hearing.hear(bytes.fromhex("18000f00 00")) == [_report("18000f00"), _END]
