"""What a citizen sees before anything is begun: what works now, what does not, and why."""

from dataclasses import replace

import pytest

from kiosk.contract.devices import DeviceKind, DeviceState, DeviceStatus
from kiosk.contract.downlink import BackendStatus
from kiosk.contract.services import Department
from kiosk.flow import states as st
from kiosk.flow.citizen import PLAIN
from kiosk.flow.world import World
from kiosk.screens.view import view
from kiosk.screens.view_model import (
    GuideView,
    HomeView,
    IdleView,
    OutOfServiceView,
    ServiceListView,
    ViewModel,
)
from tests.kiosk.flow.visits import Walk, phrases, world

POLICE = "police-no-criminal-record"


def draw(state: st.State, around: World | None = None) -> ViewModel:
    return view(state, world() if around is None else around, phrases())


def test_the_idle_page_says_what_works_now_by_department() -> None:
    page = draw(st.Idle(), world(backend=(Department.TAX, BackendStatus.DOWN))).page
    assert isinstance(page, IdleView)
    assert [now for _, _, now in page.departments] == ["1 项可办", "1 项可办", "暂停", "1 项可办"]


@pytest.mark.parametrize(
    ("case_id", "told"),
    [("", "没有提交任何内容"), ("05fd6e3e" + "0" * 24, "您的申请已保存，本机编号 05FD 6E3E 0000")],
)
def test_whoever_was_cut_off_is_told_what_became_of_it(case_id: str, told: str) -> None:
    page = draw(st.Idle(), replace(world(), cut_off_case=case_id)).page
    assert isinstance(page, IdleView)
    assert told in page.notice
    assert "请取走您的证件" in page.notice


def test_while_a_scanner_starts_its_department_is_starting_and_not_paused() -> None:
    around = world()
    starting = DeviceState(status=DeviceStatus.STARTING)
    around = replace(around, devices={**around.devices, DeviceKind.QR_SCANNER: starting})
    page = draw(st.Idle(), around).page
    assert isinstance(page, IdleView)
    assert [now for _, _, now in page.departments][2] == "正在启动"


def test_the_home_page_tells_what_is_down_in_one_line_and_at_the_department() -> None:
    around = world(backend=(Department.SOCIAL_SECURITY, BackendStatus.DOWN))
    page = draw(st.Home(display=PLAIN), around).page
    assert isinstance(page, HomeView)
    assert page.notice == "社保系统暂时没有响应，其他事项照常办理"
    assert [card.note for card in page.cards] == ["", "", "", "社保系统暂时没有响应"]
    calm = draw(st.Home(display=PLAIN)).page
    assert isinstance(calm, HomeView)
    assert calm.notice == ""


def test_a_list_shows_what_cannot_be_done_with_its_reason() -> None:
    listed = st.ServiceList(display=PLAIN, department=Department.TAX)
    page = draw(listed, world(down=DeviceKind.RECEIPT_PRINTER)).page
    assert isinstance(page, ServiceListView)
    assert page.rows[0].warning == "现在不能办 · 凭条打印机缺纸"
    fine = draw(listed).page
    assert isinstance(fine, ServiceListView)
    assert fine.rows[0].facts == "约 2 分钟 · 免费 · 当场打印"


def test_the_guide_says_that_it_can_only_be_handed_in_while_the_server_is_away() -> None:
    walk = Walk(world(server=False))
    page = draw(walk.choose(POLICE), walk.world).page
    assert isinstance(page, GuideView)
    assert "网络暂时不通" in page.warning
    assert page.frame.primary is not None
    assert page.frame.primary.label == "先提交申请"
    assert "《公安机关办理犯罪记录查询工作规定》第四条" in page.legal


def test_an_operators_sentence_is_shown_on_the_closed_page() -> None:
    page = draw(st.OutOfService(), world(closed="设备检修，14:00 恢复")).page
    assert isinstance(page, OutOfServiceView)
    assert page.reason == "设备检修，14:00 恢复"
    assert "0533-8210000" in page.elsewhere


@pytest.mark.parametrize(
    ("around", "words"),
    [
        (world(mains=False), "市电中断"),
        (world(mains=False, battery="low"), "即将用完"),
        (world(door="open"), "检修"),
    ],
)
def test_a_kiosk_that_closed_by_itself_says_why_and_when_it_opens_again(
    around: World, words: str
) -> None:
    page = draw(st.OutOfService(), around).page
    assert isinstance(page, OutOfServiceView)
    assert words in page.reason
    assert "自动恢复" in page.reason
    assert "0533-8210000" in page.elsewhere
