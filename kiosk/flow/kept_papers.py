"""As what photographed papers are kept in a case: a page as JPEG, several and cards as one PDF."""

from collections.abc import Mapping
from typing import Final

from device_drivers.document_camera.pages_pdf import both_sides, pdf_of
from kiosk.flow.effects import Form, PhotographedPaper
from kiosk.store.vault import Paper

_JPEG: Final = "image/jpeg"
_PDF: Final = "application/pdf"


def kept_papers(papers: Mapping[str, PhotographedPaper]) -> list[Paper]:
    """Ready to be sealed, by material. Raises ValueError for a picture that is none.

    A card takes 0.2 s, pages some milliseconds.
    """
    return [_kept(material, paper) for material, paper in papers.items()]


def _kept(material: str, paper: PhotographedPaper) -> Paper:
    match paper.form:
        case Form.ONE_PAGE:
            (page,) = paper.pages
            return Paper(material, _JPEG, page.jpeg)
        case Form.SEVERAL_PAGES:
            return Paper(material, _PDF, pdf_of(paper.pages))
        case Form.CARD:
            front, back = paper.pages
            return Paper(material, _PDF, pdf_of([both_sides(front, back)]))
