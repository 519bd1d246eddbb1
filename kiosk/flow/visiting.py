"""What happens to a citizen inside a service."""

from dataclasses import replace

from device_drivers.id_card_reader import interface as id_card
from device_drivers.social_security_card import interface as social
from kiosk.contract.cases import Applicant, CaseState
from kiosk.contract.dates import CHINA
from kiosk.contract.services import (
    AskChoice,
    AskDigits,
    Outcome,
    Photograph,
    ReadIdCard,
    ScanCode,
    Submit,
)
from kiosk.flow import events as ev
from kiosk.flow import states as st
from kiosk.flow.citizen import CardUsed, PaperKind, PaperState, Session
from kiosk.flow.closing import closing, must_end
from kiosk.flow.effects import AwaitReply, ForgetSession, NoteRating
from kiosk.flow.entering import Step, advance, enter, print_on, take_page
from kiosk.flow.identity import OLD_CARD, from_code, from_id_card, from_social_security_card
from kiosk.flow.leaving import (
    ABANDONED,
    TIMED_OUT,
    end_in_order,
    give_up,
    leave,
    part_from,
    rest,
    wait_no_longer,
)
from kiosk.flow.photographing import all_pages, photograph, with_pages_kept
from kiosk.flow.trouble import trouble
from kiosk.flow.walking import has_enough_pages, path_taken, step_back
from kiosk.flow.world import World
from kiosk.services.rules import DIGIT_RULES

FINAL_TROUBLES = frozenset({"turned_away"})
"""Doing it once more would change nothing."""

_PNG = b"\x89PNG"

AwaitingIdentity = st.AwaitingIdCard | st.AwaitingSocialSecurityCard | st.AwaitingCode


def visit(  # noqa: PLR0912  one branch per line of the table this is
    state: st.InStep, event: ev.Event, world: World
) -> Step | None:
    """The next state inside a service, or None where the event means nothing here."""
    match state, event:
        case (_, ev.WorldChanged()) if must_end(world):
            return end_in_order(state, world)
        case (st.Ended(), ev.Quit() | ev.Continue() | ev.TimedOut()):
            return _outcome_left(state, event, world)
        case (st.Storing() | st.AwaitingReply() | st.Printing() | st.Ended(), _):
            return _machine_works(state, event, world)
        case (st.Rating(), _):
            return _rate(state, event, world)
        case (st.PaperTrouble(), ev.Quit() | ev.Back() | ev.SessionCapReached()):
            return None  # the case stands: only on, to the page with its number
        case (_, ev.Quit()):
            return give_up(state, world)
        case (_, ev.SessionCapReached()):
            return leave(state, TIMED_OUT, rest(world))
        case (_, ev.Back()):
            return _back(state, world)
        case (st.AtGuide(), ev.Continue()):
            return advance(state.session, state.step_id, world)
        case (st.AwaitingIdCard() | st.AwaitingSocialSecurityCard() | st.AwaitingCode(), _):
            return _identify(state, event, world)
        case (st.Photographing() | st.ReviewingPage() | st.ReviewingPages(), _):
            return photograph(state, event, world) or _time_out(state, event)
        case (st.Choosing() | st.EnteringDigits(), ev.Answered(value)):
            return _answer(state, value, world)
        case (st.Checking(), ev.Continue()):
            return advance(state.session, state.step_id, world)
        case (st.Checking(), ev.ChangeAnswer(step_id)):
            return _change(state, step_id, world)
        case (st.Signing(), ev.Signed(png)) if png.startswith(_PNG):
            return advance(replace(state.session, signature_png=png), state.step_id, world)
        case (st.Trouble(), ev.TryAgain()) if state.why not in FINAL_TROUBLES:
            if isinstance(state.session.step(state.step_id), Photograph):
                return take_page(state.session, state.step_id, attempt=state.attempt + 1)
            return enter(state.session, state.step_id, world, attempt=state.attempt + 1)
        case (st.PaperTrouble(), ev.TryAgain()) if state.session.paper is PaperState.NOT_PRINTED:
            fresh = replace(state.session, paper=PaperState.NONE)
            return enter(fresh, state.step_id, world, attempt=state.attempt + 1)
        case (st.PaperTrouble(), ev.Continue()):
            return advance(state.session, state.step_id, world)
        case _:
            return _time_out(state, event)


def _time_out(state: st.InStep, event: ev.Event) -> Step | None:
    if isinstance(event, ev.TimedOut) and isinstance(state, st.Warnable):
        return Step(st.Warned(below=state))
    return None


def warned(state: st.Warned, event: ev.Event, world: World) -> Step | None:
    """The overlay: more time, leave, or nobody answers."""
    below = state.below
    match event:
        case ev.WorldChanged() if must_end(world):
            return end_in_order(state, world)
        case ev.Extend():
            return Step(below)
        case ev.TimedOut() | ev.Quit() if isinstance(below, st.PaperTrouble):
            return advance(below.session, below.step_id, world)
        case ev.Quit():
            return give_up(below, world)
        case ev.TimedOut() | ev.SessionCapReached() if not isinstance(below, st.PaperTrouble):
            return leave(below, TIMED_OUT, rest(world))
        case _:
            return None


def _back(state: st.InStep, world: World) -> Step | None:
    session = state.session
    if has_enough_pages(session, state.step_id) and not isinstance(state, st.ReviewingPages):
        return all_pages(session, state.step_id, attempt=state.attempt + 1)
    if session.returning_to:
        return enter(session, session.returning_to, world)
    if isinstance(state, st.ReviewingPages):
        session = with_pages_kept(session, state.step_id)
    before = step_back(session)
    if before is None:
        there = st.ServiceList(
            display=session.display, department=session.service.definition.department
        )
        return leave(state, ABANDONED, there if closing(world) is None else rest(world))
    return enter(*before, world)


def _identify(
    state: AwaitingIdentity,
    event: ev.Event,
    world: World,
) -> Step | None:
    step = state.session.step(state.step_id)
    today = world.now.astimezone(CHINA).date()
    found: Applicant | str
    match state, event:
        case (_, ev.DeviceFailed(device, code)):
            return trouble(state, f"device.{device.value}", code)
        case (st.AwaitingSocialSecurityCard(), ev.OldCardInSlot()):
            return trouble(state, OLD_CARD)
        case (st.AwaitingIdCard(), ev.IdCardRead(reading)):
            rule = step.rule if isinstance(step, ReadIdCard) else ""
            if not isinstance(reading, id_card.NoCard):
                state = _with_card(state, CardUsed.ID_CARD)
            found = from_id_card(reading, rule=rule, today=today)
        case (st.AwaitingSocialSecurityCard(), ev.SocialSecurityCardRead(social_reading)):
            found = from_social_security_card(social_reading, today=today)
            if not isinstance(social_reading, social.NoCard):
                state = _with_card(state, CardUsed.SOCIAL_SECURITY_CARD)
        case (st.AwaitingCode(), ev.CodeScanned(scan)):
            expects = step.expects if isinstance(step, ScanCode) else ""
            found = from_code(scan, expects=expects)
        case _:
            return None
    if isinstance(found, str):
        return trouble(state, found)
    return advance(_identified(state.session, found), state.step_id, world)


def _with_card(state: AwaitingIdentity, card: CardUsed) -> AwaitingIdentity:
    session = replace(state.session, cards=state.session.cards | {card})
    return replace(state, session=session)


def _identified(session: Session, applicant: Applicant) -> Session:
    """Another person's card clears what the first one answered."""
    before = session.applicant
    if before is not None and before.number != applicant.number:
        session = replace(session, answers={}, papers={}, gathered=(), signature_png=b"")
    return replace(session, applicant=applicant)


def _answer(state: st.Choosing | st.EnteringDigits, value: str, world: World) -> Step | None:
    step = state.session.step(state.step_id)
    if isinstance(step, AskChoice):
        if value not in step.options:
            return None
    elif isinstance(step, AskDigits):
        if not _fits(step, value):
            return Step(
                st.EnteringDigits(session=state.session, step_id=state.step_id, refused_entry=value)
            )
    else:
        return None
    answers = dict(state.session.answers) | {step.field: value}
    return advance(replace(state.session, answers=answers), state.step_id, world)


def _fits(step: AskDigits, value: str) -> bool:
    if not value:
        return step.optional
    if not (value.isascii() and value.isdigit()):
        return False
    if not step.min_digits <= len(value) <= step.max_digits:
        return False
    return not step.rule or DIGIT_RULES[step.rule](value)


def _change(state: st.Checking, step_id: str, world: World) -> Step | None:
    changeable = {
        known_id
        for known_id, step in path_taken(state.session)
        if isinstance(step, AskChoice | AskDigits | Photograph)
    }
    if step_id not in changeable:
        return None
    return enter(replace(state.session, returning_to=state.step_id), step_id, world)


def _machine_works(
    state: st.Storing | st.AwaitingReply | st.Printing | st.Ended, event: ev.Event, world: World
) -> Step | None:
    """Nothing the citizen touches leads out of here; what the machine says does."""
    session = state.session
    step = session.step(state.step_id)
    match state, event:
        case (st.Storing(), ev.CaseStored(case_id)):
            waiting = st.AwaitingReply(
                session=replace(session, case_id=case_id), step_id=state.step_id
            )
            return wait_no_longer(waiting, world) if must_end(world) else _await_reply(waiting)
        case (st.Storing(), ev.CaseNotStored()):
            return trouble(state, "disk")
        case (st.AwaitingReply(), ev.CaseReceived(receipt)):
            return Step(replace(state, session=replace(session, receipt=receipt)))
        case (st.AwaitingReply(), ev.CaseTurnedAway(code)):
            return trouble(state, "turned_away", code)
        case (st.AwaitingReply(), ev.CaseAnswered(reply)) if isinstance(step, Submit):
            answered = replace(session, reply=reply)
            ways = {
                CaseState.ACCEPTED: step.accepted,
                CaseState.COMPLETED: step.completed,
                CaseState.REFUSED: step.refused,
            }
            return enter(answered, ways[reply.state], world)
        case (st.AwaitingReply(), ev.WaitOver()):
            return wait_no_longer(state, world)
        case (st.Printing(), ev.PaperProgressed(stage)):
            return Step(replace(state, stage=stage))
        case (st.Printing(), ev.PaperEnded(outcome, why)):
            return _paper_ended(state, outcome, why, world)
        case _:
            return None


def _await_reply(state: st.AwaitingReply) -> Step:
    step = state.session.step(state.step_id)
    wait_s = step.wait_s if isinstance(step, Submit) else 0
    return Step(state, (AwaitReply(wait_s),))


def _paper_ended(state: st.Printing, outcome: str, why: str, world: World) -> Step:
    session = replace(state.session, paper=PaperState(outcome))
    if session.paper is PaperState.PRINTED:
        return advance(session, state.step_id, world)
    if session.paper_kind is PaperKind.A4 and session.paper is PaperState.NOT_PRINTED:
        # certain not to come: the receipt with its code takes its place, and doubles nothing
        fresh = replace(session, paper=PaperState.NONE)
        instead, again = PaperKind.RECEIPT_INSTEAD, state.attempt + 1
        return print_on(instead, fresh, state.step_id, world, attempt=again)
    return Step(
        st.PaperTrouble(session=session, step_id=state.step_id, attempt=state.attempt, why=why)
    )


def _outcome_left(state: st.Ended, event: ev.Event, world: World) -> Step:
    outcome = state.session.step(state.step_id)
    asks = isinstance(outcome, Outcome) and outcome.asks_rating and bool(state.session.case_id)
    if not asks or isinstance(event, ev.Quit) or must_end(world):
        return part_from(state.session, rest(world))
    rating = st.Rating(session=state.session.bare(), step_id=state.step_id)
    return Step(rating, (ForgetSession(),))


def _rate(state: st.Rating, event: ev.Event, world: World) -> Step | None:
    onward = part_from(state.session, rest(world))
    match event:
        case ev.Rated(score) if score is not None and 1 <= score <= 5:
            note = NoteRating(state.session.case_id, score)
            return Step(onward.state, (note, *onward.effects))
        case ev.Rated(None) | ev.Quit() | ev.TimedOut():
            return onward
        case _:
            return None
