"""Ways out of a session: giving up, being timed out, coming to rest."""

from dataclasses import replace

from kiosk.flow.effects import ForgetSession, NoteSessionEnded
from kiosk.flow.entering import Step, enter
from kiosk.flow.states import Home, Idle, InStep, OutOfService, Resting, State, Warned
from kiosk.flow.walking import way_out
from kiosk.flow.world import World

TIMED_OUT = "timed_out"
ABANDONED = "abandoned"


def rest(world: World) -> Resting:
    """Where a kiosk waits for the next citizen; display settings are gone."""
    return Idle() if world.out_of_service is None else OutOfService()


def leave(state: InStep | Warned, outcome: str, then: State) -> Step:
    """End the session here and now: recorded, and everything personal dropped."""
    ended = NoteSessionEnded(state.session.service_id, outcome, state.step_id)
    return Step(then, (ended, ForgetSession()))


def give_up(state: InStep | Warned, world: World) -> Step:
    """The citizen goes: to the page that says nothing was kept, or straight to rest."""
    if state.step_id == state.session.service.definition.start:
        display = state.session.display
        then = Home(display=display) if world.out_of_service is None else rest(world)
        return leave(state, ABANDONED, then)
    target = way_out(state.session, state.step_id)
    if target is None:
        return leave(state, ABANDONED, rest(world))
    bare = replace(
        state.session,
        trail=(),
        applicant=None,
        answers={},
        papers={},
        signature_png=b"",
        receipt=None,
        reply=None,
    )
    entered = enter(bare, target, world)
    return Step(entered.state, (*entered.effects, ForgetSession()))
