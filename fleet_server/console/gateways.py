"""部门系统: the departments' systems as the gateways see them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import APIRouter, Response

from fleet_server.cases.lookup import count_cases
from fleet_server.console.frame import StaffPage
from fleet_server.console.route import ConsoleRoute
from fleet_server.fleet import Fleet

router = APIRouter(route_class=ConsoleRoute)


@dataclass(frozen=True, slots=True)
class GatewayLine:
    """One department's system."""

    department: str
    status: str
    since: datetime
    trouble: str
    is_held: bool
    """The breaker is open."""
    answered_at: datetime | None
    cases_waiting: int
    address: str


def gateway_lines(
    fleet: Fleet, waiting: Mapping[str, int], *, now: datetime
) -> tuple[GatewayLine, ...]:
    """Every configured system, in the order configured."""
    lines = []
    for department, state in fleet.departments.states().items():
        gateway = fleet.departments.gateways.get(department)
        silent_for_s = None if gateway is None else gateway.silent_for_s
        answered_at = None if silent_for_s is None else now - timedelta(seconds=silent_for_s)
        lines.append(
            GatewayLine(
                department,
                state.status.value,
                state.since,
                state.reason,
                gateway is not None and gateway.is_held,
                answered_at,
                waiting.get(department, 0),
                fleet.settings.departments[department].base_url,
            )
        )
    return tuple(lines)


@router.get("/departments")
def departments(page: StaffPage) -> Response:
    """Up or down since when, breaker, last answer, cases that wait."""
    with page.fleet.database.read() as session:
        cases = count_cases(session, now=page.now)
    lines = gateway_lines(page.fleet, cases.waiting_by_department, now=page.now)
    return page.show("departments.html", gateways=lines)
