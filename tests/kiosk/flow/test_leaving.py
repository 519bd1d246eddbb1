"""The end of a visit: verdict, rating, and nothing left behind in the machine."""

import pytest
from pydantic import ValidationError

from device_drivers.id_card_reader.interface import CardUnreadable, NoCard
from kiosk.contract.devices import DeviceKind
from kiosk.contract.services import Outcome
from kiosk.flow import effects as ef
from kiosk.flow import events as ev
from kiosk.flow import states as st
from kiosk.flow.citizen import PLAIN, CardUsed
from kiosk.flow.noting import entry_of
from tests.kiosk.flow.visits import CASE_ID, PERSON, SOCIAL_CARD, Walk, world

POLICE = "police-no-criminal-record"
SOCIAL = "social-insurance-participation"
TAX = "tax-payment-certificate"


def at(service_id: str, step_id: str) -> Walk:
    walk = Walk()
    walk.choose(service_id)
    walk.until(step_id)
    return walk


def test_the_number_is_shown_before_the_rating_is_asked() -> None:
    walk = at(TAX, "print_certificate")
    ended = walk.feed(ev.PaperEnded("printed"))
    assert isinstance(ended, st.Ended)
    assert ended.session.receipt is not None
    assert isinstance(walk.feed(ev.Continue()), st.Rating)


def test_a_citizen_who_walks_off_with_the_paper_is_asked_and_then_forgotten_by_itself() -> None:
    walk = at(TAX, "done")
    walk.feed(ev.TimedOut())
    assert isinstance(walk.state, st.Rating)
    assert walk.feed(ev.TimedOut()) == st.Idle()


def test_while_the_rating_is_asked_nothing_personal_is_held_any_more() -> None:
    walk = at(POLICE, "done")
    state = walk.feed(ev.Continue())
    assert isinstance(state, st.Rating)
    assert state.session.case_id == CASE_ID
    assert state.session.applicant is None
    assert (state.session.receipt, state.session.reply) == (None, None)
    assert walk.effects[-1] == ef.ForgetSession()


def test_the_rating_given_is_noted_with_its_case_and_leads_to_rest() -> None:
    walk = at(TAX, "done")
    walk.feed(ev.Continue())
    assert walk.feed(ev.Rated(4)) == st.Idle()
    assert ef.NoteRating(CASE_ID, 4) in walk.effects


@pytest.mark.parametrize("outcome", ["waiting", "refused", "left"])
def test_only_an_outcome_that_says_so_asks_for_a_rating(outcome: str) -> None:
    assert at(TAX, outcome).feed(ev.Continue()) == st.Idle()


def test_a_visit_given_up_cannot_ask_for_a_rating() -> None:
    with pytest.raises(ValidationError, match="nothing was done"):
        Outcome(kind="outcome", result="abandoned", asks_rating=True)


@pytest.mark.parametrize(
    ("reading", "used"),
    [
        (PERSON, {CardUsed.ID_CARD}),
        (CardUnreadable("damaged"), {CardUsed.ID_CARD}),
        (NoCard(), set()),
    ],
)
def test_a_card_laid_down_is_remembered_whatever_came_of_it(
    reading: object, used: set[CardUsed]
) -> None:
    walk = at(POLICE, "identify")
    state = walk.feed(ev.IdCardRead(reading))  # type: ignore[arg-type]  # a table of readings
    assert isinstance(state, st.InStep)
    assert state.session.cards == used


def test_who_gives_up_is_still_told_to_take_the_card() -> None:
    walk = at(SOCIAL, "identify")
    walk.feed(ev.SocialSecurityCardRead(SOCIAL_CARD), ev.Quit())
    assert isinstance(walk.state, st.Ended)
    assert walk.state.session.cards == {CardUsed.SOCIAL_SECURITY_CARD}


def test_after_a_visit_with_a_social_security_card_the_slot_is_looked_at() -> None:
    walk = at(SOCIAL, "done")
    walk.feed(ev.Continue(), ev.Rated(None))
    assert isinstance(walk.state, st.TakingCard)
    assert walk.effects[-1] == ef.AwaitCardTaken(60)
    assert not walk.state.is_seen
    assert walk.feed(ev.CardTaken()) == st.Idle()


def test_a_card_in_the_slot_is_asked_for_until_it_is_taken() -> None:
    walk = at(SOCIAL, "left")
    walk.feed(ev.Continue(), ev.CardSeen())
    assert isinstance(walk.state, st.TakingCard)
    assert walk.state.is_seen
    assert walk.means_nothing(ev.Begin())
    assert walk.feed(ev.CardTaken()) == st.Idle()


def test_a_card_that_nobody_takes_is_journaled_and_the_kiosk_serves_on() -> None:
    walk = at(SOCIAL, "left")
    walk.feed(ev.Continue(), ev.CardSeen())
    entry = entry_of(ev.CardStayed(), walk.state)
    assert entry == ("card_left_behind", {"service": SOCIAL})
    assert walk.feed(ev.CardStayed()) == st.Idle()


def test_a_slot_that_does_not_answer_holds_nobody_up() -> None:
    walk = at(SOCIAL, "left")
    walk.feed(ev.Continue())
    failed = ev.DeviceFailed(DeviceKind.SOCIAL_SECURITY_CARD, "D104")
    assert walk.feed(failed) == st.Idle()


def test_a_citizen_timed_out_with_the_card_in_the_slot_is_asked_to_take_it() -> None:
    walk = at(SOCIAL, "ask_insurance")
    walk.feed(ev.TimedOut(), ev.TimedOut())
    assert isinstance(walk.state, st.TakingCard)


def test_who_goes_back_to_the_list_finds_the_list_once_the_card_is_out() -> None:
    walk = at(SOCIAL, "ask_insurance")
    walk.feed(ev.Back(), ev.Back())
    assert isinstance(walk.state, st.TakingCard)
    assert isinstance(walk.feed(ev.CardTaken()), st.ServiceList)


def test_a_kiosk_closed_meanwhile_does_not_open_the_list_again() -> None:
    walk = at(SOCIAL, "ask_insurance")
    walk.feed(ev.Back(), ev.Back())
    walk.world = world(closed="检修")
    assert walk.feed(ev.CardTaken()) == st.OutOfService()


def test_a_card_left_by_another_citizen_is_told_and_never_read() -> None:
    walk = at(SOCIAL, "identify")
    state = walk.feed(ev.OldCardInSlot())
    assert isinstance(state, st.Trouble)
    assert state.why == "social_security_card.old_card"
    assert state.session.applicant is None
    assert isinstance(walk.feed(ev.TryAgain()), st.AwaitingSocialSecurityCard)


def test_services_without_the_slot_do_not_look_at_it() -> None:
    assert at(POLICE, "left").feed(ev.Continue()) == st.Idle()


def test_a_citizen_who_reads_english_is_asked_for_the_card_in_english() -> None:
    walk = at(SOCIAL, "ask_insurance")
    walk.feed(ev.LanguageChosen("en"), ev.TextScaleChosen(ev.TextScale.LARGEST))
    walk.feed(ev.TimedOut(), ev.TimedOut())
    assert st.display_of(walk.state) == PLAIN  # nobody knows yet whether a card is there
    walk.feed(ev.CardSeen())
    shown = st.display_of(walk.state)
    assert (shown.language, shown.text_scale) == ("en", ev.TextScale.LARGEST)
    assert walk.feed(ev.CardTaken()) == st.Idle()


def test_a_closed_kiosk_is_read_in_english_and_is_plain_again_for_the_next_one() -> None:
    walk = Walk()
    walk.world = world(closed="检修")
    walk.feed(ev.WorldChanged())
    closed = walk.feed(ev.LanguageChosen("en"))
    assert isinstance(closed, st.OutOfService)
    assert closed.display.language == "en"
    assert closed.patience is st.Patience.PAGE
    assert walk.means_nothing(ev.WorldChanged())  # a device's news does not turn the page back
    plain = walk.feed(ev.TimedOut())
    assert plain == st.OutOfService()
    assert plain.patience is st.Patience.FOREVER
