"""The pictures in `docs/pictures/receipts`: one of each kind, on 80 and 58 mm, from real templates.

`python -m provisioning.demo.receipt_pictures`: each goes the whole way, from template and facts to
ESC/POS bytes, and is drawn by the emulated printer, which must understand every byte.
"""

import argparse
import base64
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml
from PIL import Image, ImageDraw

from device_drivers.receipt_printer.document import parse_receipt
from device_drivers.receipt_printer.emulator import PrintedReceipt
from device_drivers.receipt_printer.emulator.drawing import draw
from device_drivers.receipt_printer.emulator.steps import Unknown
from device_drivers.receipt_printer.escpos import encode_job
from device_drivers.receipt_printer.interface import Receipt
from device_drivers.receipt_printer.layout import PAPERS, lay_out
from kiosk.contract.receipt_fields import BLOCK_FIELDS, RECEIPT_FIELDS
from kiosk.services.receipts import fill

ROOT: Final = Path(__file__).resolve().parents[2]
RECEIPTS: Final = ROOT / "docs" / "receipts"
TEMPLATES: Final = ROOT / "assets" / "services"
COLOURS: Final = 8
"""Paper, ink, what lies between them, and a shadow."""


class NotUnderstood(ValueError):
    """The emulated printer met bytes without a meaning."""


def receipts() -> Iterator[tuple[str, Receipt]]:
    """The kinds by their names: templates filled with invented facts, then whole documents."""
    kinds = _read(RECEIPTS / "facts.yaml")
    for name in [name for name in kinds if name != "every"]:
        facts: dict[str, Any] = {**kinds["every"], **kinds[name]}
        empty = {field: {} if field in BLOCK_FIELDS else "" for field in RECEIPT_FIELDS}
        known = {**empty, **facts, "signature_png": base64.b64encode(signature()).decode()}
        yield name, parse_receipt(fill(_read(TEMPLATES / facts["template"]), known))
    for path in sorted(RECEIPTS.glob("*.yaml")):
        if path.stem != "facts":
            yield path.stem, parse_receipt(_read(path))


def picture(receipt: Receipt, width_mm: int) -> Image.Image:
    """The receipt as it hangs from the printer. Raises NotUnderstood."""
    paper = PAPERS[width_mm]
    drawn: list[PrintedReceipt] = []
    for found in draw(encode_job(lay_out(receipt, paper), paper), width_mm):
        match found:
            case Unknown(offset):
                raise NotUnderstood(f"at {offset}")
            case PrintedReceipt():
                drawn.append(found)
    (whole,) = drawn
    return Image.open(io.BytesIO(whole.png)).convert("RGB")


def signature() -> bytes:
    """A name written by nobody: one stroke, up and down."""
    sheet = Image.new("RGBA", (480, 160), (255, 255, 255, 0))
    stroke = [(30, 110), (70, 40), (95, 120), (130, 50), (150, 115), (205, 60), (240, 100)]
    tail = [(240, 100), (300, 45), (330, 118), (390, 70), (455, 96)]
    ImageDraw.Draw(sheet).line(stroke + tail, fill=(0, 0, 0, 255), width=7, joint="curve")
    stream = io.BytesIO()
    sheet.save(stream, "PNG")
    return stream.getvalue()


def main() -> int:
    """Draw them all."""
    arguments = argparse.ArgumentParser(prog="python -m provisioning.demo.receipt_pictures")
    arguments.add_argument("--out", type=Path, default=Path("docs/pictures/receipts"))
    chosen = arguments.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    made = 0
    for name, receipt in receipts():
        for width_mm in PAPERS:
            small = picture(receipt, width_mm).quantize(COLOURS, dither=Image.Dither.NONE)
            small.save(chosen.out / f"{name}-{width_mm}.png", optimize=True)
            made += 1
    sys.stderr.write(f"{made} pictures in {chosen.out}\n")
    return 0


def _read(path: Path) -> dict[str, Any]:
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(found, dict):
        raise TypeError(f"{path} holds no mapping")
    return found


if __name__ == "__main__":
    sys.exit(main())
