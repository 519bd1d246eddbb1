"""Pages that ask the citizen for something: guide, card, question, signature."""

from typing import Literal

from kiosk.contract.services import (
    AskChoice,
    AskDigits,
    ReadIdCard,
    ReadSocialSecurityCard,
    ScanCode,
)
from kiosk.flow import states as st
from kiosk.flow.availability import Mode, availability
from kiosk.flow.events import Answered, TryAgain
from kiosk.screens.view_model import (
    Action,
    ChoiceView,
    DeviceView,
    DigitsView,
    Frame,
    GuideView,
    SignView,
)
from kiosk.screens.viewing.framing import frame, go_on
from kiosk.screens.viewing.saying import Saying

Picture = Literal["id_card", "social_security_card", "qr_code"]

_MOBILE_GROUPS = (3, 4, 4)
_OTHER_GROUPS = (4,) * 7


def page_frame(
    state: st.InStep,
    saying: Saying,
    *,
    primary: Action | None = None,
    has_quit: bool = True,
) -> Frame:
    """The frame of a page inside a service."""
    return frame(
        saying,
        state.session.display,
        session=state.session,
        step_id=state.step_id,
        primary=primary,
        has_back=True,
        has_quit=has_quit,
    )


def own(state: st.InStep, saying: Saying, name: str) -> str:
    """The step's own text, such as its `title`."""
    return saying.text(state.session.service, f"{state.step_id}.{name}")


def guide(state: st.AtGuide, saying: Saying) -> GuideView:
    """Five facts, the materials, the law; and what does not work right now."""
    service = state.session.service
    definition = service.definition
    verdict = availability(definition, saying.world)
    start = "button.hand_in" if verdict.mode is Mode.ACCEPT_ONLY else "button.start"
    warning = ""
    if verdict.mode is not Mode.AVAILABLE:
        why = saying.cause(verdict, definition.department)
        warning = saying.say(f"guide.{verdict.mode.value}", why=why)
    basis = tuple(
        saying.say("guide.basis", law=law.name, article=law.article)
        for law in definition.legal_basis
    )
    return GuideView(
        frame=page_frame(state, saying, primary=go_on(saying.say(start))),
        title=saying.text(service, "title"),
        summary=saying.text(service, "summary"),
        facts=(
            ("user", saying.say("guide.who"), saying.text(service, "audience")),
            (
                "clock",
                saying.say("guide.minutes"),
                saying.say("guide.minutes_value", minutes=str(definition.usual_minutes)),
            ),
            ("coin", saying.say("guide.fee"), saying.fee(service)),
            ("calendar-check", saying.say("guide.when"), saying.limit(service)),
            ("receipt", saying.say("guide.result"), saying.text(service, "result")),
        ),
        materials=tuple(
            saying.text(service, f"materials.{material.id}") for material in definition.materials
        ),
        legal=(*basis, saying.text(service, "legal_note")),
        legal_title=saying.say("guide.legal"),
        warning=warning,
    )


def picture_of(state: st.InStep) -> Picture | None:
    """What goes where at this step; None where it is not a reader's."""
    match state.session.step(state.step_id):
        case ReadIdCard():
            return "id_card"
        case ReadSocialSecurityCard():
            return "social_security_card"
        case ScanCode():
            return "qr_code"
        case _:
            return None


def reader(
    state: st.AwaitingIdCard | st.AwaitingSocialSecurityCard | st.AwaitingCode,
    picture: Picture,
    saying: Saying,
) -> DeviceView:
    """Waiting for a card or a code."""
    step = state.session.step(state.step_id)
    within_s = (
        step.within_s if isinstance(step, ReadIdCard | ReadSocialSecurityCard | ScanCode) else 0
    )
    return DeviceView(
        frame=page_frame(state, saying),
        title=own(state, saying, "title"),
        help=own(state, saying, "help"),
        picture=picture,
        state="waiting",
        status=saying.say(f"card.{picture}"),
        seconds=within_s,
    )


def reader_trouble(state: st.Trouble, picture: Picture, saying: Saying) -> DeviceView:
    """It did not work, and why; the same picture again."""
    again = Action(label=saying.say("button.again"), event=TryAgain(), icon="refresh")
    return DeviceView(
        frame=page_frame(state, saying, primary=again),
        title=saying.say(f"trouble.{state.why}.title"),
        help=saying.say(f"trouble.{state.why}.safe"),
        picture=picture,
        state="problem",
        status=saying.say(f"trouble.{state.why}.todo"),
        seconds=0,
    )


def choice(state: st.Choosing, step: AskChoice, saying: Saying) -> ChoiceView:
    """One question."""
    before = state.session.answers.get(step.field)
    return ChoiceView(
        frame=page_frame(state, saying),
        title=own(state, saying, "title"),
        help=own(state, saying, "help"),
        options=tuple(
            Action(label=own(state, saying, f"options.{option}"), event=Answered(option))
            for option in step.options
        ),
        chosen=step.options.index(before) if before in step.options else None,
    )


def digits(state: st.EnteringDigits, step: AskDigits, saying: Saying) -> DigitsView:
    """One question on the number pad; what was refused stays, to be corrected."""
    problem = ""
    if state.refused_entry:
        right_length = step.min_digits <= len(state.refused_entry) <= step.max_digits
        which = step.rule if step.rule and right_length else "length"
        problem = saying.say(
            f"digits.problem.{which}",
            minimum=str(step.min_digits),
            maximum=str(step.max_digits),
        )
    skip = Action(label=saying.say("button.skip"), event=Answered("")) if step.optional else None
    return DigitsView(
        frame=page_frame(state, saying),
        title=own(state, saying, "title"),
        help=own(state, saying, "help"),
        value=state.refused_entry or state.session.answers.get(step.field, ""),
        min_digits=step.min_digits,
        max_digits=step.max_digits,
        grouping=_MOBILE_GROUPS if step.rule == "is_mobile_number" else _OTHER_GROUPS,
        submit_label=saying.say("button.next"),
        skip=skip,
        problem=problem,
    )


def sign(state: st.Signing, saying: Saying) -> SignView:
    """The pad."""
    return SignView(
        frame=page_frame(state, saying),
        title=own(state, saying, "title"),
        help=own(state, saying, "help"),
        clear_label=saying.say("button.clear"),
        done_label=saying.say("button.signed"),
        empty_problem=saying.say("sign.empty"),
    )
