"""The page in a real browser: a click lays a card, and what scripts do shows."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.device_drivers.bench.running_bench import RunningBench

pytestmark = pytest.mark.slow

CHROMIUM = Path("/usr/bin/chromium")
"""Debian's own; no browser is downloaded."""


def test_handles_cards_codes_and_paper_by_clicks_and_shows_what_others_do(
    bench: RunningBench,
) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1400, "height": 1100})
        errors: list[str] = []
        elsewhere: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", lambda request: elsewhere.append(request.url))
        page.goto(bench.ports["page"])
        _click_cards(page, bench)
        _click_printer(page, bench)
        _click_cabinet(page, bench)
        _click_document_printer(page, bench)
        _click_faults(page, bench)
        assert errors == []
        assert all(url.startswith((bench.ports["page"], "data:")) for url in elsewhere)
        browser.close()


def _click_cards(page: Page, bench: RunningBench) -> None:
    reader = page.locator("#id_card_reader")
    reader.locator("[data-cards] .card", has_text="张明远").click()
    expect(reader.locator(".word")).to_have_text("有证件")
    assert bench.hand.state()["id_card_reader"]["card"] == "zhang-mingyuan"
    reader.locator("[data-place] .card").click()
    expect(reader.locator(".word")).to_have_text("空闲")
    assert bench.hand.state()["id_card_reader"]["card"] is None
    bench.hand.insert_social_security_card("wang-yating")
    slot = page.locator("#social_security_card")
    expect(slot.locator("[data-place] .card")).to_contain_text("王雅婷")
    bench.hand.remove_social_security_card()
    expect(slot.locator(".word")).to_have_text("空闲")
    page.locator("#qr_scanner input").fill("<b>一窗</b>")
    page.locator("#qr_scanner form button").click()
    expect(page.locator("#qr_scanner .text")).to_have_text("<b>一窗</b>")
    assert bench.hand.state()["qr_scanner"]["shown"] == "<b>一窗</b>"


def _click_faults(page: Page, bench: RunningBench) -> None:
    actions = bench.hand.catalogue()["actions"]
    assert isinstance(actions, dict)
    disturbed = {name for name, known in actions.items() if "disturb" in known}
    rows = page.locator(".faults").evaluate_all("rows => rows.map(row => row.parentNode.id)")
    assert sorted(rows) == sorted(disturbed)
    camera = page.locator("#document_camera .faults")
    camera.get_by_role("button", name="画面损坏").click()
    expect(camera.locator("[data-fault=wrong]")).to_have_attribute("aria-pressed", "true")
    assert bench.hand.state()["document_camera"]["fault"] == "wrong"
    camera.get_by_role("button", name="正常").click()
    expect(camera.locator("[data-fault=none]")).to_have_attribute("aria-pressed", "true")
    assert bench.hand.state()["document_camera"]["fault"] == "none"


def _click_document_printer(page: Page, bench: RunningBench) -> None:
    printer = page.locator("#document_printer")
    printer.get_by_role("button", name="打开前门").click()
    expect(printer.locator(".word")).to_have_text("前门打开")
    assert bench.hand.state()["document_printer"]["door_open"] is True
    printer.get_by_role("button", name="关上前门").click()
    expect(printer.locator(".word")).to_have_text("就绪")


def _click_printer(page: Page, bench: RunningBench) -> None:
    printer = page.locator("#receipt_printer")
    printer.get_by_role("button", name="纸用完").click()
    expect(printer.locator(".word")).to_have_text("缺纸")
    assert bench.hand.state()["receipt_printer"]["paper"] == "out"
    printer.get_by_role("button", name="换新纸卷").click()
    expect(printer.locator(".word")).to_have_text("就绪")
    printer.locator(".cable").click()
    expect(printer.locator(".word")).to_have_text("线已拔下")
    assert bench.hand.state()["receipt_printer"]["plugged"] is False
    printer.locator(".cable").click()
    expect(printer.locator(".word")).to_have_text("就绪")


def _click_cabinet(page: Page, bench: RunningBench) -> None:
    cabinet, supply = page.locator("#cabinet"), page.locator("#power_supply")
    cabinet.get_by_role("button", name="打开机门").click()
    expect(cabinet.locator(".word")).to_have_text("机门开着")
    assert bench.hand.state()["cabinet"]["door_open"] is True
    cabinet.get_by_role("button", name="关上").click()
    expect(cabinet.locator(".word")).to_contain_text("正常")
    bench.command_line("cabinet", "light", "--port", bench.ports["cabinet"], "scanner", "blink")
    expect(cabinet.locator(".lights .blink")).to_have_text("扫码 闪")
    supply.get_by_role("button", name="断市电").click()
    expect(supply.locator(".word")).to_have_text("电池供电")
    supply.get_by_role("button", name="恢复正常").click()
    expect(supply.locator(".word")).to_have_text("市电供电")
