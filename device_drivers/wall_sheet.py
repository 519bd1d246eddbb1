"""The readiness of a kiosk's devices as a sheet of A4 for the wall (设备就绪表)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import yaml
from PIL import Image, ImageDraw

from device_drivers.status import DeviceKind, DeviceStatus, StatusReport
from device_drivers.typeface import font_for

WORDS_FOLDER = Path(__file__).resolve().parent.parent / "assets" / "text"

DPI = 150
_WIDTH_PX, _HEIGHT_PX = 1240, 1754  # A4, 210 × 297 mm, at 150 dpi
_MARGIN_PX = 90
_TOP_PX, _ROWS_PX = 300, 1360
_ROW_PX = 210
"""Where there is room; eight devices stand closer."""
_MOST_ROWS = 8
"""One of each kind."""

_INK, _GREY, _QUIET, _LINE = "#1b1f24", "#57606a", "#6e7781", "#c8cfd8"
_GOOD, _WAITING, _BAD = "#1a7f37", "#9a6700", "#b42318"
_COLOURS: Mapping[DeviceStatus, str] = {
    DeviceStatus.ONLINE: _GOOD,
    DeviceStatus.DEVICE_BUSY: _GOOD,
    DeviceStatus.STARTING: _WAITING,
    DeviceStatus.UNKNOWN: _WAITING,
}


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One device on the sheet."""

    kind: DeviceKind
    model: str
    port: str
    report: StatusReport
    capabilities: Mapping[str, str] = field(default_factory=dict)


def load_words(language: str) -> Mapping[str, str]:
    """Read the sheet's words. Raises FileNotFoundError where `assets/text` is not beside us."""
    text = (WORDS_FOLDER / f"readiness.{language}.yaml").read_text(encoding="utf-8")
    return {str(key): str(value) for key, value in yaml.safe_load(text).items()}


def is_ready(report: StatusReport) -> bool:
    """Can a citizen be served with this device now, or in a moment?"""
    return report.fault is None and _COLOURS.get(report.device) == _GOOD


def draw_sheet(
    rows: Sequence[SheetRow], *, asked_at: datetime, words: Mapping[str, str]
) -> Image.Image:
    """Draw one page of A4 at `DPI`; holds one device of each kind.

    Raises TypefaceMissing, ValueError.
    """
    if len(rows) > _MOST_ROWS:
        raise ValueError(f"{len(rows)} devices do not fit on one sheet")
    sheet = Image.new("RGB", (_WIDTH_PX, _HEIGHT_PX), "white")
    pen = ImageDraw.Draw(sheet)
    _write(pen, (_MARGIN_PX, 90), words["title"], 64, _INK, bold=True)
    asked = words["asked"].format(time=asked_at.strftime("%Y-%m-%d %H:%M:%S"))
    _write(pen, (_MARGIN_PX, 190), asked, 28, _GREY)
    ready = sum(is_ready(row.report) for row in rows)
    summary = words["all_ready" if ready == len(rows) else "some_ready"]
    summary = summary.format(total=len(rows), ready=ready, others=len(rows) - ready)
    _write(pen, (_MARGIN_PX, 236), summary, 28, _GOOD if ready == len(rows) else _BAD, bold=True)
    row_px = min(_ROW_PX, _ROWS_PX // max(1, len(rows)))
    for number, row in enumerate(rows):
        _draw_row(pen, _TOP_PX + number * row_px, row, words)
    _write(pen, (_MARGIN_PX, _HEIGHT_PX - 80), words["footer"], 22, _GREY)
    return sheet


def _draw_row(pen: ImageDraw.ImageDraw, top: int, row: SheetRow, words: Mapping[str, str]) -> None:
    report = row.report
    colour = _COLOURS.get(report.device, _BAD) if report.fault is None else _BAD
    right = _WIDTH_PX - _MARGIN_PX
    pen.line([(_MARGIN_PX, top), (right, top)], fill=_LINE, width=2)
    _draw_mark(pen, _MARGIN_PX, top + 22, colour)
    left = _MARGIN_PX + 80
    _write(pen, (left, top + 18), words[f"device.{row.kind.value}"], 36, _INK, bold=True)
    status = words[f"status.{report.device.value}"]
    _write(pen, (right - _width(status, 36, bold=True), top + 18), status, 36, colour, bold=True)
    y = top + 64
    for text, size_px, ink in (
        (words["reached"].format(model=row.model, port=row.port), 22, _GREY),
        (_capabilities(row, words), 19, _QUIET),
        (_parts(report, words), 22, _INK),
    ):
        if text:
            _write(pen, (left, y), _fitting(text, size_px, right - left), size_px, ink)
            y += size_px + 5
    if report.fault is not None:
        what = f"{report.fault.value} {words[f'fault.{report.fault.value}']}"
        _write(pen, (left, y), _fitting(what, 24, right - left), 24, _BAD)


def _capabilities(row: SheetRow, words: Mapping[str, str]) -> str:
    """Names of settings and models stand as they are; only what is a word is put into words."""
    return " · ".join(
        f"{words[f'capability.{name}']} {words.get(f'value.{value}', value)}"
        for name, value in row.capabilities.items()
    )


def _parts(report: StatusReport, words: Mapping[str, str]) -> str:
    return " · ".join(
        f"{words[f'part.{part}']} {words[f'value.{value}']}"
        for part, value in report.parts().items()
    )


def _draw_mark(pen: ImageDraw.ImageDraw, left: int, top: int, colour: str) -> None:
    """A sign that a black and white printer tells apart too: tick, bar or cross."""
    pen.ellipse([(left, top), (left + 48, top + 48)], outline=colour, width=5)
    strokes = {
        _GOOD: [[(13, 25), (21, 34), (36, 16)]],
        _WAITING: [[(13, 24), (35, 24)]],
        _BAD: [[(15, 15), (33, 33)], [(33, 15), (15, 33)]],
    }[colour]
    for stroke in strokes:
        pen.line([(left + x, top + y) for x, y in stroke], fill=colour, width=6)


def _write(
    pen: ImageDraw.ImageDraw,
    place: tuple[float, float],
    text: str,
    size_px: int,
    colour: str,
    *,
    bold: bool = False,
) -> None:
    """Write one line with its top at `place`; each character in a typeface that has it."""
    x, y = place
    for character in text:
        font = font_for(character, size_px, bold=bold)
        pen.text((x, y + size_px * 0.88), character, font=font, fill=colour, anchor="ls")
        x += font.getlength(character)


def _width(text: str, size_px: int, *, bold: bool = False) -> float:
    return sum(font_for(each, size_px, bold=bold).getlength(each) for each in text)


def _fitting(text: str, size_px: int, width_px: float) -> str:
    """Cut a line that is too wide, and say so with an ellipsis."""
    if _width(text, size_px) <= width_px:
        return text
    while text and _width(text + "…", size_px) > width_px:
        text = text[:-1]
    return text + "…"
