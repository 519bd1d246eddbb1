import pytest

from device_drivers.errors import FaultCode
from device_drivers.receipt_printer.interface import (
    CoverStatus,
    CutterStatus,
    PaperStatus,
    TicketStatus,
)
from device_drivers.receipt_printer.status_bytes import (
    Answers,
    EndOfJob,
    Heard,
    Hearing,
    PresenterAnswer,
    RealTimeAnswer,
    understand,
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
    assert understand(Answers(presenter=bytes.fromhex(frame))).ticket is ticket


_END = EndOfJob()


@pytest.mark.parametrize("byte", [0x00, 0x03, 0x0F])
def test_the_answers_to_gs_r_are_recognised(byte: int) -> None:
    assert Hearing().hear(bytes([byte])) == [_END]


@pytest.mark.parametrize(
    ("stream", "heard"),
    [
        ("18000f00", []),
        ("18000f00 00", [_END]),  # the negative control: the byte after the unit counts
        ("10000000 03", [_END]),
        ("00 18000f00", [_END]),
        ("18000f00 3800030f", []),
        ("18 12 000f00", [RealTimeAnswer(0x12)]),
        ("1800 38000f00 00", [_END]),  # a unit that lost its end, and a whole one
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


def test_half_a_unit_that_will_never_be_whole_can_be_forgotten() -> None:
    hearing = Hearing()
    assert hearing.hear(b"\x18\x00") == []
    hearing.forget_half()
    assert hearing.hear(b"\x00") == [_END]


def test_a_presenters_answer_is_one_unit_and_never_the_end_of_a_job() -> None:
    frame = bytes.fromhex("100f20000000")
    hearing = Hearing(has_presenter=True)
    assert hearing.hear(frame[:4]) == []
    assert hearing.hear(frame[4:] + b"\x00") == [PresenterAnswer(frame), _END]
    assert hearing.hear(bytes.fromhex("18000f00 00")) == [_END]
