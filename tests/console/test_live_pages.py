"""What happens on a kiosk, seen in a page that is already open: no reload.

How soon it is seen is measured by `benchmarks/system.py`.
"""

import re
import secrets

import httpx
import pytest
from playwright.sync_api import APIResponse, Page, Route, expect

from kiosk.contract.devices import DeviceKind, DeviceState, DeviceStatus
from kiosk.contract.topics import Channel
from kiosk.contract.uplink import (
    AppState,
    CommandProgress,
    DeviceStatusChanged,
    ServiceStateChanged,
)
from tests.console.scene import TAX_SERVICE, submit
from tests.console.stage import Stage
from tests.console.wire_kiosk import WireKiosk
from tests.fleet_server.small_hall import tax_payload

pytestmark = pytest.mark.slow


def go_live(page: Page, address: str) -> None:
    """Open a page and wait until its event stream is open, so that only news can change it."""
    with page.expect_response(re.compile(r"/console/live")):
        page.goto(address)
    page.wait_for_timeout(500)  # the stream's first look


def test_a_printer_out_of_paper_is_seen(on: Stage, page: Page, kiosk: WireKiosk) -> None:
    go_live(page, f"{on.url}/console/")
    row = page.locator("tr[data-kiosk='hz0001']")
    expect(row).to_contain_text("正常服务")
    kiosk.break_device(DeviceKind.RECEIPT_PRINTER, "D301", paper="out")
    kiosk.heartbeat()
    expect(row).to_contain_text("部分可用")
    expect(row).to_contain_text("凭条打印机不可用")
    kiosk.devices = {kind: DeviceState(status=DeviceStatus.ONLINE) for kind in DeviceKind}
    kiosk.heartbeat()
    expect(row).to_contain_text("正常服务")


def test_news_that_come_while_the_page_is_looking_are_not_lost(
    on: Stage, page: Page, kiosk: WireKiosk
) -> None:
    go_live(page, f"{on.url}/console/")
    held: list[tuple[Route, APIResponse]] = []
    page.route("**/console/", lambda route: held.append((route, route.fetch())), times=1)
    row = page.locator("tr[data-kiosk='hz0001']")
    kiosk.break_device(DeviceKind.RECEIPT_PRINTER, "D301", paper="out")
    kiosk.heartbeat()
    page.wait_for_timeout(2_000)
    ((route, answer),) = held  # still on its way to the page
    assert "凭条打印机不可用" in answer.text()
    kiosk.devices = {kind: DeviceState(status=DeviceStatus.ONLINE) for kind in DeviceKind}
    kiosk.heartbeat()
    page.wait_for_timeout(2_000)  # told to look again
    route.fulfill(response=answer)
    # before the page would look by itself, every 20 s
    expect(row).to_contain_text("正常服务", timeout=12_000)


def test_the_kiosk_page_says_what_a_technician_does(
    on: Stage, page: Page, kiosk: WireKiosk
) -> None:
    go_live(page, f"{on.url}/console/kiosks/hz0001")
    broken = DeviceState(status=DeviceStatus.OFFLINE, fault="D102")
    kiosk.tell(DeviceStatusChanged, device=DeviceKind.QR_SCANNER, state=broken)
    line = page.locator("tr[data-device='qr_scanner']")
    expect(line).to_contain_text("重新插拔连接线")
    expect(page.locator("#events li").first).to_contain_text("扫码器：没有响应（D102）")
    kiosk.heartbeat()
    expect(line).to_contain_text("就绪")


def test_a_bad_message_is_kept_counted_and_shown_harmless(
    on: Stage, page: Page, kiosk: WireKiosk
) -> None:
    mark = secrets.token_hex(4)
    go_live(page, f"{on.url}/console/records/messages")
    kiosk.say(Channel.HEARTBEAT, f"<script>document.title='{mark}'</script>".encode())
    letter = page.locator("tr[data-letter]").first
    expect(letter).to_contain_text(mark)
    expect(letter).to_contain_text("无法解析")
    assert mark not in page.title()
    page.goto(f"{on.url}/console/")
    expect(page.locator(".alarm", has_text="收不下的消息")).to_be_visible()


def test_a_department_that_falls_is_told_and_so_is_its_return(on: Stage, page: Page) -> None:
    go_live(page, f"{on.url}/console/")
    expect(page.locator(".alarm", has_text="税务暂停")).to_have_count(0)
    on.stop_department("tax")
    expect(page.locator(".alarm", has_text="税务")).to_be_visible()
    on.start_department("tax")
    expect(page.locator(".alarm", has_text="税务")).to_have_count(0)


def test_a_receipts_code_leads_to_its_case(on: Stage, page: Page, kiosk: WireKiosk) -> None:
    case_id = submit(on, kiosk, TAX_SERVICE, tax_payload())
    page.fill("input[name='q']", f"{on.settings.public_url}/v/{case_id}")
    page.press("input[name='q']", "Enter")
    expect(page).to_have_url(f"{on.url}/console/cases/{case_id}")
    expect(page.locator("#case")).to_contain_text("部门办结")


def test_the_search_finds_by_case_number_and_by_the_kiosks_name(
    on: Stage, page: Page, kiosk: WireKiosk
) -> None:
    case_id = submit(on, kiosk, TAX_SERVICE, tax_payload())
    page.goto(f"{on.url}/console/cases/{case_id}")
    number = page.locator(".big-number").inner_text()
    for wanted, place in ((number, f"/cases/{case_id}"), ("01 号终端", "/kiosks/hz0001")):
        page.fill("input[name='q']", wanted)
        page.press("input[name='q']", "Enter")
        expect(page).to_have_url(f"{on.url}/console{place}")


def test_an_applicant_is_masked_until_somebody_says_why(
    on: Stage, page: Page, kiosk: WireKiosk
) -> None:
    notice = "TAX1:370321:20261100042317"
    case_id = submit(on, kiosk, TAX_SERVICE, tax_payload(notice))
    page.goto(f"{on.url}/console/cases/{case_id}")
    assert notice not in page.content()
    page.click("[data-bs-target='#open']")
    page.fill("#reason", "申请人来电核实")
    page.click("#open .btn-primary")
    expect(page.locator("#opened")).to_contain_text(notice)
    page.goto(f"{on.url}/console/cases/{case_id}")
    assert notice not in page.content()
    expect(page.locator("#case")).to_contain_text("查看申请人信息")


def test_a_command_says_success_only_after_the_kiosk_did(
    on: Stage, page: Page, kiosk: WireKiosk
) -> None:
    go_live(page, f"{on.url}/console/kiosks/hz0001")
    page.click("[data-bs-target='#close']")
    page.fill("#reason", "设备检修，预计 16:00 恢复")
    page.click("#close .btn-primary")
    newest = page.locator(".command").first
    expect(newest).to_contain_text("排队中")
    page.wait_for_timeout(500)
    (command,) = [each for each in kiosk.commands().commands if each.order.kind != "restart_app"]
    expect(newest).to_contain_text("已发送")
    for state, word in (("received", "已收到"), ("running", "执行中"), ("succeeded", "成功")):
        assert "成功" not in newest.inner_text()
        kiosk.tell(CommandProgress, command_id=command.id, state=state)
        expect(newest).to_contain_text(word)


def test_the_button_follows_what_the_kiosk_says(on: Stage, page: Page, kiosk: WireKiosk) -> None:
    go_live(page, f"{on.url}/console/kiosks/hz0001")
    expect(page.locator("[data-bs-target='#reopen']")).to_have_count(0)
    kiosk.tell(ServiceStateChanged, out_of_service=True, reason="command")
    expect(page.locator("[data-sentence]")).to_contain_text("暂停服务（按指令暂停）")
    expect(page.locator("[data-bs-target='#close']")).to_have_count(0)
    page.click("[data-bs-target='#reopen']")  # the button that came works
    expect(page.locator("#reopen .btn-primary")).to_be_visible()
    page.click("#reopen .btn-close")
    kiosk.tell(ServiceStateChanged, out_of_service=False, reason="command")
    expect(page.locator("[data-bs-target='#close']")).to_be_visible()
    expect(page.locator("[data-bs-target='#reopen']")).to_have_count(0)


def test_a_page_that_refused_a_reason_stays_live(on: Stage, page: Page, kiosk: WireKiosk) -> None:
    page.goto(f"{on.url}/console/kiosks/hz0001")
    page.click("[data-bs-target='#close']")
    page.fill("#reason", "  修  ")
    with page.expect_response(re.compile(r"/console/live")):
        page.click("#close .btn-primary")
    expect(page.locator(".trouble")).to_be_visible()
    kiosk.tell(ServiceStateChanged, out_of_service=True, reason="command")
    expect(page.locator("[data-bs-target='#reopen']")).to_be_visible()
    kiosk.tell(ServiceStateChanged, out_of_service=False, reason="command")
    expect(page.locator("[data-bs-target='#close']")).to_be_visible()
    expect(page.locator(".link-state")).to_be_hidden()


def test_mains_cut_while_nobody_is_served_says_why(on: Stage, page: Page, kiosk: WireKiosk) -> None:
    go_live(page, f"{on.url}/console/kiosks/hz0001")
    parts = {"mains": "notPresent", "battery": "ok"}
    on_battery = DeviceState(status=DeviceStatus.ONLINE, fault="D308", parts=parts)
    well = kiosk.devices
    kiosk.devices = {**well, DeviceKind.POWER_SUPPLY: on_battery}
    kiosk.heartbeat()
    sentence = page.locator("[data-sentence]")
    expect(sentence).to_contain_text("部分可用（市电中断，正用电池供电")
    kiosk.tell(ServiceStateChanged, out_of_service=True, reason="mains_lost")
    kiosk.app_state = AppState.OUT_OF_SERVICE
    kiosk.heartbeat()
    expect(sentence).to_contain_text("自行停用（终端自行停用：市电中断，电池供电）")
    expect(page.locator("[data-bs-target='#reopen']")).to_have_count(0)
    kiosk.devices, kiosk.app_state = well, AppState.IDLE
    kiosk.tell(ServiceStateChanged, out_of_service=False, reason="mains_lost")
    kiosk.heartbeat()
    expect(sentence).to_contain_text("正常服务")


def test_the_same_command_twice_is_one_command(on: Stage, page: Page, kiosk: WireKiosk) -> None:
    page.goto(f"{on.url}/console/kiosks/hz0001")
    csrf = page.locator("#restart input[name='csrf']").input_value()
    cookies = {each["name"]: each["value"] for each in page.context.cookies()}
    with httpx.Client(base_url=on.url, cookies=cookies, trust_env=False) as client:
        answers = [
            client.post("/console/kiosks/hz0001/restart", data={"csrf": csrf}) for _ in range(2)
        ]
    assert [answer.headers["location"].rpartition("=")[2] for answer in answers] == [
        "command_queued",
        "command_already",
    ]
    assert [each.order.kind for each in kiosk.commands().commands].count("restart_app") == 1
    page.reload()
    expect(page.locator(".command", has_text="重启应用")).to_have_count(1)


def test_a_stolen_kiosk_is_cut_off_once_somebody_says_why(on: Stage, page: Page) -> None:
    stolen = on.kiosk("hz0099", "失窃的一台")
    stolen.birth()
    assert stolen.commands().commands == ()
    page.goto(f"{on.url}/console/kiosks/hz0099")
    page.click("[data-bs-target='#revoke']")
    asked = page.locator("#revoke")
    expect(asked).to_contain_text("失窃的一台 · hz0099")
    expect(asked).to_contain_text("吊销本机 1 张有效证书")
    asked.locator("#revoke-reason").fill("  丢  ")
    asked.locator(".btn-danger").click()
    expect(page.locator(".trouble")).to_contain_text("没有做任何改动")
    assert stolen.commands().commands == ()
    page.click("[data-bs-target='#revoke']")
    page.locator("#revoke-reason").fill("终端失窃，已报警")
    page.locator("#revoke .btn-danger").click()
    expect(page.locator("[data-revoked]")).to_contain_text("本机证书已吊销")
    expect(page.locator("[data-sentence]")).to_contain_text("失去联系（证书已吊销）")
    assert page.locator("[data-bs-target='#revoke']").count() == 0
    with pytest.raises(httpx.HTTPStatusError, match="401"):
        stolen.commands()
    page.goto(f"{on.url}/console/records/audit?q=hz0099")
    expect(page.locator("main")).to_contain_text("终端失窃，已报警")
