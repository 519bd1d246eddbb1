"""Pages as JPEG of a bounded size, both sides of a card on a sheet, several pages as PDF. Pure."""

import io
from collections.abc import Sequence

import cv2
import img2pdf
import numpy as np
from PIL import Image

from device_drivers.document_camera.flattening import MM_PER_INCH, SIZES_MM
from device_drivers.document_camera.interface import Page, PaperSize, Picture

LARGEST_PAGE_BYTES = 300_000
"""What a department takes a page (issue 3)."""
_QUALITIES = (92, 88, 84, 78, 70, 62, 54, 46)
_SHRINK = 0.85
_LEAST_SIDE_PX = 16


def jpeg_of(page: Picture, *, dpi: int, largest_bytes: int) -> tuple[bytes, int, int, int]:
    """The best JPEG that is small enough, its width and height in pixels, and its dpi.

    The resolution is written into the file. It is lowered only where the lowest quality that is
    still legible does not do; a picture of a few pixels is given whatever it takes.
    """
    scale = 1.0
    while True:
        width, height = round(page.shape[1] * scale), round(page.shape[0] * scale)
        smaller = (
            page
            if scale == 1.0
            else cv2.resize(page, (width, height), interpolation=cv2.INTER_AREA)
        )
        picture = Image.fromarray(cv2.cvtColor(smaller, cv2.COLOR_BGR2RGB))
        seen_dpi = max(1, round(dpi * scale))
        for quality in _QUALITIES:
            written = io.BytesIO()
            picture.save(written, "JPEG", quality=quality, dpi=(seen_dpi, seen_dpi), optimize=True)
            if written.tell() <= largest_bytes:
                return written.getvalue(), width, height, seen_dpi
        if min(width, height) * _SHRINK < _LEAST_SIDE_PX:
            return written.getvalue(), width, height, seen_dpi
        scale *= _SHRINK


def both_sides(front: Page, back: Page, *, largest_bytes: int = LARGEST_PAGE_BYTES) -> Page:
    """Front and back of a card on one A4 sheet (正反面), in their real size, one under the other.

    The sheet has the lower of their resolutions; it is as sharp as the worse of the two.
    """
    dpi = min(front.dpi, back.dpi)
    short_px, long_px = (round(side / MM_PER_INCH * dpi) for side in SIZES_MM[PaperSize.A4])
    sheet = np.full((long_px, short_px, 3), 255, np.uint8)
    for place, page in ((0.3, front), (0.7, back)):
        card = _card_of(page, dpi)
        top = round(long_px * place - card.shape[0] / 2)
        left = (short_px - card.shape[1]) // 2
        sheet[top : top + card.shape[0], left : left + card.shape[1]] = card
    jpeg, width_px, height_px, sheet_dpi = jpeg_of(sheet, dpi=dpi, largest_bytes=largest_bytes)
    return Page(
        jpeg=jpeg,
        width_px=width_px,
        height_px=height_px,
        dpi=sheet_dpi,
        sharpness=min(front.sharpness, back.sharpness),
        glare=max(front.glare, back.glare),
        paper=PaperSize.A4,
        codes=(*front.codes, *back.codes),
    )


def _card_of(page: Page, dpi: int) -> Picture:
    """The card lying, in its size at that resolution."""
    decoded = cv2.imdecode(np.frombuffer(page.jpeg, np.uint8), cv2.IMREAD_COLOR)
    if decoded is None:
        raise ValueError("a page that is no JPEG")
    if decoded.shape[0] > decoded.shape[1]:
        decoded = cv2.rotate(decoded, cv2.ROTATE_90_CLOCKWISE)
    short_mm, long_mm = SIZES_MM[PaperSize.ID_CARD]
    size = (round(long_mm / MM_PER_INCH * dpi), round(short_mm / MM_PER_INCH * dpi))
    return np.asarray(cv2.resize(decoded, size, interpolation=cv2.INTER_AREA), np.uint8)


def pdf_of(pages: Sequence[Page]) -> bytes:
    """All pages as one PDF, each in the size its paper has, its JPEG untouched.

    Holds nothing but the pages: no title, no time, no name of a program. Raises ValueError without
    any page.
    """
    if not pages:
        raise ValueError("no pages")
    written = img2pdf.convert([page.jpeg for page in pages], nodate=True, producer="")
    return bytes(written)
