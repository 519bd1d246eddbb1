"""The search of the top bar: a kiosk, a case, a service, by whatever is at hand."""

import re
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Query, Response

from fleet_server.cases.lookup import CaseFilter, list_cases
from fleet_server.console.case_pages import titles_of
from fleet_server.console.content_words import title_of
from fleet_server.console.frame import ROOT, Page, StaffPage
from fleet_server.console.route import ConsoleRoute
from fleet_server.content.repository import draft_services
from fleet_server.kiosks.service import list_kiosks

router = APIRouter(route_class=ConsoleRoute)

_MOST: Final = 12
_SHORTEST: Final = 2
_RECEIPT: Final = re.compile(r"/v/([0-9a-f]{32})\b")
"""What a receipt's QR code holds, however a scanner wraps it: `<public url>/v/<case id>`."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing found."""

    kind: str
    title: str
    text: str
    href: str


@router.get("/search")
def search(page: StaffPage, q: Annotated[str, Query(max_length=400)] = "") -> Response:
    """Goes straight there when there is one answer."""
    scanned = _RECEIPT.search(q.lower())
    text = scanned.group(1) if scanned else q.strip()
    hits = find(page, text) if len(text) >= _SHORTEST else ()
    if len(hits) == 1:
        return page.go(hits[0].href)
    return page.show("search.html", text=q.strip(), hits=hits, root=ROOT)


def find(page: Page, text: str) -> tuple[Hit, ...]:
    """At most a dozen of each kind: kiosks, services, cases."""
    wanted = text.casefold()
    with page.fleet.database.read() as session:
        kiosks = list_kiosks(session)
        services = draft_services(session)
        cases = list_cases(session, CaseFilter(text=text.lower()), limit=_MOST).cases
        titles = titles_of(session, cases, page.words)
    found = [
        Hit("kiosk", kiosk.name, f"{kiosk.kiosk_id} · {kiosk.hall}", f"/kiosks/{kiosk.kiosk_id}")
        for kiosk in kiosks
        if wanted in kiosk.kiosk_id or wanted in kiosk.name.casefold()
    ][:_MOST]
    found += [
        Hit(
            "service",
            title_of(page.words, content),
            service_id,
            f"/content/services/{service_id}",
        )
        for service_id, content in services.items()
        if wanted in service_id
        or any(wanted in texts.get("title", "").casefold() for texts in content.texts.values())
    ][:_MOST]
    found += [
        Hit("case", case.case_number, titles[case.case_id], f"/cases/{case.case_id}")
        for case in cases
    ]
    return tuple(found)
