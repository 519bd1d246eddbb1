"""Every state has a page, in both languages, without a missing word."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace

import pytest

from device_drivers.document_camera.interface import PageProblem
from kiosk.contract.content import LANGUAGES
from kiosk.contract.devices import DeviceKind
from kiosk.contract.services import Department
from kiosk.flow import events as ev
from kiosk.flow import states as st
from kiosk.flow.citizen import PLAIN, PaperState, Session
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
    MessageView,
    OutOfServiceView,
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
    found: list[st.State] = [st.Idle(), st.OutOfService(), st.Home(display=PLAIN)]
    found += [st.ServiceList(display=PLAIN, department=each) for each in Department]
    found += [st.NotNow(display=PLAIN, service_id=each) for each in content().bundle.services]
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
            for outcome in (PaperState.NOT_PRINTED, PaperState.UNCONFIRMED):
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


def _session(walk: Walk) -> Session:
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


def test_settings_go_round_and_come_back() -> None:
    state: st.State = st.Home(display=PLAIN)
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
    assert state == st.Home(display=PLAIN)
