"""The first page: how the whole stands, live."""

from fastapi import APIRouter, Response

from fleet_server.cases.lookup import count_cases
from fleet_server.console.alarms import read_alarms
from fleet_server.console.fleet_table import Choice, count_words, table_rows
from fleet_server.console.frame import StaffPage
from fleet_server.console.gateways import gateway_lines
from fleet_server.console.route import ConsoleRoute
from fleet_server.content.service import current_release
from fleet_server.kiosks.service import list_kiosks

router = APIRouter(route_class=ConsoleRoute)

_ROWS = 12


@router.get("/")
def overview(page: StaffPage) -> Response:
    """Banner, counts, departments, today's cases, and the kiosks that need somebody first."""
    with page.fleet.database.read() as session:
        kiosks = list_kiosks(session)
        release = current_release(session)
        alarms = read_alarms(session, page.fleet, page.words, now=page.now)
        cases = count_cases(session, now=page.now)
    wanted = None if release is None else release.hash
    rows = table_rows(page.words, kiosks, wanted, Choice())
    return page.show(
        "overview.html",
        alarms=alarms,
        total=len(kiosks),
        counts=count_words(kiosks),
        rows=rows[:_ROWS],
        more=max(len(rows) - _ROWS, 0),
        sort="word",
        is_descending=False,
        cases=cases,
        release=release,
        up_to_date=sum(1 for kiosk in kiosks if kiosk.drawn_content == wanted),
        gateways=gateway_lines(page.fleet, cases.waiting_by_department, now=page.now),
    )
