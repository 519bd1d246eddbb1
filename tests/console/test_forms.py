"""What a form lacks is said at the field in the page's words, whatever the browser speaks."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.console.browser import sign_in
from tests.console.stage import Stage
from tests.console.wire_kiosk import WireKiosk
from tests.fleet_server.small_hall import PATIENCE_S

pytestmark = pytest.mark.slow


@pytest.fixture
def english(on: Stage, chromium: Browser) -> Iterator[Page]:
    """A browser that speaks English, before the Chinese page for signing in."""
    context = chromium.new_context(locale="en-US", viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.set_default_timeout(PATIENCE_S * 1000)
    page.goto(f"{on.url}/console/sign-in")
    yield page
    context.close()


@pytest.fixture
def admins(on: Stage, english: Page) -> Page:
    sign_in(english, on)
    english.wait_for_url("**/console/")
    return english


def said_at(field: Locator) -> str:
    """What a screen reader says of the field that is wrong."""
    expect(field).to_have_attribute("aria-invalid", "true")
    trouble = field.get_attribute("aria-describedby")
    return field.page.locator(f"[id='{trouble}']").inner_text()


def test_an_empty_field_is_said_in_chinese_at_the_field_and_led_to(english: Page) -> None:
    english.click("form[action$='/sign-in'] button")
    name, password = english.locator("#name"), english.locator("#password")
    assert (said_at(name), said_at(password)) == ("请填写这一项。", "请填写这一项。")
    expect(name).to_be_focused()
    expect(english.locator(".field-trouble")).to_have_count(2)
    name.fill("admin")
    expect(english.locator(".field-trouble")).to_have_count(1)
    expect(name).not_to_have_attribute("aria-invalid", "true")


def test_without_our_words_the_browser_would_speak_english(english: Page) -> None:
    # the control: what is kept away
    assert (
        english.locator("#name")
        .evaluate("field => field.validationMessage")
        .startswith("Please fill")
    )


def test_the_language_is_changed_before_signing_in_and_leads_on_where_one_was_going(
    on: Stage, english: Page
) -> None:
    english.goto(f"{on.url}/console/kiosks?word=silent")
    english.click(".door-tools button[name='wanted']")
    expect(english.locator("label[for='password']")).to_have_text("Password")
    english.click("form[action$='/sign-in'] button")
    assert said_at(english.locator("#name")) == "Please fill this in."
    english.fill("#name", "admin")
    english.fill("#password", "correct horse battery")
    english.click("form[action$='/sign-in'] button")
    expect(english).to_have_url(f"{on.url}/console/kiosks?word=silent")


def test_light_and_dark_are_switched_before_signing_in(english: Page) -> None:
    english.click("[data-theme-switch]")
    english.reload()
    expect(english.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_a_new_password_is_compared_and_measured_at_its_fields(on: Stage, admins: Page) -> None:
    admins.goto(f"{on.url}/console/password")
    expect(admins.locator(".door-tools button[name='wanted']")).to_be_visible()
    admins.fill("#old", "correct horse battery")
    admins.locator("#new").press_sequentially("short")
    admins.fill("#again", "other")
    admins.click("form[action$='/password'] button")
    assert said_at(admins.locator("#new")) == "新密码至少要 10 个字符。"
    assert said_at(admins.locator("#again")) == "两遍新密码不一样。"
    admins.fill("#again", "short")
    expect(admins.locator("#again")).not_to_have_attribute("aria-invalid", "true")


def test_a_new_password_that_nobody_typed_is_compared_before_it_is_sent(
    on: Stage, admins: Page
) -> None:
    admins.goto(f"{on.url}/console/password")
    admins.fill("#old", "correct horse battery")
    for field, filled_in in (("#new", "a password safe's"), ("#again", "another of its")):
        admins.locator(field).evaluate("(field, filled) => { field.value = filled; }", filled_in)
    admins.click("form[action$='/password'] button")
    assert said_at(admins.locator("#again")) == "两遍新密码不一样。"
    expect(admins.locator("#old")).to_have_value("correct horse battery")  # no answer of the server


def test_what_only_the_server_knows_leads_from_the_field_to_its_words(
    on: Stage, english: Page
) -> None:
    sign_in(english, on, name="nobody-at-all", password="wrong")
    assert "用户名或密码不对" in said_at(english.locator("#password"))
    expect(english.locator("#password")).to_be_focused()
    english.locator("#password").press_sequentially("x")
    expect(english.locator("#password")).not_to_have_attribute("aria-invalid", "true")


def test_an_account_without_a_role_or_with_a_wrong_name_is_told_so(on: Stage, admins: Page) -> None:
    admins.goto(f"{on.url}/console/people")
    admins.fill("#name", "王敏")
    admins.click("form[action$='/people'] button.btn-primary")
    assert said_at(admins.locator("#name")).startswith("用户名以小写字母开头")
    roles = admins.locator("input[name='role']")
    assert {said_at(role) for role in roles.all()} == {"请选择一项。"}
    roles.first.check()
    expect(roles.first).not_to_have_attribute("aria-invalid", "true")
    expect(admins.locator(".field-trouble")).to_have_count(1)


def test_a_refused_account_is_told_at_its_name_and_keeps_what_was_typed(
    on: Stage, admins: Page
) -> None:
    admins.goto(f"{on.url}/console/people")
    admins.fill("#name", "admin")
    admins.locator("input[name='role']").last.check()
    admins.click("form[action$='/people'] button.btn-primary")
    assert "这个用户名已经有人用了。" in said_at(admins.locator("#name"))
    expect(admins.locator("#name")).to_have_value("admin")
    expect(admins.locator("input[name='role']").last).to_be_checked()
    expect(admins.locator("input[name='role'][aria-invalid]")).to_have_count(0)


def test_a_role_the_server_refuses_is_told_at_the_role_and_not_at_the_name(
    on: Stage, admins: Page
) -> None:
    admins.goto(f"{on.url}/console/people")
    admins.fill("#name", "chen.jing")
    admins.locator("form[action$='/people']").evaluate("form => { form.noValidate = true; }")
    admins.click("form[action$='/people'] button.btn-primary")
    roles = admins.locator("input[name='role']")
    assert {said_at(role) for role in roles.all()} == {"请选择角色。"}
    expect(admins.locator("#name")).to_have_value("chen.jing")
    expect(admins.locator("#name")).not_to_have_attribute("aria-invalid", "true")
    roles.last.check()
    expect(admins.locator("input[name='role'][aria-invalid]")).to_have_count(0)


def test_a_kiosk_is_not_closed_without_a_reason(on: Stage, kiosk: WireKiosk, admins: Page) -> None:
    admins.goto(f"{on.url}/console/kiosks/{kiosk.kiosk_id}")
    admins.click("[data-bs-target='#close']")
    admins.click("#close .btn-primary")
    assert said_at(admins.locator("#reason")) == "请填写这一项。"
    admins.locator("#reason").press_sequentially("修")
    admins.click("#close .btn-primary")
    assert said_at(admins.locator("#reason")) == "至少要 2 个字。"
