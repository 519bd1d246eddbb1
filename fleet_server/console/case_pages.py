"""办件: the list, one case with its timeline, and opening one with a reason."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Form, Query, Response
from pydantic import TypeAdapter
from sqlalchemy.orm import Session

from fleet_server.cases.lookup import (
    CaseDetail,
    CaseFilter,
    Unmasked,
    case_detail,
    count_cases,
    list_cases,
    unmask,
)
from fleet_server.cases.tables import Case
from fleet_server.console.frame import Operator, Page, StaffPage
from fleet_server.console.paging import paged
from fleet_server.console.route import ConsoleRoute
from fleet_server.console.words import Words
from fleet_server.content.service import find_published_service, published_titles
from fleet_server.errors import Unprocessable
from fleet_server.identity.access import CsrfChecked
from kiosk.contract.cases import CaseState, SealedPaper
from kiosk.contract.content import ServiceContent
from kiosk.contract.services import Department

router = APIRouter(prefix="/cases", route_class=ConsoleRoute)

_PAGE: Final = 30
_PAPERS: Final = TypeAdapter(tuple[SealedPaper, ...])

Text = Annotated[str, Query(max_length=60)]


@dataclass(frozen=True, slots=True)
class PaperLine:
    """A paper that came with a case; its picture stays sealed here."""

    name: str
    media_type: str
    kilobytes: int


@router.get("")
def cases(
    page: StaffPage,
    *,
    q: Text = "",
    state: Text = "",
    department: Text = "",
    kiosk: Text = "",
    at: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    """Cases, newest first, filtered by the address bar."""
    wanted = CaseFilter(state=state, department=department, kiosk_id=kiosk, text=q.strip())
    with page.fleet.database.read() as session:
        found = list_cases(session, wanted, limit=_PAGE, offset=(at - 1) * _PAGE)
        counts = count_cases(session, now=page.now)
        titles = titles_of(session, found.cases, page.words)
    return page.show(
        "cases.html",
        titles=titles,
        wanted=wanted,
        cases=found.cases,
        paging=paged(found.total, at, _PAGE),
        counts=counts,
        states=tuple(CaseState),
        departments=tuple(Department),
    )


@router.get("/{case_id}")
def case(page: StaffPage, case_id: str) -> Response:
    """One case."""
    with page.fleet.database.read() as session:
        found = case_detail(session, case_id)
        service = _service_of(page, found.case)
    return _case_page(page, found, service)


@router.post("/{case_id}/open")
def open_case(
    page: StaffPage,
    operator: Operator,
    _csrf: CsrfChecked,
    case_id: str,
    reason: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Show who applied and what they said, on this answer only; who looked and why is kept."""
    fleet = page.fleet
    trouble, opened = "", None
    with fleet.database.write() as session:
        try:
            opened = unmask(
                session,
                fleet.cases,
                case_id,
                actor=operator.name,
                reason=reason,
                now=page.now,
            )
        except Unprocessable as error:
            trouble = error.code
        session.flush()
        found = case_detail(session, case_id)
        service = _service_of(page, found.case)
    return _case_page(page, found, service, opened=opened, trouble=trouble)


def titles_of(session: Session, cases: Iterable[Case], words: Words) -> dict[str, str]:
    """What each case's service is called in the reader's language, by case id."""
    cases = tuple(cases)
    seen = [] if words.language == "zh-CN" else [(case.content, case.service_id) for case in cases]
    titles = published_titles(session, seen, words.language)
    return {
        case.case_id: titles.get((case.content, case.service_id), case.service_title)
        for case in cases
    }


def _case_page(
    page: Page,
    found: CaseDetail,
    service: ServiceContent | None,
    *,
    opened: Unmasked | None = None,
    trouble: str = "",
) -> Response:
    texts = _texts(service, page.words)
    papers = tuple(
        PaperLine(
            texts.get(f"materials.{paper.name}", paper.name),
            page.words.of_code("case.media", paper.media_type),
            max(paper.size // 1024, 1),
        )
        for paper in _PAPERS.validate_json(found.case.papers)
    )
    return page.show(
        "case.html",
        status=422 if trouble else 200,
        case=found.case,
        title=texts.get("title") or found.case.service_title,
        events=found.events,
        papers=papers,
        verify_url=page.fleet.cases.verify_url(found.case.case_id),
        opened=opened,
        answers=() if opened is None else _answers_in_words(opened, service, texts),
        trouble=trouble,
    )


def _service_of(page: Page, case: Case) -> ServiceContent | None:
    with page.fleet.database.read() as session:
        return find_published_service(session, case.content, case.service_id)


def _texts(service: ServiceContent | None, words: Words) -> Mapping[str, str]:
    """In the reader's language, else in Chinese."""
    if service is None:
        return {}
    return service.texts.get(words.language) or service.texts["zh-CN"]


def _answers_in_words(
    opened: Unmasked, service: ServiceContent | None, texts: Mapping[str, str]
) -> tuple[tuple[str, str], ...]:
    """Each answer by the question's label and the option's words, as the service has them."""
    labels: dict[str, tuple[str, dict[str, str]]] = {}
    if service is not None:
        for step_id, step in service.definition.steps.items():
            if step.kind in {"ask_choice", "ask_digits"}:
                options = {
                    option: texts.get(f"{step_id}.options.{option}", option)
                    for option in getattr(step, "options", ())
                }
                labels[step.field] = (texts.get(f"{step_id}.label", step.field), options)
    return tuple(
        (labels.get(name, (name, {}))[0], labels.get(name, (name, {}))[1].get(value, value))
        for name, value in opened.answers.items()
    )
