"""What a citizen sees at the end: paper or none, which card to take, how it was."""

from dataclasses import replace

import pytest

from kiosk.flow import events as ev
from kiosk.flow import states as st
from kiosk.flow.citizen import Display
from kiosk.screens.view import view
from kiosk.screens.view_model import MessageView, RatingView, ResultView, ViewModel, WorkingView
from kiosk.services.wording import local_number
from tests.kiosk.flow.visits import CASE_ID, RECEIPT, Walk, phrases, world

POLICE = "police-no-criminal-record"
SOCIAL = "social-insurance-participation"
TAX = "tax-payment-certificate"


def draw(state: st.State) -> ViewModel:
    return view(state, world(), phrases())


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


@pytest.mark.parametrize(
    ("service_id", "printed"), [(TAX, "print_certificate"), (POLICE, "print_receipt")]
)
@pytest.mark.parametrize("outcome", ["not_printed", "unconfirmed"])
def test_a_result_without_its_paper_says_so_and_what_instead(
    service_id: str, printed: str, outcome: str
) -> None:
    walk = Walk()
    walk.choose(service_id)
    walk.until(printed)
    walk.feed(ev.PaperEnded(outcome, "D301"), ev.Continue())
    page = draw(walk.state).page
    assert isinstance(page, ResultView)
    assert page.paper_is_missing
    assert any("请记下或拍下编号" in line for line in page.next_steps)
    assert not any("请取走" in line for line in page.next_steps)


def test_the_last_pages_say_which_card_to_take() -> None:
    walk = Walk()
    walk.choose(POLICE)
    walk.until("done")
    result = draw(walk.state).page
    assert isinstance(result, ResultView)
    assert result.cards == ("请取走您的身份证",)
    rating = draw(walk.feed(ev.Continue())).page
    assert isinstance(rating, RatingView)
    assert rating.cards == ("请取走您的身份证",)


def test_an_empty_slot_is_never_asked_about_and_a_full_one_is() -> None:
    walk = Walk()
    walk.choose(SOCIAL)
    walk.until("left")
    assert draw(walk.feed(ev.Continue())).page == draw(st.Idle()).page
    page = draw(walk.feed(ev.CardSeen())).page
    assert isinstance(page, MessageView)
    assert page.title == "请取走您的卡"


def test_paper_coming_out_is_shown() -> None:
    walk = Walk()
    walk.choose(TAX)
    walk.until("print_certificate")
    stages = []
    for event in (ev.PaperProgressed("sent"), ev.PaperProgressed("presented")):
        page = draw(walk.feed(event)).page
        assert isinstance(page, WorkingView)
        stages.append([stage for _, stage in page.steps])
    assert stages == [["done", "now", "next"], ["done", "done", "now"]]


def test_place_and_hours_are_english_on_english_pages_where_the_hall_gave_them() -> None:
    around = world()
    english = replace(
        around.place, county_en="Huantai County", staffed_hours_en="Mon–Fri 9:00–17:00"
    )
    state = st.Idle(display=Display(language="en"))
    told = view(state, replace(around, place=english), phrases()).page.frame
    assert told.place.startswith("Huantai County")
    assert "Mon–Fri 9:00–17:00" in told.help_line
    without = view(state, around, phrases()).page.frame
    assert without.place.startswith("桓台县")
    chinese = view(st.Idle(), replace(around, place=english), phrases()).page.frame
    assert chinese.place.startswith("桓台县")


def turned_away() -> Walk:
    walk = Walk()
    walk.choose(TAX)
    walk.until("submit")
    walk.feed(ev.CaseStored(CASE_ID), ev.CaseTurnedAway("unsealable"))
    return walk


def test_who_gives_up_a_case_turned_away_is_told_that_it_stays_here_and_its_number() -> None:
    page = draw(turned_away().feed(ev.Quit())).page
    assert isinstance(page, MessageView)
    said = page.title + "".join(page.todo)
    assert "留在本机" in said
    assert local_number(CASE_ID) in said
    assert "清除" not in said


def test_who_gives_up_before_a_case_exists_reads_that_all_is_erased() -> None:
    # the control of the test above
    walk = Walk()
    walk.choose(TAX)
    walk.until("left")
    page = draw(walk.state).page
    assert isinstance(page, MessageView)
    assert "清除" in "".join(page.todo)
    assert "留在本机" not in "".join(page.todo)


def test_the_page_of_a_case_turned_away_gives_the_number_to_read_out() -> None:
    page = draw(turned_away().state).page
    assert isinstance(page, MessageView)
    assert any(local_number(CASE_ID) in line for line in page.todo)


def test_the_warning_over_a_case_turned_away_does_not_say_that_all_will_be_erased() -> None:
    warning = draw(turned_away().feed(ev.TimedOut())).warning
    assert warning is not None
    assert "清除" not in warning.safe
    assert "没有受理" in warning.safe
