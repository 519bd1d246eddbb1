"""终端: the list of kiosks, one kiosk, and what may be done to it."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Form, Query, Response

from fleet_server.commands.progress import RANK
from fleet_server.commands.service import is_under_way, list_commands, queue_command
from fleet_server.commands.tables import CommandRow
from fleet_server.console.fleet_table import (
    SORTS,
    Choice,
    count_words,
    shown_state,
    table_rows,
)
from fleet_server.console.frame import Admin, Operator, Page, StaffPage
from fleet_server.console.paging import paged
from fleet_server.console.route import ConsoleRoute
from fleet_server.console.sentences import event_line, kiosk_sentence, why_text
from fleet_server.content.repository import bundle_of
from fleet_server.content.service import current_release
from fleet_server.enrolment.repository import certificates_of
from fleet_server.enrolment.schemas import LONGEST_REASON as LONGEST_REVOKING
from fleet_server.enrolment.schemas import SHORTEST_REASON as SHORTEST_REVOKING
from fleet_server.enrolment.service import make_token, revoke
from fleet_server.errors import Conflict, Unprocessable
from fleet_server.identity.access import CsrfChecked
from fleet_server.kiosks.presence import Word
from fleet_server.kiosks.schemas import PresenceView
from fleet_server.kiosks.service import kiosk_detail, list_kiosks
from kiosk.contract.downlink import RestartApp, SetOutOfService
from kiosk.contract.topics import KIOSK_ID_PATTERN
from kiosk.contract.uplink import AppState

router = APIRouter(prefix="/kiosks", route_class=ConsoleRoute)

_PAGE: Final = 50
_EVENTS: Final = 40
_COMMANDS: Final = 8
LONGEST_REASON: Final = 40
"""What a citizen can read at a glance on a closed kiosk."""


@dataclass(frozen=True, slots=True)
class CommandLine:
    """One command as the kiosk page shows it."""

    row: CommandRow
    kind: str
    """restart_app, close or reopen."""
    reason: str
    rank: int
    """How many of the five steps it has come."""


Text = Annotated[str, Query(max_length=60)]


@router.get("")
def kiosks(
    page: StaffPage,
    *,
    q: Text = "",
    word: Text = "",
    sort: Text = "word",
    down: bool = False,
    at: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    """Every kiosk, filtered and sorted by the address bar."""
    choice = Choice(
        text=q.strip(),
        word=word if word in set(Word) else "",
        sort=sort if sort in SORTS else "word",
        is_descending=down,
    )
    with page.fleet.database.read() as session:
        found = list_kiosks(session)
        release = current_release(session)
    rows = table_rows(page.words, found, None if release is None else release.hash, choice)
    return page.show(
        "kiosks.html",
        choice=choice,
        total=len(found),
        counts=count_words(found),
        rows=rows[(at - 1) * _PAGE : at * _PAGE],
        paging=paged(len(rows), at, _PAGE),
        sort=choice.sort,
        is_descending=choice.is_descending,
        release=release,
    )


@router.get("/new")
def new_kiosk(page: StaffPage, _admin: Admin) -> Response:
    """The form of a one-time token."""
    return page.show("kiosk_new.html", trouble="", asked={"kiosk_id": "", "name": "", "hall": ""})


@router.post("/new")
def post_new_kiosk(
    page: StaffPage,
    admin: Admin,
    _csrf: CsrfChecked,
    kiosk_id: Annotated[str, Form(max_length=24)] = "",
    name: Annotated[str, Form(max_length=80)] = "",
    hall: Annotated[str, Form(max_length=80)] = "",
) -> Response:
    """Make the token and show it, once: it is kept nowhere."""
    asked = {"kiosk_id": kiosk_id.strip(), "name": name.strip(), "hall": hall.strip()}
    if not (_is_kiosk_id(asked["kiosk_id"]) and asked["name"] and asked["hall"]):
        return page.show("kiosk_new.html", status=422, trouble="incomplete", asked=asked)
    fleet = page.fleet
    life = timedelta(minutes=fleet.settings.enrolment.token_minutes)
    with fleet.database.write() as session:
        token = make_token(session, **asked, actor=admin.name, now=page.now, life=life)
    return page.show(
        "kiosk_token.html",
        asked=asked,
        token=token,
        server=fleet.settings.api_url,
        fingerprint=fleet.authority.fingerprint,
        expires_at=page.now + life,
    )


@router.get("/{kiosk_id}")
def kiosk(page: StaffPage, kiosk_id: str) -> Response:
    """One kiosk: its sentence, devices, events, what it shows, commands."""
    return _kiosk_page(page, kiosk_id)


@router.post("/{kiosk_id}/restart")
def restart(page: StaffPage, operator: Operator, _csrf: CsrfChecked, kiosk_id: str) -> Response:
    """Queue a restart of the citizens' app: once nobody is served, or when it is frozen."""
    return _order(page, kiosk_id, RestartApp(), operator.name)


@router.post("/{kiosk_id}/close")
def close(
    page: StaffPage,
    operator: Operator,
    _csrf: CsrfChecked,
    kiosk_id: str,
    reason: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Queue 暂停服务; the reason is what citizens will read."""
    plain = " ".join(reason.split())
    if not 2 <= len(plain) <= LONGEST_REASON:
        return _kiosk_page(page, kiosk_id, status=422, trouble="reason")
    return _order(page, kiosk_id, SetOutOfService(on=True, reason=plain), operator.name)


@router.post("/{kiosk_id}/reopen")
def reopen(page: StaffPage, operator: Operator, _csrf: CsrfChecked, kiosk_id: str) -> Response:
    """Queue 恢复服务."""
    return _order(page, kiosk_id, SetOutOfService(on=False, reason=""), operator.name)


@router.post("/{kiosk_id}/revoke")
def revoke_kiosk(
    page: StaffPage,
    admin: Admin,
    _csrf: CsrfChecked,
    kiosk_id: str,
    reason: Annotated[str, Form(max_length=LONGEST_REVOKING)] = "",
) -> Response:
    """Take its certificates and cut it off: it was stolen, or will not come back."""
    try:
        revoke(page.fleet, kiosk_id=kiosk_id, reason=reason, actor=admin.name)
    except Unprocessable as error:
        return _kiosk_page(page, kiosk_id, status=422, trouble=error.code)
    except Conflict:
        return page.go(f"/kiosks/{kiosk_id}", done="revoked_already")
    return page.go(f"/kiosks/{kiosk_id}", done="kiosk_revoked")


def _kiosk_page(page: Page, kiosk_id: str, *, status: int = 200, trouble: str = "") -> Response:
    fleet, words = page.fleet, page.words
    with fleet.database.read() as session:
        detail = kiosk_detail(session, kiosk_id=kiosk_id, events=_EVENTS)
        commands = list_commands(session, kiosk_id=kiosk_id, limit=_COMMANDS)
        release = current_release(session)
        certificates = certificates_of(session, kiosk_id=kiosk_id)
    summary = detail.summary
    bundle = None if release is None else bundle_of(release)
    return page.show(
        "kiosk.html",
        status=status,
        trouble=trouble,
        detail=detail,
        kiosk=summary,
        sentence=kiosk_sentence(words, summary, fleet.departments.states(), now=page.now),
        why=why_text(words, summary.presence),
        shown=shown_state(summary, None if release is None else release.hash),
        release=release,
        events=[event_line(words, event, bundle) for event in detail.events],
        commands=[_command_line(command) for command in commands],
        is_closed=_is_closed_by_order(summary.presence),
        longest_reason=LONGEST_REASON,
        longest_revoking=LONGEST_REVOKING,
        shortest_revoking=SHORTEST_REVOKING,
        certificates=certificates,
        presence_settings=fleet.settings.presence,
    )


def _is_closed_by_order(presence: PresenceView) -> bool:
    """Whether 恢复服务 is what can be done: a kiosk that closed by itself also opens by itself."""
    by_itself = presence.why == "closed" and presence.facts.get("reason")
    return presence.app_state == AppState.OUT_OF_SERVICE and not by_itself


def _command_line(row: CommandRow) -> CommandLine:
    kind = str(row.order["kind"])
    if kind == "set_out_of_service":
        kind = "close" if row.order["on"] else "reopen"
    return CommandLine(row, kind, str(row.order.get("reason", "")), RANK[row.state] + 1)


def _order(page: Page, kiosk_id: str, order: RestartApp | SetOutOfService, actor: str) -> Response:
    fleet = page.fleet
    with fleet.database.write() as session:
        # a form sent twice, or by two people at once, is one command
        if is_under_way(session, kiosk_id=kiosk_id, order=order, now=page.now):
            return page.go(f"/kiosks/{kiosk_id}", done="command_already")
        queue_command(
            session,
            kiosk_id=kiosk_id,
            order=order,
            actor=actor,
            now=page.now,
            link=fleet.link,
            live=fleet.live,
        )
    return page.go(f"/kiosks/{kiosk_id}", done="command_queued")


def _is_kiosk_id(text: str) -> bool:
    return re.fullmatch(KIOSK_ID_PATTERN, text) is not None
