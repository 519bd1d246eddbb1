"""Signing in: calm about mistakes, slow to guessers, one-time passwords open nothing."""

import re

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.console.browser import sign_in
from tests.console.stage import Stage

pytestmark = pytest.mark.slow


def test_nobody_sees_a_page_before_signing_in(on: Stage, stranger: Page) -> None:
    stranger.goto(f"{on.url}/console/kiosks?word=silent")
    expect(stranger).to_have_url(re.compile(r"/console/sign-in\?next="))


def test_signing_in_leads_to_the_page_that_was_wanted(on: Stage, stranger: Page) -> None:
    stranger.goto(f"{on.url}/console/kiosks?word=silent")
    stranger.fill("#name", "admin")
    stranger.fill("#password", "correct horse battery")
    stranger.click("form[action$='/sign-in'] button")
    expect(stranger).to_have_url(f"{on.url}/console/kiosks?word=silent")


def test_it_never_leads_to_another_site(on: Stage) -> None:
    with httpx.Client(base_url=on.url, trust_env=False) as client:
        answer = client.post(
            "/console/sign-in",
            data={
                "name": "admin",
                "password": "correct horse battery",
                "next": "https://evil.example/console/",
            },
        )
    assert answer.headers["location"] == "/console/"


def test_a_form_of_another_site_signs_nobody_in(on: Stage) -> None:
    with httpx.Client(base_url=on.url, trust_env=False) as client:
        answer = client.post(
            "/console/sign-in",
            data={"name": "admin", "password": "correct horse battery"},
            headers={"Origin": "https://evil.example"},
        )
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_a_wrong_password_is_said_calmly_and_then_one_must_wait(on: Stage, stranger: Page) -> None:
    for _ in range(3):
        sign_in(stranger, on, name="nobody", password="wrong")
        expect(stranger.locator(".trouble")).to_contain_text("用户名或密码不对")
    assert _is_told_to_wait(stranger, on)
    button = stranger.locator("form[action$='/sign-in'] button")
    expect(button).to_be_enabled(timeout=60_000)


def _is_told_to_wait(page: Page, on: Stage) -> bool:
    """Whether one guess more is answered with a wait, by the words and by the button.

    The first wait is over after 2 s, which a busy machine may need for one page; each wrong guess
    doubles it.
    """
    for _ in range(4):
        sign_in(page, on, name="nobody", password="wrong")
        said = page.locator(".trouble").inner_text()
        if "秒后再试" in said and page.locator("form[action$='/sign-in'] button").is_disabled():
            return True
    return False


def test_a_one_time_password_opens_only_the_page_that_replaces_it(
    on: Stage, page: Page, stranger: Page
) -> None:
    page.goto(f"{on.url}/console/people")
    page.fill("#name", "wang.min")
    page.check("input[value='operator']")
    page.click("text=建立账号")
    one_time = page.locator("#password").inner_text()
    page.context.clear_cookies()
    sign_in(page, on, name="wang.min", password=one_time)
    expect(page).to_have_url(f"{on.url}/console/password")
    page.goto(f"{on.url}/console/cases")
    expect(page).to_have_url(f"{on.url}/console/password")


def test_after_signing_out_the_old_cookie_opens_nothing(on: Stage, page: Page) -> None:
    cookies = page.context.cookies()
    page.click("text=admin")
    page.click("text=退出登录")
    page.wait_for_url("**/console/sign-in")
    page.context.add_cookies(
        [{"name": c["name"], "value": c["value"], "url": on.url} for c in cookies]
    )
    page.goto(f"{on.url}/console/")
    expect(page).to_have_url(re.compile(r"/console/sign-in"))
