"""Content: edited, refused by name, mended, published, seen on a kiosk, rolled back."""

import pytest
from playwright.sync_api import Page, expect

from tests.console.scene import TAX_SERVICE
from tests.console.stage import Stage
from tests.console.wire_kiosk import WireKiosk

pytestmark = pytest.mark.slow

SUMMARY = "[name='zh-CN/summary']"


def edit(page: Page, on: Stage, text: str) -> None:
    page.goto(f"{on.url}/console/content/services/{TAX_SERVICE}")
    page.fill(SUMMARY, text)
    page.click(".savebar .btn-primary")
    expect(page.locator(".note")).to_contain_text("已保存到草稿")


def publish(page: Page, on: Stage, why: str) -> None:
    page.goto(f"{on.url}/console/content/publish")
    page.fill("#why", why)
    page.click("form.card .btn-primary")


def test_the_editor_says_what_is_wrong_while_one_types(on: Stage, page: Page) -> None:
    page.goto(f"{on.url}/console/content/services/{TAX_SERVICE}")
    place = page.locator("#findings-zh-CN-summary")
    expect(place).to_be_empty()
    page.fill(SUMMARY, "扫码打印，并提供其他材料。")
    expect(place).to_contain_text("“其他材料”")
    page.fill("[name='en/title']", "")
    expect(page.locator("#findings-en-title")).to_contain_text("没有填写")
    expect(page.locator("#findings-count")).to_contain_text("2 处")
    page.fill(SUMMARY, "扫码打印。")
    expect(place).to_be_empty()


def test_an_editor_whose_title_is_empty_has_a_headline(on: Stage, page: Page) -> None:
    address = f"{on.url}/console/content/services/{TAX_SERVICE}"
    page.goto(address)
    title = page.locator("[name='zh-CN/title']")
    before = title.input_value()
    title.fill("")
    page.click(".savebar .btn-primary")
    expect(page.locator("h1")).to_contain_text("未命名事项")
    expect(page.locator("h1")).not_to_contain_text(TAX_SERVICE)
    title.fill(before)
    page.click(".savebar .btn-primary")
    expect(page.locator("h1")).to_contain_text("完税证明打印")


def test_what_breaks_a_rule_is_refused_by_name_and_what_is_mended_reaches_the_kiosk(
    on: Stage, page: Page, kiosk: WireKiosk
) -> None:
    before = kiosk.desired().content
    edit(page, on, "扫描缴税通知，并带上身份证复印件。")
    publish(page, on, "更正说明")
    refused = page.locator("#findings")
    expect(refused).to_contain_text("要求提供复印件：“复印件”")
    expect(refused).to_contain_text("完税证明打印 · 简介 · 中文")
    assert kiosk.desired().content == before

    edit(page, on, "扫描缴税通知上的二维码，当场打印，不收费。")
    publish(page, on, "写明不收费")
    progress = page.locator("tr[data-progress='hz0001']")
    expect(progress).to_contain_text("等待下载")
    drawn = kiosk.draw_desired()
    expect(progress).to_contain_text("已上屏")
    assert before is not None
    assert drawn != before.hash
    page.goto(f"{on.url}/console/kiosks/hz0001")
    expect(page.locator("[data-drawn] code")).to_have_attribute("title", drawn)


def test_publishing_what_is_published_already_changes_nothing(on: Stage, page: Page) -> None:
    page.goto(f"{on.url}/console/content/publish")
    expect(page.locator("form.card .btn-primary")).to_be_disabled()


def test_an_old_release_is_published_again_with_a_reason(
    on: Stage, page: Page, kiosk: WireKiosk
) -> None:
    edit(page, on, "扫描缴税通知上的二维码即可打印。")
    publish(page, on, "换个说法")
    page.wait_for_url("**/console/content?done=published")
    page.goto(f"{on.url}/console/content/history")
    page.click("[data-bs-target='#restore-1']")
    page.fill("#why-1", "新说法有误")
    page.click("#restore-1 .btn-primary")
    expect(page.locator(".note")).to_contain_text("已恢复")
    page.goto(f"{on.url}/console/content/services/{TAX_SERVICE}")
    expect(page.locator(SUMMARY)).to_have_value("扫描缴税通知上的二维码，当场打印税收完税证明。")


def test_a_retired_service_leaves_the_next_release(on: Stage, page: Page, kiosk: WireKiosk) -> None:
    page.goto(f"{on.url}/console/content/services/{TAX_SERVICE}")
    page.click("button[value='retired']")
    expect(page.locator(".note")).to_contain_text("发布后生效")
    page.goto(f"{on.url}/console/content/publish")
    expect(page.locator(".diff", has_text="完税证明打印")).to_contain_text("下架")
    page.goto(f"{on.url}/console/content/services/{TAX_SERVICE}")
    page.click("button[value='published']")
    expect(page.locator(".note")).to_contain_text("上架")
