"""事件: what could not be taken, and who did what."""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Response

from fleet_server.audit.reading import newest
from fleet_server.cases.lookup import list_refused_envelopes
from fleet_server.console.alarms import DEAD_LETTERS_WITHIN
from fleet_server.console.frame import StaffPage
from fleet_server.console.route import ConsoleRoute
from fleet_server.kiosks.service import count_dead_letters, dead_letters

router = APIRouter(prefix="/records", route_class=ConsoleRoute)

_PAGE: Final = 30
_AUDIT: Final = 50


@router.get("/messages")
def messages(page: StaffPage, at: Annotated[int, Query(ge=1, le=10_000)] = 1) -> Response:
    """Messages that could not be understood: kept, clipped, counted."""
    with page.fleet.database.read() as session:
        letters = dead_letters(session, limit=_PAGE + 1, offset=(at - 1) * _PAGE)
        recent = count_dead_letters(session, since=page.now - DEAD_LETTERS_WITHIN)
    return page.show(
        "messages.html",
        letters=letters[:_PAGE],
        recent=recent,
        at=at,
        has_more=len(letters) > _PAGE,
    )


@router.get("/submissions")
def submissions(page: StaffPage) -> Response:
    """Cases a kiosk sent that could not be opened or taken; they are still on the kiosk."""
    with page.fleet.database.read() as session:
        refused = list_refused_envelopes(session, limit=_PAGE)
    return page.show("submissions.html", refused=refused)


@router.get("/audit")
def audit(
    page: StaffPage,
    before: Annotated[int | None, Query(ge=1)] = None,
    q: Annotated[str, Query(max_length=80)] = "",
) -> Response:
    """The trail, newest first."""
    with page.fleet.database.read() as session:
        entries = newest(session, limit=_AUDIT + 1, before=before, text=q.strip())
    return page.show(
        "audit.html",
        entries=entries[:_AUDIT],
        next_before=entries[_AUDIT - 1].n if len(entries) > _AUDIT else None,
        text=q.strip(),
    )
