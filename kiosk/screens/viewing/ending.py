"""Pages on which the machine works, something went wrong, or it is over."""

from typing import Final, Literal

from kiosk.contract.services import Outcome
from kiosk.flow import states as st
from kiosk.flow.citizen import CardUsed, PaperKind, PaperState, Session
from kiosk.flow.events import Continue, Extend, Quit, Rated, TryAgain
from kiosk.flow.visiting import FINAL_TROUBLES
from kiosk.screens.view_model import (
    Action,
    Frame,
    MessageView,
    RatingView,
    ResultView,
    TimeWarning,
    WorkingView,
)
from kiosk.screens.viewing.asking import page_frame
from kiosk.screens.viewing.framing import frame, go_on
from kiosk.screens.viewing.saying import Saying
from kiosk.services.wording import local_number, say_iso_date

_MOODS: Final = {5: "mood-happy", 4: "mood-smile", 3: "mood-neutral", 2: "mood-sad", 1: "mood-cry"}
_VERDICTS: Final[dict[str, Literal["good", "waiting", "bad"]]] = {
    "submitted": "good",
    "completed": "good",
    "waiting": "waiting",
    "refused": "bad",
}

_NO_PAPER: Final = frozenset({PaperState.NOT_PRINTED, PaperState.UNCONFIRMED})
WITHOUT_PAPER: Final = frozenset({"completed", "submitted", "waiting"})
"""Outcomes that promise something to collect."""

Stage = Literal["done", "now", "next", "failed"]


def _still(state: st.InStep, saying: Saying, *, primary: Action | None = None) -> Frame:
    """A page that cannot be left by touch, but for its primary button."""
    return frame(
        saying,
        state.session.display,
        session=state.session,
        step_id=state.step_id,
        primary=primary,
        has_quit=False,
    )


def submitting(state: st.Storing | st.AwaitingReply, saying: Saying) -> WorkingView:
    """Sealed, delivered, answered: what is done and what is now."""
    owner = state.session.service.definition.owner
    names = (
        saying.say("working.seal"),
        saying.say("working.send"),
        saying.say("working.decide", owner=owner),
    )
    return WorkingView(
        frame=_still(state, saying),
        title=saying.say("working.submit_title"),
        steps=_staged(names, _done(state)),
        reassurance=saying.say("working.submit_note"),
    )


def _done(state: st.Storing | st.AwaitingReply) -> int:
    if isinstance(state, st.Storing):
        return 0
    return 1 if state.session.receipt is None else 2


def printing(state: st.Printing, saying: Saying) -> WorkingView:
    """The paper is on its way, then coming out."""
    names = tuple(saying.say(f"working.{part}") for part in ("seal", "print", "come_out"))
    kind = state.session.paper_kind.value
    return WorkingView(
        frame=_still(state, saying),
        title=saying.say(f"working.print_title.{kind}"),
        steps=_staged(names, 2 if state.stage in {"presented", "taken"} else 1),
        reassurance=saying.say(f"working.print_note.{kind}"),
    )


def _staged(names: tuple[str, ...], done: int) -> tuple[tuple[str, Stage], ...]:
    def stage(place: int) -> Stage:
        if place == done:
            return "now"
        return "done" if place < done else "next"

    return tuple((name, stage(place)) for place, name in enumerate(names))


def trouble(state: st.Trouble, saying: Saying) -> MessageView:
    """What is wrong, what is safe, what to do."""
    actions = [Action(label=saying.say("button.give_up"), event=Quit(), icon="logout")]
    if state.why not in FINAL_TROUBLES:
        again = Action(label=saying.say("button.again"), event=TryAgain(), icon="refresh")
        actions.insert(0, again)
    is_ours = state.why.startswith("device.") or state.why in {"disk", "turned_away"}
    return MessageView(
        frame=page_frame(state, saying, has_quit=False),  # giving up stands among the actions
        tone="fault" if is_ours else "warning",
        title=saying.say(f"trouble.{state.why}.title"),
        safe=saying.say(f"trouble.{state.why}.safe"),
        todo=saying.lines(
            f"trouble.{state.why}.todo",
            phone=saying.world.place.help_phone,
            number=_number(state.session) if state.session.case_id else "",
        ),
        small_print=saying.small_print(state.code),
        actions=tuple(actions),
    )


def paper_trouble(state: st.PaperTrouble, saying: Saying) -> MessageView:
    """The case is safe; the paper is not there, or nobody knows."""
    outcome = state.session.paper
    again = Action(label=saying.say("button.print_again"), event=TryAgain(), icon="printer")
    go = Action(label=saying.say("button.go_on"), event=Continue(), icon="arrow-right")
    key = f"paper_trouble.{outcome.value}"
    return MessageView(
        frame=_still(state, saying),
        tone="warning",
        title=saying.say(f"{key}.title"),
        safe=saying.say(f"{key}.safe", number=_number(state.session)),
        todo=saying.lines(f"{key}.todo", fault=saying.fault(state.why)),
        small_print=saying.small_print(state.why),
        actions=(again, go) if outcome is PaperState.NOT_PRINTED else (go,),
    )


def _number(session: Session) -> str:
    if session.receipt is not None:
        return session.receipt.case_number
    if session.reply is not None:
        return session.reply.case_number
    return local_number(session.case_id)


def rating(state: st.Rating, saying: Saying) -> RatingView:
    """Five levels, skippable."""
    return RatingView(
        frame=_still(state, saying),
        title=saying.say("rating.title"),
        help=saying.say("rating.help"),
        levels=tuple(
            Action(label=saying.say(f"rating.level.{score}"), event=Rated(score), icon=icon)
            for score, icon in _MOODS.items()
        ),
        skip=Action(label=saying.say("button.skip"), event=Rated(None)),
        cards=_cards(state.session, saying),
    )


def ended(state: st.Ended, saying: Saying) -> ResultView | MessageView:
    """What came of it, the number, what next."""
    session = state.session
    step = session.step(state.step_id)
    result = step.result if isinstance(step, Outcome) else "abandoned"
    title = saying.text(session.service, f"{state.step_id}.title")
    steps = _what_next(state, result, saying)
    finish = go_on(saying.say("button.finish"), "check")
    if result == "abandoned" and session.case_id:
        return _turned_away(state, saying, finish)
    if result == "abandoned":
        return MessageView(
            frame=_still(state, saying, primary=finish),
            tone="good",
            title=title,
            safe="",
            todo=(*_cards(session, saying), *steps),
            small_print="",
            actions=(),
        )
    knows_number = session.receipt is not None or session.reply is not None
    return ResultView(
        frame=_still(state, saying, primary=finish),
        verdict=_VERDICTS[result],
        title=title,
        number_label=saying.say("result.number" if knows_number else "result.local_number"),
        number=_number(session),
        next_steps=(*_words_of_department(session, saying), *steps),
        paper=_paper(session, saying),
        paper_is_missing=session.paper in _NO_PAPER,
        cards=_cards(session, saying),
    )


def _turned_away(state: st.Ended, saying: Saying, finish: Action) -> MessageView:
    """Given up after the platform refused the case: it stays on this machine, so say so."""
    return MessageView(
        frame=_still(state, saying, primary=finish),
        tone="warning",
        title=saying.say("result.turned_away.title"),
        safe="",
        todo=(
            *_cards(state.session, saying),
            *saying.lines(
                "result.turned_away.next",
                phone=saying.world.place.help_phone,
                number=_number(state.session),
                hours=saying.hours,
            ),
        ),
        small_print="",
        actions=(),
    )


def _what_next(state: st.Ended, result: str, saying: Saying) -> tuple[str, ...]:
    """The service's own words count on the paper; without it the number is all there is."""
    if state.session.paper in _NO_PAPER and result in WITHOUT_PAPER:
        phone = saying.world.place.help_phone
        return saying.lines(f"result.without_paper.{result}", hours=saying.hours, phone=phone)
    return tuple(saying.text(state.session.service, f"{state.step_id}.next").splitlines())


def _words_of_department(session: Session, saying: Saying) -> tuple[str, ...]:
    reply = session.reply
    if reply is None:
        return ()
    said: list[str] = []
    if reply.reason:
        said.append(saying.say("result.reason", reason=reply.reason))
    if reply.decide_by:
        when = say_iso_date(saying.language, reply.decide_by)
        said.append(saying.say("result.decide_by", date=when))
    return tuple(said)


def _paper(session: Session, saying: Saying) -> str:
    if session.paper is PaperState.NONE:
        return ""
    if session.paper is PaperState.PRINTED and session.paper_kind is not PaperKind.RECEIPT:
        return saying.say(f"result.paper.{session.paper.value}_{session.paper_kind.value}")
    return saying.say(f"result.paper.{session.paper.value}")


def _cards(session: Session, saying: Saying) -> tuple[str, ...]:
    used = [card for card in CardUsed if card in session.cards]
    return tuple(saying.say(f"result.card.{card.value}") for card in used)


def taking_card(state: st.TakingCard, saying: Saying) -> MessageView:
    """The session is over and its card still in the slot."""
    return MessageView(
        frame=frame(saying, state.display, has_quit=False),
        tone="warning",
        title=saying.say("take_card.title"),
        safe=saying.say("take_card.safe"),
        todo=saying.lines("take_card.todo", phone=saying.world.place.help_phone),
        small_print="",
        actions=(),
    )


def warning(state: st.Warned, saying: Saying) -> TimeWarning:
    """Are you still there?"""
    safe = "warning.safe"
    if isinstance(state.below, st.PaperTrouble):
        safe = "warning.safe_after_submit"
    elif state.session.case_id:
        safe = "warning.safe_turned_away"
    return TimeWarning(
        title=saying.say("warning.title"),
        safe=saying.say(safe),
        seconds=saying.world.times.warning_s,
        extend=Action(label=saying.say("button.more_time"), event=Extend(), icon="clock-plus"),
        leave=Action(label=saying.say("button.leave"), event=Quit(), icon="logout"),
    )
