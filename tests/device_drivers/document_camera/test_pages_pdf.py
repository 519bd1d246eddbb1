import io
import re

import cv2
import numpy as np
import pypdfium2
import pytest
from PIL import Image

from device_drivers.document_camera.cards import back_of_card, front_of_card
from device_drivers.document_camera.interface import Page, PaperSize, Picture
from device_drivers.document_camera.pages_pdf import both_sides, jpeg_of, pdf_of
from device_drivers.document_camera.papers import application_form, employer_letter

POINTS_PER_MM = 72 / 25.4


def _picture_of(drawn: Image.Image) -> Picture:
    return np.asarray(cv2.cvtColor(np.asarray(drawn), cv2.COLOR_RGB2BGR), np.uint8)


def _page(
    drawn: Image.Image, *, dpi: int, paper: PaperSize = PaperSize.A4, sharpness: float = 1.0
) -> Page:
    jpeg, width_px, height_px, dpi = jpeg_of(_picture_of(drawn), dpi=dpi, largest_bytes=300_000)
    return Page(
        jpeg=jpeg,
        width_px=width_px,
        height_px=height_px,
        dpi=dpi,
        sharpness=sharpness,
        glare=0.0,
        paper=paper,
    )


def test_a_page_of_text_keeps_its_resolution_and_says_it() -> None:
    jpeg, width_px, height_px, dpi = jpeg_of(
        _picture_of(employer_letter()), dpi=200, largest_bytes=300_000
    )
    assert (width_px, height_px, dpi) == (1654, 2339, 200)
    with Image.open(io.BytesIO(jpeg)) as written:
        assert written.size == (1654, 2339)
        assert written.info["dpi"] == (200, 200)


@pytest.mark.parametrize(
    "largest_bytes",
    [300_000, *(pytest.param(limit, marks=pytest.mark.slow) for limit in (60_000, 20_000))],
)
def test_even_noise_fits_into_what_is_allowed(largest_bytes: int) -> None:
    noise = np.random.default_rng(3).integers(0, 255, (1169, 827, 3), np.uint8)
    jpeg, width_px, height_px, dpi = jpeg_of(noise, dpi=100, largest_bytes=largest_bytes)
    assert len(jpeg) <= largest_bytes
    with Image.open(io.BytesIO(jpeg)) as written:
        assert written.size == (width_px, height_px)
    assert dpi == pytest.approx(100 * width_px / 827, abs=1)


def test_what_can_never_fit_is_given_as_small_as_it_gets() -> None:
    noise = np.random.default_rng(3).integers(0, 255, (60, 60, 3), np.uint8)
    jpeg, width_px, height_px, _ = jpeg_of(noise, dpi=100, largest_bytes=10)
    assert min(width_px, height_px) < 20
    assert jpeg.startswith(b"\xff\xd8")


def test_several_pages_become_one_pdf_in_the_size_of_their_paper() -> None:
    lying = application_form().transpose(Image.Transpose.ROTATE_90)
    pages = [_page(employer_letter(), dpi=200), _page(lying, dpi=200)]
    pdf = pdf_of(pages)
    assert len(pdf) <= 300_000 * len(pages)
    document = pypdfium2.PdfDocument(pdf)
    sizes = [tuple(side / POINTS_PER_MM for side in page.get_size()) for page in document]
    document.close()
    assert sizes == [pytest.approx((210, 297), abs=0.5), pytest.approx((297, 210), abs=0.5)]


def test_the_pages_of_a_pdf_look_like_those_put_in() -> None:
    page = _page(application_form(), dpi=200)
    document = pypdfium2.PdfDocument(pdf_of([page]))
    drawn = document[0].render(scale=200 / 72).to_pil().convert("L").resize((827, 1169))
    document.close()
    with Image.open(io.BytesIO(page.jpeg)) as written:
        wanted = written.convert("L").resize((827, 1169))
    difference = np.abs(np.asarray(drawn, np.int16) - np.asarray(wanted, np.int16))
    assert float(difference.mean()) < 2


def test_a_pdf_says_nothing_of_when_and_with_what_it_was_made() -> None:
    pdf = pdf_of([_page(employer_letter(), dpi=200)])
    document = pypdfium2.PdfDocument(pdf)
    told = document.get_metadata_dict()
    document.close()
    assert {name: words for name, words in told.items() if words} == {}
    assert re.findall(rb"img2pdf|pikepdf|20[0-9]{2}-[01][0-9]", pdf) == []


def test_no_pages_are_no_pdf() -> None:
    with pytest.raises(ValueError, match="no pages"):
        pdf_of([])


def test_both_sides_of_a_card_stand_on_one_sheet_in_their_real_size() -> None:
    front = _page(front_of_card(), dpi=300, paper=PaperSize.ID_CARD, sharpness=0.9)
    back = _page(back_of_card(), dpi=300, paper=PaperSize.ID_CARD, sharpness=0.4)
    sheet = both_sides(front, back)
    assert len(sheet.jpeg) <= 300_000
    assert (sheet.width_px, sheet.height_px, sheet.dpi) == (2480, 3508, 300)
    assert sheet.sharpness == 0.4
    grey = np.asarray(cv2.imdecode(np.frombuffer(sheet.jpeg, np.uint8), cv2.IMREAD_GRAYSCALE))
    rows = np.flatnonzero((grey < 245).mean(axis=1) > 0.2)
    columns = np.flatnonzero((grey < 245).mean(axis=0) > 0.2)
    gap = int(np.diff(rows).argmax())
    heights_mm = np.array([rows[gap] - rows[0] + 1, rows[-1] - rows[gap + 1] + 1]) / 300 * 25.4
    assert heights_mm == pytest.approx([53.98, 53.98], abs=0.6)
    assert (columns[-1] - columns[0] + 1) / 300 * 25.4 == pytest.approx(85.6, abs=0.6)
