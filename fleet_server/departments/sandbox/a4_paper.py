"""A certificate as the A4 paper a counter would hand out: title, facts, code to verify, seal block.

The seal is words in a frame: no emblem, nothing that could pass for a real seal.
"""

import base64
import logging
from datetime import UTC, datetime
from functools import cache
from typing import Final

import segno
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from fleet_server.assets import ASSETS
from fleet_server.departments.contract.models import Completed, HandedCase
from kiosk.contract.cases import Certificate
from kiosk.contract.dates import CHINA

_TEMPLATE: Final = "a4_certificate.html"


def with_a4_paper(answer: Completed, case: HandedCase) -> Completed:
    """The same answer with its certificate as PDF; takes about half a second."""
    certificate = answer.certificate
    pdf = draw_certificate(certificate, case_number=case.case_number, verify_url=case.verify_url)
    with_pdf = Certificate.model_validate(certificate.model_dump() | {"pdf": base64.b64encode(pdf)})
    return answer.model_copy(update={"certificate": with_pdf})


def draw_certificate(certificate: Certificate, *, case_number: str, verify_url: str) -> bytes:
    """The PDF. Without `verify_url` it bears no code."""
    from weasyprint import HTML  # noqa: PLC0415  half a second, which only a decision needs

    # its debug notes quote the text of the document
    logging.getLogger("fontTools").setLevel(logging.WARNING)
    page = _template().render(
        certificate=certificate,
        groups=_groups(certificate.rows),
        case_number=case_number,
        code=segno.make_qr(verify_url, error="m").svg_data_uri(border=0) if verify_url else "",
        issued_on=certificate.issued_at.astimezone(CHINA).date(),
    )
    pdf: bytes = HTML(string=page).write_pdf()
    return pdf


def warm_up() -> None:
    """Load what draws; without this the first citizen waits some seconds longer."""
    blank = Certificate(title="A4", number="1", rows=(), issuer="", issued_at=datetime.now(UTC))
    draw_certificate(blank, case_number="", verify_url="")


def _groups(rows: tuple[tuple[str, str], ...]) -> list[list[tuple[str, str]]]:
    """Facts that belong together: a label said again begins the next house, on one page whole."""
    groups: list[list[tuple[str, str]]] = []
    seen: set[str] = set()
    for label, value in rows:
        if not groups or label in seen:
            groups.append([])
            seen.clear()
        seen.add(label)
        groups[-1].append((label, value))
    return groups


@cache
def _template() -> Template:
    loader = FileSystemLoader(ASSETS / "sandbox")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined).get_template(
        _TEMPLATE
    )
