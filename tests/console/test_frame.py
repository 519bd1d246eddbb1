"""The frame around every page: language, light or dark, and whether what it shows is still live."""

import re
import signal
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.console.browser import first_sign_in
from tests.console.scene import TAX_SERVICE, submit
from tests.console.stage import Stage, stage
from tests.console.wire_kiosk import WireKiosk
from tests.fleet_server.small_hall import tax_payload

pytestmark = pytest.mark.slow

WIDTHS = "css => [...document.querySelectorAll(css)].map(one => one.clientWidth)"
"""Found and measured in one go: a part drawn again in between leaves cells of no width."""


def test_the_language_is_switched_and_remembered_and_the_page_stays(on: Stage, page: Page) -> None:
    page.goto(f"{on.url}/console/kiosks")
    page.click("text=English")
    expect(page).to_have_url(f"{on.url}/console/kiosks")
    expect(page.locator("h1")).to_have_text("Kiosks")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.goto(f"{on.url}/console/cases")
    expect(page.locator("h1")).to_have_text("Cases")
    page.click("text=中文")
    expect(page.locator("h1")).to_have_text("办件")


def test_a_service_is_called_by_its_name_in_the_readers_language(
    on: Stage, page: Page, kiosk: WireKiosk
) -> None:
    case_id = submit(on, kiosk, TAX_SERVICE, tax_payload())
    page.goto(f"{on.url}/console/cases")
    row = page.locator(f"tr[data-case='{case_id}']")
    expect(row).to_contain_text("完税证明打印")
    page.click("text=English")
    expect(row).to_contain_text("Tax payment certificate")
    expect(row).not_to_contain_text("完税证明打印")
    page.goto(f"{on.url}/console/cases/{case_id}")
    expect(page.locator("h1")).to_contain_text("Tax payment certificate")
    page.goto(f"{on.url}/console/content")
    expect(page.locator(f"[data-service='{TAX_SERVICE}'] .name")).to_have_text(
        "Tax payment certificate"
    )


def test_on_a_tablet_words_are_columns_and_not_strips(
    on: Stage, page: Page, kiosk: WireKiosk
) -> None:
    submit(on, kiosk, TAX_SERVICE, tax_payload())
    page.set_viewport_size({"width": 800, "height": 900})
    for address, columns in (
        ("/", ".kiosks td.wordy, .kiosks td.why"),
        ("/kiosks", ".kiosks td.wordy, .kiosks td.why"),
        ("/cases", "td.wordy"),
        ("/kiosks/hz0001", "td.wordy"),
        ("/records/audit", "td.wordy"),
    ):
        page.goto(f"{on.url}/console{address}")
        widths = page.evaluate(WIDTHS, columns)
        assert widths
        assert min(widths) >= 120  # eight characters and more
        assert page.evaluate("document.documentElement.scrollWidth") == 800


def test_light_or_dark_is_remembered_by_the_next_page(on: Stage, page: Page) -> None:
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")
    page.click("[data-theme-switch]")
    page.goto(f"{on.url}/console/kiosks")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_a_filter_that_finds_nothing_says_so(on: Stage, page: Page, kiosk: WireKiosk) -> None:
    page.goto(f"{on.url}/console/kiosks?q={kiosk.kiosk_id}")
    expect(page.locator("tr[data-kiosk]")).to_have_count(1)
    page.goto(f"{on.url}/console/kiosks?q=nothing-like-it")
    expect(page.locator(".empty")).to_contain_text("没有符合条件的终端")


def test_an_enrolment_token_is_shown_once_and_kept_nowhere(on: Stage, page: Page) -> None:
    page.goto(f"{on.url}/console/kiosks/new")
    page.fill("#kiosk_id", "hz0077")
    page.fill("#name", "77 号终端")
    page.fill("#hall", "测试大厅")
    page.click("main form .btn-primary")
    token = re.search(r"--token=([0-9a-f]{64})", page.locator("#command").inner_text())
    assert token is not None
    page.goto(f"{on.url}/console/records/audit?q=hz0077")
    expect(page.locator("tbody tr").first).to_contain_text("生成登记令牌")
    assert token[1] not in page.content()


def test_an_empty_fleet_says_what_to_do_and_a_lost_server_that_the_page_is_old(
    tmp_path: Path, chromium: Browser
) -> None:
    page = chromium.new_page(locale="zh-CN")
    with stage(tmp_path, departments=()) as own:
        first_sign_in(page, own, own.one_time_password)
        expect(page.locator(".empty")).to_contain_text("先在这里登记")
        state = page.locator(".link-state")
        expect(state).to_be_hidden()
        own.server.send_signal(signal.SIGKILL)
        expect(state).to_be_visible()
    page.close()
