"""Ways out of a session: giving up, being timed out, coming to rest."""

from typing import Final

from kiosk.contract.services import ReadSocialSecurityCard, Submit
from kiosk.flow.citizen import Session
from kiosk.flow.closing import closing
from kiosk.flow.effects import AwaitCardTaken, ForgetSession, NoteSessionEnded
from kiosk.flow.entering import Step, enter
from kiosk.flow.states import (
    AwaitingReply,
    Browsing,
    Ended,
    Home,
    Idle,
    InStep,
    OutOfService,
    PaperTrouble,
    Printing,
    Rating,
    Resting,
    Storing,
    TakingCard,
    Warned,
)
from kiosk.flow.walking import way_out
from kiosk.flow.world import World

TIMED_OUT = "timed_out"
ABANDONED = "abandoned"
POWER_LOST = "power_lost"

CARD_WITHIN_S: Final = 60.0
"""How long a kiosk asks for a card left in the slot before it serves the next citizen."""


def rest(world: World) -> Resting:
    """Where a kiosk waits for the next citizen; display settings are gone."""
    return Idle() if closing(world) is None else OutOfService()


def leave(state: InStep | Warned, outcome: str, then: Resting | Browsing) -> Step:
    """End the session here and now: recorded, and everything personal dropped."""
    ended = NoteSessionEnded(state.session.service_id, outcome, state.step_id)
    gone = part_from(state.session, then)
    return Step(gone.state, (ended, *gone.effects))


def part_from(session: Session, then: Resting | Browsing) -> Step:
    """Drop everything personal; by way of the slot, where the service has to do with it."""
    steps = session.service.definition.steps.values()
    if not any(isinstance(step, ReadSocialSecurityCard) for step in steps):
        return Step(then, (ForgetSession(),))
    taking = TakingCard(display=session.display, service_id=session.service_id, onward=then)
    return Step(taking, (ForgetSession(), AwaitCardTaken(CARD_WITHIN_S)))


def give_up(state: InStep | Warned, world: World) -> Step:
    """The citizen goes: to the page that says nothing was kept, or straight to rest."""
    if state.step_id == state.session.service.definition.start:
        display = state.session.display
        then = Home(display=display) if closing(world) is None else rest(world)
        return leave(state, ABANDONED, then)
    target = way_out(state.session, state.step_id)
    if target is None:
        return leave(state, ABANDONED, rest(world))
    entered = enter(state.session.bare(), target, world)
    return Step(entered.state, (*entered.effects, ForgetSession()))


def end_in_order(state: InStep | Warned, world: World) -> Step | None:
    """The battery is at its end: nothing more is asked, what was handed in still gets its paper.

    None where the state comes to its end by itself, and soon.
    """
    match state:
        case Storing() | Printing() | PaperTrouble() | Ended() | Warned(below=PaperTrouble()):
            return None
        case AwaitingReply():
            return wait_no_longer(state, world)
        case Rating():
            return part_from(state.session, rest(world))
        case _:
            return leave(state, POWER_LOST, rest(world))


def wait_no_longer(state: AwaitingReply, world: World) -> Step | None:
    """The case stands; the department's word comes later."""
    step = state.session.step(state.step_id)
    return enter(state.session, step.waiting, world) if isinstance(step, Submit) else None
