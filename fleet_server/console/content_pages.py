"""内容: what kiosks show, what is being edited, and the way from one to the other."""

from dataclasses import dataclass
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Form, Response

from fleet_server.console.content_words import (
    FindingLine,
    diff_lines,
    finding_line,
    title_of,
)
from fleet_server.console.fleet_table import shown_state
from fleet_server.console.frame import Admin, Page, StaffPage
from fleet_server.console.route import ConsoleRoute
from fleet_server.console.words import words_in
from fleet_server.content.comparing import changes, history
from fleet_server.content.editing import set_menu_order, set_status
from fleet_server.content.publishing import ContentRefused, lint
from fleet_server.content.releases import publish_draft, restore_release
from fleet_server.content.repository import bundle_of, draft_menu, draft_services
from fleet_server.content.service import current_release
from fleet_server.errors import Conflict, Unprocessable
from fleet_server.identity.access import CsrfChecked
from fleet_server.kiosks.schemas import KioskSummary
from fleet_server.kiosks.service import list_kiosks
from kiosk.contract.findings import Finding
from kiosk.contract.services import Department

router = APIRouter(prefix="/content", route_class=ConsoleRoute)

_KIOSKS: Final = 60
_RELEASES: Final = 40
Reason = Annotated[str, Form(max_length=200)]


@dataclass(frozen=True, slots=True)
class ServiceLine:
    """One service in the list of its department."""

    service_id: str
    title: str
    title_elsewhere: str
    """In the language the page is not in."""
    is_retired: bool
    is_changed: bool
    """Differs from what is published."""
    findings: int
    up: str
    """The department's order with this service one place higher; empty at the top."""
    down: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a release has come on one kiosk."""

    kiosk: KioskSummary
    is_downloaded: bool
    shown: str


@router.get("")
def content(page: StaffPage) -> Response:
    """Services by department, what the draft changes, and which kiosks show what."""
    with page.fleet.database.read() as session:
        release = current_release(session)
        menu, services = draft_menu(session), draft_services(session)
        changed = changes(session)
        findings = lint(session, page.fleet.content.gate)
        kiosks = list_kiosks(session)
    changed_ids = {change.where.split("/")[0] for change in changed}
    counts: dict[str, int] = {}
    for finding in findings:
        owner = finding.where.split("/")[0]
        counts[owner] = counts.get(owner, 0) + 1
    other = words_in("en" if page.words.language == "zh-CN" else "zh-CN")
    departments = []
    for department in Department:
        entries = () if menu is None else menu.departments
        order = next((e.services for e in entries if e.department is department), ())
        own = [each for each in services.values() if each.definition.department is department]
        own.sort(key=lambda each: _place_in(order, each.definition.id))
        lines = [
            ServiceLine(
                each.definition.id,
                title_of(page.words, each),
                title_of(other, each),
                each.definition.status != "published",
                each.definition.id in changed_ids,
                counts.get(each.definition.id, 0),
                _moved(order, each.definition.id, -1),
                _moved(order, each.definition.id, 1),
            )
            for each in own
        ]
        departments.append((department, lines))
    progress = _progress(kiosks, None if release is None else release.hash)
    return page.show(
        "content.html",
        release=release,
        departments=departments,
        changed=len(changed),
        menu_changed="menu" in changed_ids,
        findings=len(findings),
        progress=progress[:_KIOSKS],
        total=len(progress),
        drawn=sum(1 for each in progress if each.shown == "current"),
        downloaded=sum(1 for each in progress if each.is_downloaded),
    )


@router.post("/order")
def order(
    page: StaffPage,
    admin: Admin,
    _csrf: CsrfChecked,
    department: Annotated[str, Form(max_length=40)] = "",
    services: Annotated[str, Form(max_length=4000)] = "",
) -> Response:
    """Put a department's services in the order named: sent twice, it is the same order."""
    if department not in set(Department):
        raise Unprocessable("no such department", code="invalid_request")
    with page.fleet.database.write() as session:
        set_menu_order(
            session,
            department=Department(department),
            services=tuple(services.split(",")),
            actor=admin.name,
            now=page.now,
        )
    return page.go("/content", done="ordered")


@router.post("/services/{service_id}/status")
def status(
    page: StaffPage,
    admin: Admin,
    _csrf: CsrfChecked,
    service_id: str,
    wanted: Annotated[Literal["published", "retired"], Form()],
) -> Response:
    """Take a service off the draft's menu, or put it back."""
    with page.fleet.database.write() as session:
        set_status(session, service_id=service_id, status=wanted, actor=admin.name, now=page.now)
    return page.go(f"/content/services/{service_id}", done=f"service_{wanted}")


@router.get("/publish")
def publish_page(page: StaffPage) -> Response:
    """What would change, and what stands in the way."""
    with page.fleet.database.read() as session:
        findings = lint(session, page.fleet.content.gate)
    return _publish_page(page, findings=findings)


@router.post("/publish")
def post_publish(page: StaffPage, admin: Admin, _csrf: CsrfChecked, why: Reason = "") -> Response:
    """Publish the draft, or say in words why not; what kiosks show then stays."""
    try:
        publish_draft(page.fleet, actor=admin.name, why=why)
    except ContentRefused as error:
        return _publish_page(page, status=422, findings=error.findings, trouble="refused")
    except Conflict:
        return page.go("/content", done="nothing_changed")
    except Unprocessable:
        return _publish_page(page, status=422, trouble="reason")
    return page.go("/content", done="published")


@router.get("/history")
def releases(page: StaffPage) -> Response:
    """Every release with who, when and why."""
    return _history_page(page)


@router.post("/history/{release}/restore")
def restore(
    page: StaffPage, admin: Admin, _csrf: CsrfChecked, release: int, why: Reason = ""
) -> Response:
    """Publish an old release's content again."""
    try:
        restore_release(page.fleet, release=release, actor=admin.name, why=why)
    except Conflict:
        return page.go("/content", done="nothing_changed")
    except Unprocessable:
        return _history_page(page, status=422, trouble="reason")
    return page.go("/content", done="restored")


def _publish_page(
    page: Page, *, status: int = 200, findings: tuple[Finding, ...] = (), trouble: str = ""
) -> Response:
    with page.fleet.database.read() as session:
        release = current_release(session)
        changed = changes(session)
        services = draft_services(session)
        kiosks = list_kiosks(session)
    published = {} if release is None else bundle_of(release).services
    lines: tuple[FindingLine, ...] = tuple(
        finding_line(page.words, finding, services) for finding in findings
    )
    return page.show(
        "publish.html",
        status=status,
        release=release,
        lines=diff_lines(page.words, changed, services, published),
        findings=lines,
        kiosks=len(kiosks),
        trouble=trouble,
    )


def _history_page(page: Page, *, status: int = 200, trouble: str = "") -> Response:
    with page.fleet.database.read() as session:
        releases = history(session, limit=_RELEASES)
        kiosks = list_kiosks(session)
    return page.show(
        "history.html", status=status, releases=releases, kiosks=len(kiosks), trouble=trouble
    )


def _progress(kiosks: tuple[KioskSummary, ...], wanted: str | None) -> list[Progress]:
    """Those that lag first."""
    found = [
        Progress(kiosk, kiosk.active_content == wanted, shown_state(kiosk, wanted))
        for kiosk in kiosks
    ]
    return sorted(found, key=lambda each: (each.shown == "current", each.is_downloaded))


def _place_in(order: tuple[str, ...], service_id: str) -> int:
    return order.index(service_id) if service_id in order else len(order)


def _moved(order: tuple[str, ...], service_id: str, by: int) -> str:
    if service_id not in order:
        return ""
    place = order.index(service_id)
    if not 0 <= place + by < len(order):
        return ""
    moved = list(order)
    moved[place], moved[place + by] = moved[place + by], moved[place]
    return ",".join(moved)
