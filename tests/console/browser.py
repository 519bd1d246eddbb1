"""A real browser on the console: Debian's chromium, driven by Playwright."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.console.stage import PASSWORD, Stage
from tests.fleet_server.small_hall import PATIENCE_S

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")


@contextmanager
def browser() -> Iterator[Browser]:
    """One headless browser for the length of the block; pages may take their time."""
    expect.set_options(timeout=PATIENCE_S * 1000)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        try:
            yield running
        finally:
            running.close()


def sign_in(page: Page, on: Stage, *, name: str = "admin", password: str = PASSWORD) -> None:
    """Through the form."""
    page.goto(f"{on.url}/console/sign-in")
    page.fill("#name", name)
    page.fill("#password", password)
    page.click("form[action$='/sign-in'] button")


def first_sign_in(
    page: Page, on: Stage, one_time: str, *, name: str = "admin", password: str = PASSWORD
) -> None:
    """With the one-time password, which must be replaced, then with the new one."""
    sign_in(page, on, name=name, password=one_time)
    page.wait_for_url("**/console/password")
    page.fill("#old", one_time)
    page.fill("#new", password)
    page.fill("#again", password)
    page.click("form[action$='/password'] button")
    page.wait_for_url("**/console/sign-in*")
    sign_in(page, on, name=name, password=password)
    page.wait_for_url("**/console/")
