"""The receipts shown in `docs/`: understood by a strict printer, and readable by a phone."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import zxingcpp
from PIL import Image, ImageChops

from device_drivers.receipt_printer.interface import Barcode, KeyValues, Qr, Receipt
from device_drivers.receipt_printer.layout import PAPERS
from kiosk.contract.identifiers import mask_name
from provisioning.demo.receipt_pictures import COLOURS, picture, receipts

DOCS = Path(__file__).parents[2] / "docs"
KINDS = (
    "acceptance",
    "certificate-insurance",
    "certificate-real-estate",
    "certificate-tax",
    "copy",
    "guide",
    "offline-slip",
)

pytestmark = pytest.mark.slow
each_picture = pytest.mark.parametrize(
    ("kind", "width_mm"), [(kind, width_mm) for kind in KINDS for width_mm in PAPERS]
)


@cache
def _receipts() -> dict[str, Receipt]:
    return dict(receipts())


@cache
def _drawn(kind: str, width_mm: int) -> Image.Image:
    return picture(_receipts()[kind], width_mm)


def test_every_kind_is_shown() -> None:
    assert sorted(_receipts()) == list(KINDS)
    page = (DOCS / "receipts.md").read_text(encoding="utf-8")
    assert all(f"{kind}-{width_mm}.png" in page for kind in KINDS for width_mm in PAPERS)


def test_the_person_on_them_is_masked_as_a_kiosk_masks() -> None:
    whole = "王㛃𠮷"
    certificate = _said(_receipts()["certificate-insurance"])
    assert certificate["姓名"] == whole
    for kind in ("acceptance", "copy", "offline-slip"):
        said = _said(_receipts()[kind])
        assert said["申请人"] == mask_name(whole)


def _said(receipt: Receipt) -> dict[str, str]:
    return dict(
        row for block in receipt.blocks if isinstance(block, KeyValues) for row in block.rows
    )


@each_picture
def test_its_codes_can_be_read_from_the_paper(kind: str, width_mm: int) -> None:
    blocks = _receipts()[kind].blocks
    wanted = {block.content for block in blocks if isinstance(block, Qr | Barcode)}
    found = zxingcpp.read_barcodes(np.asarray(_drawn(kind, width_mm)))
    assert {code.text for code in found} == wanted
    assert wanted


@each_picture
def test_the_picture_in_the_documents_is_what_is_printed_today(kind: str, width_mm: int) -> None:
    now = _drawn(kind, width_mm).quantize(COLOURS, dither=Image.Dither.NONE).convert("L")
    with Image.open(DOCS / "pictures" / "receipts" / f"{kind}-{width_mm}.png") as shown:
        difference = ImageChops.difference(now, shown.convert("L"))
    assert np.mean(np.asarray(difference)) < 1
