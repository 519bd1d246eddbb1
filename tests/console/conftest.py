"""One server, one browser and one kiosk for all console tests; a fresh sign-in for each."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.console.browser import browser, first_sign_in, sign_in
from tests.console.stage import Stage, stage
from tests.console.wire_kiosk import WireKiosk
from tests.fleet_server.small_hall import PATIENCE_S


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


@pytest.fixture(scope="package")
def on(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[Stage]:
    """The server, signed in to once: the admin has replaced the one-time password."""
    with stage(tmp_path_factory.mktemp("console"), departments=("tax", "police")) as running:
        page = chromium.new_page()
        first_sign_in(page, running, running.one_time_password)
        page.close()
        yield running


@pytest.fixture(scope="package")
def connected_kiosk(on: Stage) -> WireKiosk:
    """Kiosk 1, showing what is published."""
    kiosk = on.kiosk("hz0001", "01 号终端")
    kiosk.birth()
    kiosk.draw_desired()
    return kiosk


@pytest.fixture
def kiosk(connected_kiosk: WireKiosk) -> WireKiosk:
    """Kiosk 1, just heard: it has no heart of its own, and silence counts after 44 s."""
    connected_kiosk.heartbeat()
    return connected_kiosk


@pytest.fixture
def stranger(on: Stage, chromium: Browser) -> Iterator[Page]:
    """A browser nobody has signed in with."""
    context = chromium.new_context(locale="zh-CN", viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.set_default_timeout(PATIENCE_S * 1000)
    yield page
    context.close()


@pytest.fixture
def page(on: Stage, stranger: Page) -> Page:
    """The admin's browser, at the overview."""
    sign_in(stranger, on)
    stranger.wait_for_url("**/console/")
    return stranger
