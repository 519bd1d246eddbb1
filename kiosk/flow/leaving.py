"""Ways out of a session: giving up, being timed out, coming to rest."""

from typing import Final

from kiosk.contract.services import ReadSocialSecurityCard
from kiosk.flow.effects import AwaitCardTaken, ForgetSession, NoteSessionEnded
from kiosk.flow.entering import Step, enter
from kiosk.flow.states import (
    Browsing,
    Home,
    Idle,
    InStep,
    OutOfService,
    Resting,
    Session,
    TakingCard,
    Warned,
)
from kiosk.flow.walking import way_out
from kiosk.flow.world import World

TIMED_OUT = "timed_out"
ABANDONED = "abandoned"

CARD_WITHIN_S: Final = 60.0
"""How long a kiosk asks for a card left in the slot before it serves the next citizen."""


def rest(world: World) -> Resting:
    """Where a kiosk waits for the next citizen; display settings are gone."""
    return Idle() if world.out_of_service is None else OutOfService()


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
        then = Home(display=display) if world.out_of_service is None else rest(world)
        return leave(state, ABANDONED, then)
    target = way_out(state.session, state.step_id)
    if target is None:
        return leave(state, ABANDONED, rest(world))
    entered = enter(state.session.bare(), target, world)
    return Step(entered.state, (*entered.effects, ForgetSession()))
