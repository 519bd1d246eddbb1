"""Every state has a page, in both languages, without a missing word."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace

import pytest

from device_drivers.document_camera.interface import PageProblem
from kiosk.contract.content import LANGUAGES
from kiosk.contract.devices import DeviceKind, DeviceState, DeviceStatus
from kiosk.contract.downlink import BackendStatus
from kiosk.contract.services import Department
from kiosk.flow import events as ev
from kiosk.flow import states as st
from kiosk.flow.events import TextScale, TextScaleChosen, Theme, ThemeChosen
from kiosk.flow.identity import TROUBLES
from kiosk.flow.session import step
from kiosk.flow.world import World
from kiosk.screens.view import REQUIRED_PHRASES, view
from kiosk.screens.view_model import (
    Action,
    CheckView,
    ChoiceView,
    DeviceView,
    DigitsView,
    GuideView,
    HomeView,
    IdleView,
    MessageView,
    OutOfServiceView,
    ResultView,
    ServiceListView,
    ViewModel,
    WorkingView,
)
from tests.kiosk.flow.visits import (
    CASE_ID,
    PERSON,
    PHONE,
    RECEIPT,
    Walk,
    content,
    events_for,
    every_exit,
    phrases,
    world,
)

POLICE = "police-no-criminal-record"
TAX = "tax-payment-certificate"


def every_state() -> list[st.State]:
    """Each state of each service's ways, and the troubles and warnings beside them."""
    found: list[st.State] = [st.Idle(), st.OutOfService(), st.Home(display=st.PLAIN)]
    found += [st.ServiceList(display=st.PLAIN, department=each) for each in Department]
    found += [st.NotNow(display=st.PLAIN, service_id=each) for each in content().bundle.services]
    for service_id, step_id, way in every_exit():
        walk = Walk()
        walk.choose(service_id)
        walk.until(step_id)
        here = walk.state
        walk.feed(*events_for(content().bundle.services[service_id].definition.steps[step_id], way))
        found += [state for state in walk.seen if state not in found]
        found += _beside(here)
    return found


def _beside(state: st.State) -> Iterator[st.State]:
    match state:
        case st.AwaitingIdCard() | st.AwaitingSocialSecurityCard() | st.AwaitingCode():
            for why in sorted(TROUBLES):
                yield st.Trouble(session=state.session, step_id=state.step_id, why=why)
            for kind in DeviceKind:
                yield st.Trouble(
                    session=state.session, step_id=state.step_id, why=f"device.{kind}", code="D101"
                )
        case st.Photographing():
            for problem in PageProblem:
                yield st.Trouble(
                    session=state.session, step_id=state.step_id, why=f"camera.{problem}"
                )
        case st.Storing():
            for why in ("disk", "turned_away"):
                yield st.Trouble(session=state.session, step_id=state.step_id, why=why)
        case st.Printing():
            for outcome in (st.PaperState.NOT_PRINTED, st.PaperState.UNCONFIRMED):
                session = replace(state.session, paper=outcome)
                yield st.PaperTrouble(session=session, step_id=state.step_id, why="D301")
        case _ if isinstance(state, st.Warnable):
            yield st.Warned(below=state)
        case _:
            return


def strings(value: object) -> Iterator[str]:
    """Every text on a page."""
    if isinstance(value, str):
        yield value
    elif is_dataclass(value):
        for each in fields(value):
            yield from strings(getattr(value, each.name))
    elif isinstance(value, tuple):
        for each in value:
            yield from strings(each)


def actions(value: object) -> Iterator[Action]:
    """Everything that can be touched."""
    if isinstance(value, Action):
        yield value
    elif is_dataclass(value):
        for each in fields(value):
            yield from actions(getattr(value, each.name))
    elif isinstance(value, tuple):
        for each in value:
            yield from actions(each)


def draw(state: st.State, around: World | None = None, language: str = "zh-CN") -> ViewModel:
    shown = st.with_display(state, replace(st.display_of(state), language=language))
    return view(shown, world() if around is None else around, phrases())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_has_a_page_with_a_title_and_every_fact_filled_in(language: str) -> None:
    for state in every_state():
        shown = draw(state, language=language)
        assert shown.page.title.strip(), state
        assert not [text for text in strings(shown) if "{" in text or "}" in text], state
        assert shown.page.frame.content == content().hash


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_button_has_words_and_means_something_where_it_stands(language: str) -> None:
    for state in every_state():
        around = world(closed="检修") if isinstance(state, st.OutOfService) else world()
        shown = draw(state, around, language)
        for action in actions(shown):
            is_covered = shown.warning is not None and action not in (
                shown.warning.extend,
                shown.warning.leave,
            )
            assert action.label.strip()
            if not is_covered:
                assert step(state, action.event, around) is not None, (action, state)


def test_every_page_but_those_of_the_machine_at_work_can_be_left_by_touch() -> None:
    for state in every_state():
        page = draw(state).page
        if isinstance(page, WorkingView | OutOfServiceView):
            continue
        ways = [each for each in actions(page) if each not in page.frame.settings]
        assert ways or isinstance(page, DigitsView), state


def test_no_chinese_is_left_on_an_english_page_but_names() -> None:
    places = {"桓台县", "桓台县政务服务中心", "01 号终端", "周一至周五 9:00–17:00"}
    for state in every_state():
        shown = draw(state, language="en")
        if isinstance(shown.page, GuideView):
            continue  # laws are cited in the language they are written in
        owners = {each.definition.owner for each in content().bundle.services.values()}
        allowed = places | owners | {"中文", PERSON.name, "未查询到参保记录"}
        for text in strings(shown):
            rest = text
            for name in sorted(allowed, key=len, reverse=True):
                rest = rest.replace(name, "")
            assert not [sign for sign in rest if "\u4e00" <= sign <= "\u9fff"], (text, state)


def test_what_drawing_puts_together_is_required_at_the_start() -> None:
    phrases().require(REQUIRED_PHRASES)
    assert "trouble.id_card.lifted.todo" in REQUIRED_PHRASES
    assert "fault.D301" in REQUIRED_PHRASES


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
    page = draw(st.Home(display=st.PLAIN), around).page
    assert isinstance(page, HomeView)
    assert page.notice == "社保系统暂时没有响应，其他事项照常办理"
    assert [card.note for card in page.cards] == ["", "", "", "社保系统暂时没有响应"]
    calm = draw(st.Home(display=st.PLAIN)).page
    assert isinstance(calm, HomeView)
    assert calm.notice == ""


def test_a_list_shows_what_cannot_be_done_with_its_reason() -> None:
    listed = st.ServiceList(display=st.PLAIN, department=Department.TAX)
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


def test_progress_counts_the_pages_of_the_way_taken() -> None:
    walk = Walk()
    walk.choose(POLICE)
    walk.until("ask_use")
    assert draw(walk.state).page.frame.progress == "第 2 步 / 共 8 步"
    assert draw(walk.state).page.frame.where == "公安 › 无犯罪记录证明申请"


def test_the_check_page_masks_the_number_and_offers_to_change_answers_only() -> None:
    walk = Walk()
    walk.choose(POLICE)
    page = draw(walk.until("check")).page
    assert isinstance(page, CheckView)
    rows = [row for _, group in page.groups for row in group]
    assert [row.value for row in rows] == [
        "张明远",
        "370***********0011",
        "出国（境）",
        "138 0533 0042",
        "已拍摄 1 页",
    ]
    assert [row.change is not None for row in rows] == [False, False, True, True, True]
    assert PERSON.number not in "".join(strings(page))


def test_the_choice_made_before_is_marked_when_one_comes_back() -> None:
    walk = Walk()
    walk.choose(POLICE)
    walk.until("check")
    page = draw(walk.feed(ev.ChangeAnswer("ask_use"))).page
    assert isinstance(page, ChoiceView)
    assert page.chosen == 0


def test_a_refused_phone_number_stays_with_its_problem() -> None:
    walk = Walk()
    walk.choose(POLICE)
    walk.until("ask_phone")
    page = draw(walk.feed(ev.Answered("12805330042"))).page
    assert isinstance(page, DigitsView)
    assert (page.value, page.grouping) == ("12805330042", (3, 4, 4))
    assert page.problem.startswith("这不是有效的手机号码")
    assert page.value != PHONE


def test_a_lifted_card_shows_the_same_picture_with_the_reason() -> None:
    walk = Walk()
    walk.choose(POLICE)
    walk.until("identify")
    waiting = draw(walk.state).page
    trouble = draw(
        st.Trouble(session=_session(walk), step_id="identify", why="id_card.lifted")
    ).page
    assert isinstance(waiting, DeviceView)
    assert isinstance(trouble, DeviceView)
    assert (waiting.picture, waiting.state, waiting.seconds) == ("id_card", "waiting", 30)
    assert (trouble.picture, trouble.state) == ("id_card", "problem")
    assert trouble.title == "卡片拿得太早了"


def test_an_unplugged_device_is_a_message_with_code_and_time_in_small_print() -> None:
    walk = Walk()
    walk.choose(POLICE)
    walk.until("identify")
    page = draw(walk.feed(ev.DeviceFailed(DeviceKind.ID_CARD_READER, "D101"))).page
    assert isinstance(page, MessageView)
    assert page.tone == "fault"
    assert page.small_print == "D101　2026年11月23日 周一 11:12"


def _session(walk: Walk) -> st.Session:
    assert isinstance(walk.state, st.InStep)
    return walk.state.session


def test_submitting_shows_what_is_done_and_what_is_now() -> None:
    walk = Walk()
    walk.choose(TAX)
    stages = []
    walk.until("submit")
    for event in (None, ev.CaseStored(CASE_ID), ev.CaseReceived(RECEIPT)):
        walk.feed(*(() if event is None else (event,)))
        page = draw(walk.state).page
        assert isinstance(page, WorkingView)
        stages.append([stage for _, stage in page.steps])
    assert stages == [
        ["now", "next", "next"],
        ["done", "now", "next"],
        ["done", "done", "now"],
    ]


@pytest.mark.parametrize(
    ("service_id", "outcome", "verdict", "first"),
    [
        (POLICE, "done", "good", "应于 2026年11月26日 周四 前作出决定。"),
        (TAX, "refused", "bad", "原因：未查询到参保记录"),
        (TAX, "done", "good", "请取走证明，核对金额和税种。"),
    ],
)
def test_a_result_says_yes_or_no_the_number_and_what_next(
    service_id: str, outcome: str, verdict: str, first: str
) -> None:
    walk = Walk()
    walk.choose(service_id)
    page = draw(walk.until(outcome)).page
    assert isinstance(page, ResultView)
    assert page.verdict == verdict
    assert page.next_steps[0] == first
    assert page.number == RECEIPT.case_number


def test_without_the_server_the_number_is_the_local_one() -> None:
    walk = Walk()
    walk.choose(POLICE)
    walk.until("submit")
    walk.feed(ev.CaseStored(CASE_ID), ev.WaitOver(), ev.PaperEnded("printed"))
    page = draw(walk.state).page
    assert isinstance(page, ResultView)
    assert (page.number_label, page.number) == ("本机编号", "3F2A 91BC 04DE")
    assert page.paper == "请从出纸口取走纸张"


def test_settings_go_round_and_come_back() -> None:
    state: st.State = st.Home(display=st.PLAIN)
    scales: list[TextScale] = []
    themes: list[Theme] = []
    for _ in range(4):
        for setting in draw(state).page.frame.settings[:2]:
            result = step(state, setting.event, world())
            assert result is not None
            state = result.state
            if isinstance(setting.event, TextScaleChosen):
                scales.append(setting.event.scale)
            if isinstance(setting.event, ThemeChosen):
                themes.append(setting.event.theme)
    assert set(scales) == set(TextScale)
    assert set(themes) == set(Theme)
    assert state == st.Home(display=st.PLAIN)


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
