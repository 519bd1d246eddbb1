"""The light at the slot the page asks for, decided by the state alone."""

from dataclasses import replace

import pytest

from device_drivers.cabinet.interface import LightMode, Slot
from kiosk.flow import events as ev
from kiosk.flow import states as st
from kiosk.flow.citizen import PLAIN, PaperKind
from kiosk.flow.lights import DARK, lights_of
from tests.kiosk.flow.visits import Walk, definitions

SLOT_OF = {
    "read_id_card": Slot.ID_CARD,
    "read_social_security_card": Slot.SOCIAL_SECURITY_CARD,
    "scan_code": Slot.SCANNER,
    "photograph": Slot.CAMERA,
    "print_receipt": Slot.RECEIPT_PRINTER,
}
STEPS = [
    (definition.id, step_id, step.kind)
    for definition in definitions()
    for step_id, step in definition.steps.items()
    if step.kind != "outcome"
]


@pytest.mark.parametrize(("service_id", "step_id", "kind"), STEPS)
def test_every_step_lights_its_own_slot_and_no_other(
    service_id: str, step_id: str, kind: str
) -> None:
    walk = Walk()
    walk.choose(service_id)
    walk.until(step_id)
    lit = {slot for slot, mode in lights_of(walk.state).items() if mode is not LightMode.OFF}
    assert lit == ({SLOT_OF[kind]} if kind in SLOT_OF else set())


def test_a_service_that_prints_shows_where_the_paper_hangs_until_the_page_is_left() -> None:
    walk = Walk()
    walk.choose("tax-payment-certificate")
    walk.until("print_certificate")
    walk.feed(ev.PaperEnded("printed"))
    assert lights_of(walk.state)[Slot.RECEIPT_PRINTER] is LightMode.BLINK
    walk.feed(ev.Continue())
    assert lights_of(walk.state) == DARK


def test_an_a4_paper_is_shown_at_its_own_slot_while_it_is_printed_and_until_the_page_is_left() -> (
    None
):
    walk = Walk()
    walk.choose("tax-payment-certificate")
    walk.until("print_certificate")
    assert isinstance(walk.state, st.Printing)
    on_a4 = replace(walk.state.session, paper_kind=PaperKind.A4)
    walk.state = replace(walk.state, session=on_a4)
    only_its_own = {**DARK, Slot.DOCUMENT_PRINTER: LightMode.BLINK}
    assert lights_of(walk.state) == only_its_own
    walk.feed(ev.PaperEnded("printed"))
    assert lights_of(walk.state) == only_its_own


def test_a_card_left_in_the_slot_is_shown() -> None:
    left = st.TakingCard(display=PLAIN, service_id="x", onward=st.Idle(), is_seen=True)
    assert lights_of(left)[Slot.SOCIAL_SECURITY_CARD] is LightMode.BLINK
    unseen = st.TakingCard(display=PLAIN, service_id="x", onward=st.Idle())
    assert lights_of(unseen) == DARK


@pytest.mark.parametrize("state", [st.Idle(), st.OutOfService(), st.Home(display=PLAIN)])
def test_where_nothing_is_asked_for_all_is_dark(state: st.State) -> None:
    assert lights_of(state) == DARK
