"""Mains lost, battery low, door open: no new session starts, and the present one ends in order."""

from dataclasses import replace

import pytest

from kiosk.contract.closing import Closing
from kiosk.contract.devices import DeviceKind, DeviceState, DeviceStatus
from kiosk.flow import effects as ef
from kiosk.flow import events as ev
from kiosk.flow import states as st
from kiosk.flow.citizen import PLAIN
from kiosk.flow.closing import closing, must_end
from kiosk.flow.session import step
from kiosk.flow.world import World
from tests.kiosk.flow.visits import CASE_ID, RECEIPT, REPLIES, Walk, world

POLICE = "police-no-criminal-record"
SOCIAL = "social-insurance-participation"
TAX = "tax-payment-certificate"

ON_BATTERY = world(mains=False)
BATTERY_LOW = world(mains=False, battery="low")
DOOR_OPEN = world(door="open")


def at(service_id: str, step_id: str) -> Walk:
    walk = Walk()
    walk.choose(service_id)
    walk.until(step_id)
    return walk


@pytest.mark.parametrize(
    ("around", "why"),
    [
        (world(), None),
        (ON_BATTERY, Closing.MAINS_LOST),
        (BATTERY_LOW, Closing.BATTERY_LOW),
        (DOOR_OPEN, Closing.DOOR_OPEN),
        (world(mains=False, door="open"), Closing.MAINS_LOST),
        (world(mains=False, closed="检修"), Closing.COMMAND),
        (world(battery="low"), None),
    ],
)
def test_the_reason_that_goes_first(around: World, why: Closing | None) -> None:
    assert closing(around) is why


@pytest.mark.parametrize("kind", [DeviceKind.POWER_SUPPLY, DeviceKind.CABINET])
@pytest.mark.parametrize("parts", [{}, {"mains": "unknown", "battery": "low", "door": "unknown"}])
def test_what_is_not_known_closes_nothing(kind: DeviceKind, parts: dict[str, str]) -> None:
    state = DeviceState(status=DeviceStatus.OFFLINE, fault="D102", parts=parts)
    around = world()
    around = replace(around, devices={**around.devices, kind: state})
    assert closing(around) is None
    assert not must_end(around)


def test_a_kiosk_without_supply_and_cabinet_is_open() -> None:
    around = world()
    theirs = {DeviceKind.POWER_SUPPLY, DeviceKind.CABINET}
    bare = {kind: state for kind, state in around.devices.items() if kind not in theirs}
    assert closing(replace(around, devices=bare)) is None


@pytest.mark.parametrize("around", [ON_BATTERY, BATTERY_LOW, DOOR_OPEN])
def test_no_new_session_starts_until_it_is_over(around: World) -> None:
    walk = Walk(around)
    assert walk.means_nothing(ev.Begin())
    assert walk.feed(ev.WorldChanged()) == st.OutOfService()
    assert walk.means_nothing(ev.Begin())
    walk.world = world()
    assert walk.feed(ev.WorldChanged()) == st.Idle()
    assert isinstance(walk.feed(ev.Begin()), st.Home)


@pytest.mark.parametrize("around", [ON_BATTERY, BATTERY_LOW, DOOR_OPEN])
def test_a_service_chosen_in_the_same_moment_does_not_begin(around: World) -> None:
    department = world().content.bundle.services[TAX].definition.department
    here = st.ServiceList(display=PLAIN, department=department)
    chosen = step(here, ev.ServiceChosen(TAX), around)
    assert chosen is not None
    assert (chosen.state, chosen.effects) == (st.OutOfService(), ())
    control = step(here, ev.ServiceChosen(TAX), world())
    assert control is not None
    assert isinstance(control.state, st.AtGuide)


@pytest.mark.parametrize("around", [ON_BATTERY, DOOR_OPEN])
def test_a_session_under_way_goes_on_to_its_paper_and_then_the_kiosk_closes(
    around: World,
) -> None:
    walk = at(TAX, "check")
    walk.world = around
    assert walk.means_nothing(ev.WorldChanged())
    walk.feed(ev.Continue(), ev.CaseStored(CASE_ID), ev.CaseReceived(RECEIPT))
    walk.feed(ev.CaseAnswered(REPLIES["completed"]))
    assert isinstance(walk.state, st.Printing)
    walk.feed(ev.PaperEnded("printed"))
    assert isinstance(walk.state, st.Ended)
    walk.feed(ev.Continue(), ev.Rated(5))
    assert walk.past_the_slot() == st.OutOfService()


def test_going_back_out_of_a_service_does_not_lead_to_the_next_one() -> None:
    walk = Walk()
    walk.choose(POLICE)
    walk.world = ON_BATTERY
    assert walk.feed(ev.Back()) == st.OutOfService()


@pytest.mark.parametrize("step_id", ["guide", "identify", "ask_use", "check", "sign"])
def test_with_the_battery_at_its_end_a_session_that_asks_ends_at_once_and_keeps_nothing(
    step_id: str,
) -> None:
    walk = at(POLICE, step_id)
    walk.world = BATTERY_LOW
    assert walk.feed(ev.WorldChanged()) == st.OutOfService()
    assert ef.NoteSessionEnded(POLICE, "power_lost", step_id) in walk.effects
    assert ef.ForgetSession() in walk.effects


def test_also_under_the_question_whether_somebody_is_there() -> None:
    walk = at(POLICE, "check")
    walk.feed(ev.TimedOut())
    walk.world = BATTERY_LOW
    assert walk.feed(ev.WorldChanged()) == st.OutOfService()


def test_a_card_in_the_slot_is_still_given_back() -> None:
    walk = at(SOCIAL, "check")
    walk.world = BATTERY_LOW
    assert isinstance(walk.feed(ev.WorldChanged()), st.TakingCard)
    assert walk.feed(ev.CardTaken()) == st.OutOfService()


def test_a_case_handed_in_gets_its_paper_without_waiting_for_the_department() -> None:
    walk = at(TAX, "submit")
    walk.feed(ev.CaseStored(CASE_ID))
    assert isinstance(walk.state, st.AwaitingReply)
    walk.world = BATTERY_LOW
    walk.feed(ev.WorldChanged())
    assert isinstance(walk.state, st.Printing)
    assert isinstance(walk.effects[-1], ef.PrintPaper)


def test_a_case_being_stored_when_the_battery_ends_is_stored_and_then_gets_its_paper() -> None:
    walk = at(TAX, "submit")
    walk.world = BATTERY_LOW
    assert isinstance(walk.state, st.Storing)
    assert walk.means_nothing(ev.WorldChanged())
    assert isinstance(walk.feed(ev.CaseStored(CASE_ID)), st.Printing)


def test_a_paper_in_motion_finishes_and_the_number_is_shown() -> None:
    walk = at(TAX, "print_certificate")
    walk.world = BATTERY_LOW
    assert walk.means_nothing(ev.WorldChanged())
    walk.feed(ev.PaperEnded("printed"))
    assert isinstance(walk.state, st.Ended)
    assert walk.means_nothing(ev.WorldChanged())
    assert walk.feed(ev.Continue()) == st.OutOfService()  # no rating


def test_mains_back_before_the_end_changes_nothing_for_the_citizen() -> None:
    walk = at(POLICE, "ask_use")
    for around in (ON_BATTERY, world()):
        walk.world = around
        assert walk.means_nothing(ev.WorldChanged())
    walk.feed(ev.Quit(), ev.Continue())
    assert walk.state == st.Idle()
