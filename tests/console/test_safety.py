"""What a console must never do: act on a foreign form, obey the wrong role, call another host."""

import re
from collections.abc import Iterator

import httpx
import pytest
from fastapi.routing import APIRoute
from playwright.sync_api import ConsoleMessage, Page, Request

from fleet_server.console.endpoints import PAGES
from fleet_server.console.frame import ROOT
from kiosk.contract.downlink import SetOutOfService
from tests.console.browser import first_sign_in
from tests.console.scene import TAX_SERVICE, submit
from tests.console.stage import PASSWORD, Stage
from tests.console.wire_kiosk import WireKiosk
from tests.fleet_server.small_hall import tax_payload

pytestmark = pytest.mark.slow

OPEN_TO_ALL = {"/console/sign-in"}
EVERY_PAGE = (
    "/",
    "/kiosks",
    "/kiosks/hz0001",
    "/kiosks/new",
    "/cases",
    "/content",
    f"/content/services/{TAX_SERVICE}",
    "/content/publish",
    "/content/history",
    "/departments",
    "/records/messages",
    "/records/submissions",
    "/records/audit",
    "/people",
    "/search?q=zz",
    "/password",
)


def acts() -> list[str]:
    """The address of everything that can be done, with plausible names in it."""
    found = [
        f"{ROOT}{route.path}"
        for pages in PAGES
        for route in pages.routes
        if isinstance(route, APIRoute) and "POST" in (route.methods or set())
    ]
    names = {"kiosk_id": "hz0001", "service_id": TAX_SERVICE, "case_id": "0" * 32}
    names |= {"name": "admin", "release": "1"}
    filled = [re.sub(r"\{(\w+)\}", lambda found: names[found[1]], path) for path in found]
    return sorted(set(filled) - OPEN_TO_ALL)


@pytest.fixture
def admin(on: Stage) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=on.url, trust_env=False, timeout=20) as client:
        signed_in = client.post("/console/sign-in", data={"name": "admin", "password": PASSWORD})
        assert signed_in.status_code == 303
        yield client


def csrf_of(client: httpx.Client) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', client.get("/console/password").text)
    assert found is not None
    return found[1]


def test_there_is_something_to_refuse() -> None:
    assert len(acts()) >= 14


@pytest.mark.parametrize("path", acts())
def test_every_act_is_refused_without_the_sessions_own_token(
    on: Stage, admin: httpx.Client, path: str
) -> None:
    for token in ("", "0" * 64):
        answer = admin.post(path, data={"csrf": token, "wanted": "retired", "why": "试试"})
        assert answer.status_code == 403
        assert "这个表单已经失效" in answer.text


@pytest.mark.parametrize("path", acts())
def test_every_act_leads_a_stranger_to_the_sign_in_page(on: Stage, path: str) -> None:
    answer = httpx.post(f"{on.url}{path}", data={"wanted": "retired"}, trust_env=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/console/sign-in"


def test_an_inspector_sees_everything_and_changes_nothing(
    on: Stage, page: Page, admin: httpx.Client, kiosk: WireKiosk
) -> None:
    case_id = submit(on, kiosk, TAX_SERVICE, tax_payload())
    made = admin.post(
        "/console/people",
        data={"csrf": csrf_of(admin), "name": "du.cha", "role": "inspector"},
    )
    one_time = re.search(r'id="password">([^<]+)<', made.text)
    assert one_time is not None
    page.context.clear_cookies()
    first_sign_in(page, on, one_time[1], name="du.cha", password="watching all night")
    page.goto(f"{on.url}/console/kiosks/hz0001")
    assert page.locator("[data-bs-target='#close']").count() == 0
    cookies = {each["name"]: each["value"] for each in page.context.cookies()}
    with httpx.Client(base_url=on.url, cookies=cookies, trust_env=False) as client:
        csrf = csrf_of(client)
        assert client.get("/console/cases").status_code == 200
        assert client.get("/console/people").status_code == 403
        for path in (
            "/console/kiosks/hz0001/restart",
            "/console/kiosks/hz0001/close",
            "/console/kiosks/hz0001/revoke",
            f"/console/cases/{case_id}/open",
            f"/console/content/services/{TAX_SERVICE}",
            "/console/content/publish",
            "/console/kiosks/new",
            "/console/people",
        ):
            answer = client.post(path, data={"csrf": csrf, "reason": "想看一看", "why": "试试"})
            assert (path, answer.status_code) == (path, 403)
    orders = [each.order for each in kiosk.commands().commands]
    closing = [each for each in orders if isinstance(each, SetOutOfService)]
    assert "想看一看" not in {each.reason for each in closing}


def test_no_page_calls_another_host_or_breaks_its_own_policy(
    on: Stage, page: Page, kiosk: WireKiosk
) -> None:
    foreign: list[str] = []
    complaints: list[str] = []

    def look(request: Request) -> None:
        if not request.url.startswith((f"{on.url}/console/", "data:image/svg")):
            foreign.append(request.url)

    def hear(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(message.text)

    page.on("request", look)
    page.on("console", hear)
    for path in EVERY_PAGE:
        answer = page.goto(f"{on.url}/console{path}")
        assert answer is not None
        assert answer.status == 200
        assert answer.header_value("content-security-policy") is not None
        page.wait_for_timeout(120)
    assert foreign == []
    assert complaints == []


def test_the_policy_lets_no_script_of_a_page_run(on: Stage, page: Page) -> None:
    page.goto(f"{on.url}/console/")
    page.evaluate("""() => {
        const script = document.createElement('script');
        script.textContent = 'window.stolen = true';
        document.body.append(script);
    }""")
    assert page.evaluate("() => window.stolen") is None


@pytest.mark.parametrize(
    "path", ["/nothing", "/kiosks/hz9999", f"/cases/{'f' * 32}", "/content/services/none"]
)
def test_what_does_not_exist_is_said_in_the_frame(
    on: Stage, admin: httpx.Client, path: str
) -> None:
    answer = admin.get(f"/console{path}")
    assert answer.status_code == 404
    assert "没有这" in answer.text
    assert "总览" in answer.text


def test_an_address_outside_the_static_folder_is_none(on: Stage, admin: httpx.Client) -> None:
    assert admin.get("/console/static/console.css").status_code == 200
    for path in ("..%2fframe.py", "%2e%2e/frame.py", "../templates/base.html"):
        assert admin.get(f"/console/static/{path}").status_code == 404
