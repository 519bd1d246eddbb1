"""What happens beside the straight way: troubles, second thoughts, time, closed doors."""

from dataclasses import replace
from datetime import date

import pytest

from device_drivers.id_card_reader.interface import CardUnreadable, IdCard, NoCard
from device_drivers.qr_scanner.interface import Scan
from device_drivers.social_security_card import interface as social
from kiosk.contract.content import ContentBundle
from kiosk.contract.devices import DeviceKind
from kiosk.contract.services import Department
from kiosk.flow import effects as ef
from kiosk.flow import events as ev
from kiosk.flow import states as st
from kiosk.flow.citizen import PLAIN, PaperState
from kiosk.flow.identity import TROUBLES
from kiosk.flow.world import Content
from tests.kiosk.flow.visits import (
    CASE_ID,
    CHILD,
    NOTICE,
    PERSON,
    PHONE,
    RECEIPT,
    SOCIAL_CARD,
    Walk,
    content,
    world,
)

POLICE = "police-no-criminal-record"
SOCIAL = "social-insurance-participation"
TAX = "tax-payment-certificate"


def at(service_id: str, step_id: str) -> Walk:
    walk = Walk()
    walk.choose(service_id)
    walk.until(step_id)
    return walk


@pytest.mark.parametrize(
    ("reading", "why"),
    [
        (NoCard(), "id_card.no_card"),
        (CardUnreadable("lifted"), "id_card.lifted"),
        (CardUnreadable("something new"), "id_card.damaged"),
        (replace(PERSON, number="370321198503120012"), "id_card.damaged"),
        (replace(PERSON, valid_until=date(2026, 11, 22)), "id_card.expired"),
        (CHILD, "rule.is_adult"),
    ],
)
def test_an_id_card_that_does_not_do_is_told_and_may_be_laid_again(
    reading: IdCard | NoCard | CardUnreadable, why: str
) -> None:
    walk = at(POLICE, "identify")
    state = walk.feed(ev.IdCardRead(reading))
    assert isinstance(state, st.Trouble)
    assert state.why == why
    assert why in TROUBLES
    again = walk.feed(ev.TryAgain())
    assert isinstance(again, st.AwaitingIdCard)
    assert again.attempt == 1
    assert walk.effects[-1] == ef.ReadIdCard(30)
    assert isinstance(walk.feed(ev.IdCardRead(PERSON)), st.Choosing)


def test_a_card_valid_until_today_is_still_valid_in_chinas_time() -> None:
    walk = at(POLICE, "identify")
    assert isinstance(
        walk.feed(ev.IdCardRead(replace(PERSON, valid_until=date(2026, 11, 23)))), st.Choosing
    )


@pytest.mark.parametrize(
    ("reading", "why"),
    [
        (social.UnsupportedCard("3B00"), "social_security_card.unsupported"),
        (social.NeedsAuthentication(SOCIAL_CARD), "social_security_card.needs_authentication"),
        (social.CardUnreadable("mute"), "social_security_card.mute"),
        (
            replace(SOCIAL_CARD, social_security_number="0000"),
            "social_security_card.damaged",
        ),
    ],
)
def test_a_social_security_card_that_does_not_do_is_told(
    reading: social.CardReading, why: str
) -> None:
    state = at(SOCIAL, "identify").feed(ev.SocialSecurityCardRead(reading))
    assert isinstance(state, st.Trouble)
    assert state.why == why
    assert state.session.applicant is None


@pytest.mark.parametrize("text", ["TAX1:370321:2026110004231", "https://example.org", ""])
def test_another_code_is_not_taken_for_a_tax_notice(text: str) -> None:
    state = at(TAX, "scan").feed(ev.CodeScanned(Scan(text=text, raw=b"")))
    assert isinstance(state, st.Trouble)
    assert state.why == "qr_code.wrong_code"


@pytest.mark.parametrize(
    ("service_id", "step_id", "device"),
    [
        (POLICE, "identify", DeviceKind.ID_CARD_READER),
        (SOCIAL, "identify", DeviceKind.SOCIAL_SECURITY_CARD),
        (TAX, "scan", DeviceKind.QR_SCANNER),
        (POLICE, "photograph_paper", DeviceKind.DOCUMENT_CAMERA),
    ],
)
def test_a_device_unplugged_in_use_is_told_with_its_code_and_tried_again(
    service_id: str, step_id: str, device: DeviceKind
) -> None:
    walk = at(service_id, step_id)
    waiting = type(walk.state)
    state = walk.feed(ev.DeviceFailed(device, "D101"))
    assert isinstance(state, st.Trouble)
    assert (state.why, state.code) == (f"device.{device.value}", "D101")
    assert isinstance(walk.feed(ev.TryAgain()), waiting)


def test_a_disk_that_refuses_accepts_nothing_and_may_be_tried_again() -> None:
    walk = at(TAX, "submit")
    state = walk.feed(ev.CaseNotStored())
    assert isinstance(state, st.Trouble)
    assert state.session.case_id == ""
    assert isinstance(walk.feed(ev.TryAgain()), st.Storing)
    assert isinstance(walk.effects[-1], ef.StoreCase)


def test_a_case_the_server_will_never_take_is_not_called_waiting() -> None:
    walk = at(TAX, "submit")
    state = walk.feed(ev.CaseStored(CASE_ID), ev.CaseTurnedAway("unsealable"))
    assert isinstance(state, st.Trouble)
    assert state.why == "turned_away"
    assert walk.means_nothing(ev.TryAgain())


def test_a_paper_not_printed_may_be_printed_again_but_an_unknown_one_never() -> None:
    walk = at(TAX, "print_certificate")
    state = walk.feed(ev.PaperEnded("not_printed", "D301"))
    assert isinstance(state, st.PaperTrouble)
    assert isinstance(walk.feed(ev.TryAgain()), st.Printing)
    walk.feed(ev.PaperEnded("unconfirmed", "D102"))
    assert walk.means_nothing(ev.TryAgain())
    walk.feed(ev.Continue())
    assert isinstance(walk.state, st.Ended)
    assert walk.state.session.paper is PaperState.UNCONFIRMED


def test_nothing_a_citizen_does_disturbs_disk_department_or_paper() -> None:
    walk = at(TAX, "submit")
    touches = (ev.Quit(), ev.Back(), ev.Continue(), ev.SessionCapReached(), ev.TimedOut())
    assert all(walk.means_nothing(event) for event in touches)
    walk.feed(ev.CaseStored(CASE_ID))
    assert all(walk.means_nothing(event) for event in touches)
    walk.feed(ev.WaitOver())
    assert isinstance(walk.state, st.Printing)
    assert all(walk.means_nothing(event) for event in touches)


def test_back_goes_to_the_page_before_and_jumps_over_the_reader() -> None:
    walk = at(POLICE, "ask_phone")
    assert isinstance(walk.feed(ev.Back()), st.Choosing)
    assert isinstance(walk.feed(ev.Back()), st.AtGuide)
    state = walk.feed(ev.Back())
    assert state == st.ServiceList(display=PLAIN, department=Department.POLICE)
    assert ef.NoteSessionEnded(POLICE, "abandoned", "guide") in walk.effects
    assert walk.effects[-1] == ef.ForgetSession()


def test_an_answer_is_changed_from_the_check_page_and_comes_back_there() -> None:
    walk = at(POLICE, "check")
    walk.feed(ev.ChangeAnswer("ask_use"), ev.Answered("work"))
    assert isinstance(walk.state, st.Checking)
    assert walk.state.session.answers == {"use": "work", "phone": PHONE}
    walk.feed(ev.ChangeAnswer("photograph_paper"), ev.Back())
    assert isinstance(walk.state, st.Checking)
    assert walk.means_nothing(ev.ChangeAnswer("identify"))
    assert walk.means_nothing(ev.ChangeAnswer("submit"))


@pytest.mark.parametrize(
    "value", ["1380533004", "12805330042", "1380533004x", "", "１３８０５３３００４２"]
)
def test_digits_that_are_no_mobile_number_are_refused_and_stay_to_be_corrected(
    value: str,
) -> None:
    state = at(POLICE, "ask_phone").feed(ev.Answered(value))
    assert isinstance(state, st.EnteringDigits)
    assert state.refused_entry == value
    assert "phone" not in state.session.answers


def test_an_answer_that_was_not_offered_means_nothing() -> None:
    assert at(POLICE, "ask_use").means_nothing(ev.Answered("anything"))


def test_another_persons_card_clears_what_the_first_one_answered() -> None:
    walk = at(POLICE, "ask_phone")
    walk.feed(ev.Back(), ev.Back(), ev.Continue())
    walk.feed(ev.IdCardRead(replace(PERSON, number="370321197801051515", name="刘建国")))
    assert isinstance(walk.state, st.Choosing)
    assert walk.state.session.answers == {}


def test_an_absent_citizen_is_warned_and_more_time_is_one_touch() -> None:
    walk = at(POLICE, "ask_use")
    page = walk.state
    assert isinstance(walk.feed(ev.TimedOut()), st.Warned)
    assert walk.feed(ev.Extend()) == page
    walk.feed(ev.TimedOut())
    assert walk.feed(ev.TimedOut()) == st.Idle()
    assert ef.NoteSessionEnded(POLICE, "timed_out", "ask_use") in walk.effects
    assert walk.effects[-1] == ef.ForgetSession()


def test_ten_extensions_are_granted() -> None:
    walk = at(POLICE, "ask_use")
    for _ in range(10):
        walk.feed(ev.TimedOut(), ev.Extend())
    assert isinstance(walk.state, st.Choosing)


def test_the_cap_ends_a_session_but_not_one_whose_case_stands() -> None:
    walk = at(POLICE, "check")
    assert walk.feed(ev.SessionCapReached()) == st.Idle()
    after = at(TAX, "print_certificate")
    after.feed(ev.PaperEnded("not_printed", "D301"))
    assert after.means_nothing(ev.SessionCapReached())


def test_a_warning_over_a_paper_that_did_not_come_never_loses_the_number() -> None:
    walk = at(TAX, "print_certificate")
    walk.feed(ev.PaperEnded("not_printed", "D301"), ev.TimedOut(), ev.TimedOut())
    assert isinstance(walk.state, st.Ended)
    assert walk.state.session.receipt == RECEIPT


def test_who_gives_up_meets_a_page_that_says_so_with_everything_dropped() -> None:
    walk = at(POLICE, "sign")
    state = walk.feed(ev.Quit())
    assert isinstance(state, st.Ended)
    assert state.step_id == "left"
    assert state.session.applicant is None
    assert (state.session.answers, state.session.papers) == ({}, {})
    assert ef.ForgetSession() in walk.effects


def test_display_settings_change_nothing_else_and_end_with_the_visit() -> None:
    walk = at(POLICE, "identify")
    scope = st.scope_of(walk.state)
    walk.feed(ev.TextScaleChosen(ev.TextScale.LARGEST), ev.LanguageChosen("en"))
    assert st.scope_of(walk.state) == scope
    assert st.display_of(walk.state).language == "en"
    walk.feed(ev.Quit(), ev.Continue())
    assert walk.state == st.Idle()
    assert st.display_of(walk.state) == PLAIN


def test_a_warning_laid_over_a_page_does_not_end_its_effects() -> None:
    walk = at(POLICE, "ask_use")
    scope = st.scope_of(walk.state)
    assert st.scope_of(walk.feed(ev.TimedOut())) == scope


def test_a_closed_kiosk_opens_and_closes_only_while_nobody_is_served() -> None:
    closed = world(closed="检修")
    walk = at(POLICE, "ask_use")
    walk.world = closed
    assert walk.means_nothing(ev.WorldChanged())
    walk.feed(ev.Quit())
    assert walk.feed(ev.Continue()) == st.OutOfService()
    assert walk.means_nothing(ev.Begin())
    walk.world = world()
    assert walk.feed(ev.WorldChanged()) == st.Idle()


def test_a_citizen_who_only_looks_around_is_sent_away_when_it_closes() -> None:
    walk = Walk()
    walk.feed(ev.Begin())
    walk.world = world(closed="检修")
    assert walk.feed(ev.WorldChanged()) == st.OutOfService()


def test_a_session_keeps_the_content_it_began_with() -> None:
    walk = at(TAX, "check")
    old = content()
    renamed = old.bundle.services[TAX].definition.model_copy(update={"version": 2})
    services = dict(old.bundle.services)
    services[TAX] = services[TAX].model_copy(update={"definition": renamed})
    new = ContentBundle(menu=old.bundle.menu, services=services)
    walk.world = replace(walk.world, content=Content(new, new.hash))
    walk.feed(ev.Continue())
    stored = walk.effects[-1]
    assert isinstance(stored, ef.StoreCase)
    assert (stored.service_version, stored.content) == (1, old.hash)
    assert new.hash != old.hash


def test_the_notice_number_is_the_applicants_number() -> None:
    stored = at(TAX, "submit").effects[-1]
    assert isinstance(stored, ef.StoreCase)
    assert stored.payload.applicant.number == NOTICE.text
    assert stored.payload.applicant.number_kind == "tax_notice"
