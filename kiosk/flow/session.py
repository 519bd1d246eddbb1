"""The flow: `step(state, event, world)`, pure. The next state and its effects, or None.

None means that the event means nothing here: a citizen may pull the card at any instant.
"""

from dataclasses import replace
from typing import Final

from kiosk.contract.services import Department
from kiosk.flow import events as ev
from kiosk.flow.availability import Mode, availability
from kiosk.flow.citizen import PLAIN, Display, Session
from kiosk.flow.closing import closing
from kiosk.flow.effects import NoteSessionStarted
from kiosk.flow.entering import Step, enter
from kiosk.flow.leaving import rest
from kiosk.flow.states import (
    Browsing,
    Home,
    Idle,
    NotNow,
    OutOfService,
    ServiceList,
    State,
    TakingCard,
    Warned,
    display_of,
    with_display,
)
from kiosk.flow.visiting import visit, warned
from kiosk.flow.world import World

__all__ = ["START", "Step", "step"]

START: Final[State] = Idle()
"""Where a kiosk begins; the first `WorldChanged` closes it where it is out of service."""


def step(state: State, event: ev.Event, world: World) -> Step | None:
    """The next state and its effects, or None where the event means nothing here."""
    if isinstance(event, ev.TextScaleChosen | ev.ThemeChosen | ev.LanguageChosen):
        return _show_otherwise(state, event)
    match state:
        case Idle() | OutOfService():
            return _resting(state, event, world)
        case Home() | ServiceList() | NotNow():
            return _browsing(state, event, world)
        case TakingCard():
            return _taking_card(state, event, world)
        case Warned():
            return warned(state, event, world)
        case _:
            return visit(state, event, world)


def _show_otherwise(
    state: State, event: ev.TextScaleChosen | ev.ThemeChosen | ev.LanguageChosen
) -> Step | None:
    before = display_of(state)
    after: Display
    match event:
        case ev.TextScaleChosen(scale):
            after = replace(before, text_scale=scale)
        case ev.ThemeChosen(theme):
            after = replace(before, theme=theme)
        case ev.LanguageChosen(language):
            after = replace(before, language=language)
    match state:
        case Idle():
            return Step(Home(display=after))  # a choice on the idle page begins a visit
        case Warned() | TakingCard(is_seen=False):
            return None  # nothing of theirs can be seen
        case _:
            return Step(with_display(state, after))


def _resting(state: Idle | OutOfService, event: ev.Event, world: World) -> Step | None:
    match state, event:
        case (_, ev.WorldChanged()) if rest(world) != replace(state, display=PLAIN):
            return Step(rest(world))
        case (OutOfService(), ev.TimedOut()):
            return Step(rest(world))
        case (Idle(), ev.Begin()) if closing(world) is None:
            return Step(Home(display=state.display))
        case _:
            return None


def _taking_card(state: TakingCard, event: ev.Event, world: World) -> Step | None:
    match event:
        case ev.CardSeen() if not state.is_seen:
            return Step(replace(state, is_seen=True))
        case ev.CardTaken() | ev.DeviceFailed():
            closed = isinstance(state.onward, Idle | OutOfService) or closing(world)
            return Step(rest(world) if closed else state.onward)
        case ev.CardStayed():
            return Step(rest(world))
        case _:
            return None


def _browsing(state: Browsing, event: ev.Event, world: World) -> Step | None:
    match state, event:
        case (_, ev.TimedOut() | ev.Quit()):
            return Step(rest(world))
        case (_, ev.WorldChanged()):
            return _browsing_elsewhere(state, world)
        case (Home(), ev.Back()):
            return Step(rest(world))
        case (Home() | ServiceList(), ev.DepartmentChosen(department)):
            return Step(ServiceList(display=state.display, department=department))
        case (ServiceList(), ev.Back()):
            return Step(Home(display=state.display))
        case (ServiceList(), ev.ServiceChosen(service_id)):
            return _choose(state.display, service_id, world)
        case (NotNow(), ev.Back()):
            return _back_to_list(state, world)
        case (NotNow(), ev.TryAgain()):
            return _choose(state.display, state.service_id, world)
        case _:
            return None


def _browsing_elsewhere(state: Browsing, world: World) -> Step | None:
    """Closed meanwhile, or the service shown is gone from the menu."""
    if closing(world) is not None:
        return Step(OutOfService())
    if isinstance(state, NotNow) and _department_of(state, world) is None:
        return Step(Home(display=state.display))
    return None


def _back_to_list(state: NotNow, world: World) -> Step:
    department = _department_of(state, world)
    if department is None:
        return Step(Home(display=state.display))
    return Step(ServiceList(display=state.display, department=department))


def _department_of(state: NotNow, world: World) -> Department | None:
    content = world.content.bundle.services.get(state.service_id)
    return None if content is None else content.definition.department


def _choose(display: Display, service_id: str, world: World) -> Step | None:
    if closing(world) is not None:
        return Step(OutOfService())
    content = world.content.bundle.services.get(service_id)
    if content is None or content.definition.status != "published":
        return None
    if availability(content.definition, world).mode is Mode.UNAVAILABLE:
        return Step(NotNow(display=display, service_id=service_id))
    session = Session(content=world.content, service_id=service_id, display=display)
    entered = enter(session, content.definition.start, world)
    return Step(entered.state, (NoteSessionStarted(service_id), *entered.effects))
