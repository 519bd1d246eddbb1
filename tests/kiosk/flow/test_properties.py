"""Whatever happens in whatever order: nobody gets stuck, and nothing personal stays behind."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from pydantic import BaseModel

from device_drivers.id_card_reader.interface import CardUnreadable, NoCard
from device_drivers.qr_scanner.interface import NothingShown
from device_drivers.social_security_card import interface as social
from kiosk.contract.devices import DeviceKind
from kiosk.contract.downlink import BackendStatus
from kiosk.contract.services import Department, ServiceDefinition
from kiosk.flow import effects as ef
from kiosk.flow import events as ev
from kiosk.flow import states as st
from kiosk.flow.citizen import PLAIN, Session
from kiosk.flow.session import START, step
from kiosk.flow.world import World
from tests.kiosk.flow.visits import (
    CASE_ID,
    CHILD,
    NOTICE,
    PAGE,
    PERSON,
    PERSONAL,
    PHONE,
    PNG,
    RECEIPT,
    REPLIES,
    SOCIAL_CARD,
    content,
    definitions,
    events_for,
    path_to,
    world,
)

EVENTS: tuple[ev.Event, ...] = (
    ev.Begin(),
    *(ev.DepartmentChosen(department) for department in Department),
    *(ev.ServiceChosen(service_id) for service_id in content().bundle.services),
    *(ev.Continue(),) * 4,
    ev.Back(),
    *(ev.Answered(value) for value in ("abroad", "loan", "all", PHONE, "12", "")),
    *(ev.ChangeAnswer(step_id) for step_id in ("ask_use", "ask_phone", "photograph_paper")),
    *(ev.KeepPage(),) * 2,
    ev.RetakePage(),
    *(ev.AddPage(),) * 2,
    ev.RetakeOne(0),
    ev.RetakeOne(7),
    *(ev.Signed(PNG),) * 2,
    ev.Signed(b""),
    ev.Rated(5),
    ev.Rated(None),
    ev.Quit(),
    ev.Extend(),
    *(ev.TryAgain(),) * 2,
    ev.TextScaleChosen(ev.TextScale.LARGEST),
    ev.ThemeChosen(ev.Theme.NIGHT),
    ev.LanguageChosen("en"),
    *(ev.IdCardRead(PERSON),) * 3,
    ev.IdCardRead(CHILD),
    ev.IdCardRead(replace(PERSON, number="370321197801051515")),
    ev.IdCardRead(CardUnreadable("lifted")),
    *(ev.SocialSecurityCardRead(SOCIAL_CARD),) * 2,
    ev.SocialSecurityCardRead(social.NoCard()),
    *(ev.CodeScanned(NOTICE),) * 2,
    ev.CodeScanned(NothingShown()),
    *(ev.PageCaptured(PAGE),) * 2,
    ev.PageNotCaptured("glare"),
    *(ev.DeviceFailed(kind, "D101") for kind in DeviceKind),
    *(ev.CaseStored(CASE_ID),) * 2,
    ev.CaseNotStored(),
    ev.CaseReceived(RECEIPT),
    ev.CaseTurnedAway("unsealable"),
    *(ev.CaseAnswered(reply) for reply in REPLIES.values()),
    ev.WaitOver(),
    ev.PaperProgressed("sent"),
    ev.PaperEnded("printed"),
    ev.PaperEnded("not_printed", "D301"),
    ev.PaperEnded("unconfirmed", "D102"),
    ev.OldCardInSlot(),
    ev.CardSeen(),
    ev.CardTaken(),
    ev.CardStayed(),
    ev.TimedOut(),
    ev.SessionCapReached(),
    ev.WorldChanged(),
)

WORLDS: tuple[World, ...] = (
    *(world(),) * 4,
    world(closed="检修"),
    world(mains=False),
    world(mains=False, battery="low"),
    world(door="open"),
    world(down=DeviceKind.RECEIPT_PRINTER),
    world(server=False),
    world(backend=(Department.TAX, BackendStatus.DOWN)),
)

ENDINGS: Mapping[type[st.State], ev.Event] = {
    st.AwaitingIdCard: ev.IdCardRead(NoCard()),
    st.AwaitingSocialSecurityCard: ev.SocialSecurityCardRead(social.NoCard()),
    st.AwaitingCode: ev.CodeScanned(NothingShown()),
    st.Photographing: ev.PageNotCaptured("no_page"),
    st.Storing: ev.CaseNotStored(),
    st.AwaitingReply: ev.WaitOver(),
    st.Printing: ev.PaperEnded("unconfirmed", "D102"),
    st.TakingCard: ev.CardStayed(),
}
"""How each machine's work ends at the worst; everything else ends by time."""

Happened = list[tuple[ev.Event, World]]


def _straight_to(definition: ServiceDefinition, step_id: str) -> Happened:
    """A citizen who goes straight to one step, so that chance begins everywhere."""
    there: list[ev.Event] = [
        ev.Begin(),
        ev.DepartmentChosen(definition.department),
        ev.ServiceChosen(definition.id),
    ]
    for at, way in path_to(definition, step_id):
        there += events_for(definition.steps[at], way)
    return [(event, WORLDS[0]) for event in there]


BEGINNINGS: tuple[Happened, ...] = (
    [],
    *(
        _straight_to(definition, step_id)
        for definition in definitions()
        for step_id in definition.steps
    ),
)

happenings = some.builds(
    lambda beginning, rest: [*beginning, *rest],
    some.sampled_from(BEGINNINGS),
    some.lists(some.tuples(some.sampled_from(EVENTS), some.sampled_from(WORLDS)), max_size=60),
)


def _walk(happened: Happened) -> tuple[st.State, list[ef.Effect], bool]:
    """The last state, all effects, and whether a session was ever left without `ForgetSession`."""
    state: st.State = START
    effects: list[ef.Effect] = []
    leaked = False
    for event, around in happened:
        result = step(state, event, around)
        if result is None:
            continue
        was_served = isinstance(state, st.InStep | st.Warned)
        is_served = isinstance(result.state, st.InStep | st.Warned)
        if was_served and not is_served:
            leaked |= ef.ForgetSession() not in result.effects
        state = result.state
        effects += result.effects
    return state, effects, leaked


@pytest.mark.slow
@given(happenings)
@settings(max_examples=400, deadline=None)
def test_from_wherever_one_gets_time_alone_leads_back_to_rest(
    happened: Happened,
) -> None:
    state, _, _ = _walk(happened)
    for _ in range(12):
        if isinstance(state, st.Resting):
            break
        event = ENDINGS.get(type(state), ev.TimedOut())
        result = step(state, event, world())
        assert result is not None, f"stuck in {type(state).__name__}"
        state = result.state
    assert isinstance(state, st.Resting)


@pytest.mark.slow
@given(happenings)
@settings(max_examples=400, deadline=None)
def test_a_state_without_a_session_holds_nothing_personal(
    happened: Happened,
) -> None:
    state, _, leaked = _walk(happened)
    assert not leaked
    without = st.Resting | st.Browsing | st.TakingCard | st.Rating
    held = set(_texts(state)) if isinstance(state, without) else set()
    assert not [canary for canary in PERSONAL if any(canary in text for text in held)]


@pytest.mark.slow
@given(happenings)
@settings(max_examples=200, deadline=None)
def test_neither_states_nor_effects_nor_events_show_personal_data_when_printed(
    happened: Happened,
) -> None:
    state, effects, _ = _walk(happened)
    shown = repr(state) + repr(effects) + repr([event for event, _ in happened])
    assert not [canary for canary in PERSONAL if canary in shown]


@pytest.mark.slow
@given(happenings)
@settings(max_examples=300, deadline=None)
def test_a_session_that_began_is_recorded_as_ended_once_and_no_other(
    happened: Happened,
) -> None:
    state, effects, _ = _walk(happened)
    begun = sum(isinstance(effect, ef.NoteSessionStarted) for effect in effects)
    ended = sum(isinstance(effect, ef.NoteSessionEnded) for effect in effects)
    over = isinstance(state, st.Ended | st.Rating)
    under_way = isinstance(state, st.InStep | st.Warned) and not over
    assert begun == ended + under_way


def test_the_search_for_personal_data_finds_it_where_it_is() -> None:
    session = Session(
        content=content(),
        service_id="tax-payment-certificate",
        display=PLAIN,
        answers={"phone": PHONE},
    )
    state = st.Checking(session=session, step_id="check")
    assert PHONE in set(_texts(state))
    assert PHONE not in repr(state)


def _texts(value: object) -> list[str]:
    """Every text anywhere inside, `repr` or not."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, bytes):
        return [value.decode("latin-1")]
    if isinstance(value, BaseModel):
        return _texts(value.model_dump(mode="python"))
    if is_dataclass(value):
        return [text for each in fields(value) for text in _texts(getattr(value, each.name))]
    if isinstance(value, Mapping):
        return [text for pair in value.items() for each in pair for text in _texts(each)]
    if isinstance(value, list | tuple | set | frozenset):
        return [text for each in value for text in _texts(each)]
    return []
