"""The sheet for the wall: every state has its words, in both languages, and they can be drawn."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

import numpy as np
import pytest

from device_drivers.cabinet import interface as cabinet
from device_drivers.document_printer import interface as a4_printer
from device_drivers.errors import FaultCode
from device_drivers.id_card_reader.interface import MediaStatus, ReaderStatus
from device_drivers.power_supply import interface as power_supply
from device_drivers.receipt_printer import interface as printer
from device_drivers.social_security_card.interface import SlotStatus
from device_drivers.status import DeviceKind, DeviceStatus, StatusReport
from device_drivers.typeface import can_draw
from device_drivers.wall_sheet import SheetRow, draw_sheet, is_ready, load_words

REPORTS: tuple[type[StatusReport], ...] = (
    StatusReport,
    ReaderStatus,
    SlotStatus,
    printer.PrinterStatus,
    a4_printer.DocumentPrinterStatus,
    cabinet.CabinetStatus,
    power_supply.PowerSupplyStatus,
)
VALUES: tuple[type[StrEnum], ...] = (
    MediaStatus,
    printer.PaperStatus,
    printer.CoverStatus,
    printer.CutterStatus,
    printer.TicketStatus,
    a4_printer.PaperStatus,
    a4_printer.TonerStatus,
    a4_printer.DoorStatus,
    cabinet.DoorStatus,
    cabinet.TamperStatus,
    cabinet.FanStatus,
    cabinet.HeatStatus,
    power_supply.MainsStatus,
    power_supply.BatteryStatus,
)
ASKED_AT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a sheet, short to write."""

    status: DeviceStatus = DeviceStatus.ONLINE
    fault: FaultCode | None = None

    def __call__(self, count: int) -> list[SheetRow]:
        report = StatusReport(device=self.status, fault=self.fault)
        return [SheetRow(kind, "x", "tcp:h:1", report) for kind in DeviceKind][:count]


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_device_status_fault_and_part_has_words(language: str) -> None:
    words = load_words(language)
    wanted = {f"device.{kind.value}" for kind in DeviceKind}
    wanted |= {f"status.{status.value}" for status in DeviceStatus}
    wanted |= {f"fault.{code.value}" for code in FaultCode}
    for status in REPORTS:
        wanted |= {f"part.{part}" for part in status(device=DeviceStatus.ONLINE).parts()}
    for values in VALUES:
        wanted |= {f"value.{value.value}" for value in values}
    assert wanted <= set(words)


def test_both_languages_have_the_same_words() -> None:
    assert set(load_words("zh-CN")) == set(load_words("en"))


def test_every_character_can_be_drawn() -> None:
    characters = set("".join(load_words("zh-CN").values()))
    assert [each for each in sorted(characters) if not can_draw(each)] == []


def test_draws_one_page_of_a4_with_as_many_rows_as_devices() -> None:
    words = load_words("zh-CN")
    few = np.asarray(draw_sheet(Rows()(2), asked_at=ASKED_AT, words=words))
    many = np.asarray(draw_sheet(Rows()(5), asked_at=ASKED_AT, words=words))
    height, width, _ = many.shape
    assert height / width == pytest.approx(297 / 210, rel=0.001)
    assert (few[300 + 2 * 210 : 1600] == 255).all()
    assert (many[300 + 2 * 210 : 1600] != 255).any()


def test_a_fault_is_drawn_in_words_and_red() -> None:
    words = load_words("zh-CN")
    good = np.asarray(draw_sheet(Rows()(1), asked_at=ASKED_AT, words=words)).astype(int)
    faulty = Rows(DeviceStatus.NO_DEVICE, FaultCode.DEVICE_MISSING)(1)
    bad = np.asarray(draw_sheet(faulty, asked_at=ASKED_AT, words=words)).astype(int)
    assert red_dots(good) == 0
    assert red_dots(bad) > 2000


def red_dots(picture: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> int:
    return int(((picture[..., 0] > 150) & (picture[..., 1] < 90)).sum())


@pytest.mark.parametrize(
    ("status", "fault", "ready"),
    [
        (DeviceStatus.ONLINE, None, True),
        (DeviceStatus.DEVICE_BUSY, None, True),
        (DeviceStatus.UNKNOWN, None, False),
        (DeviceStatus.ONLINE, FaultCode.PAPER_OUT, False),
        (DeviceStatus.NO_DEVICE, FaultCode.DEVICE_MISSING, False),
    ],
)
def test_unknown_is_never_ready(status: DeviceStatus, fault: FaultCode | None, ready: bool) -> None:
    assert is_ready(StatusReport(device=status, fault=fault)) is ready


@pytest.mark.slow
def test_a_long_port_is_cut_and_stays_on_the_sheet() -> None:
    row = SheetRow(
        DeviceKind.DOCUMENT_CAMERA,
        "opencv",
        "images:" + "很长的路径/" * 40,
        StatusReport(device=DeviceStatus.ONLINE),
    )
    sheet = np.asarray(draw_sheet([row], asked_at=ASKED_AT, words=load_words("zh-CN")))
    assert (sheet[:, -60:] == 255).all()


def test_more_devices_than_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        draw_sheet(Rows()(5) * 2, asked_at=ASKED_AT, words=load_words("zh-CN"))


def test_what_a_device_can_do_stands_on_the_sheet_and_only_there() -> None:
    words = load_words("en")
    report = StatusReport(device=DeviceStatus.ONLINE)
    bare = SheetRow(DeviceKind.CABINET, "modbus_rtu", "serial:/dev/kiosk/cabinet", report)
    told = SheetRow(bare.kind, bare.model, bare.port, report, {"board": "default", "baud": "9600"})
    without, with_it = (
        np.asarray(draw_sheet([row], asked_at=ASKED_AT, words=words)) for row in (bare, told)
    )
    changed = np.flatnonzero((without != with_it).any(axis=(1, 2)))
    assert changed.size > 0
    assert changed.max() - changed.min() < 30


def test_one_device_of_each_kind_fits_on_the_sheet() -> None:
    faulty = Rows(DeviceStatus.NO_DEVICE, FaultCode.DEVICE_MISSING)(len(DeviceKind))
    sheet = draw_sheet(faulty, asked_at=ASKED_AT, words=load_words("zh-CN"))
    assert (np.asarray(sheet)[1664:1674] == 255).all()
