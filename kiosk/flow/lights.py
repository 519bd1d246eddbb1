"""Which guidance light (引导灯) shows the citizen the slot that the page speaks of. Pure."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from device_drivers.cabinet.interface import LightMode, Slot
from kiosk.flow import states as st
from kiosk.flow.citizen import PaperKind, PaperState, Session

DARK: Final[Mapping[Slot, LightMode]] = MappingProxyType(dict.fromkeys(Slot, LightMode.OFF))
"""Every light off."""


def lights_of(state: st.State) -> Mapping[Slot, LightMode]:
    """What each light does in this state: one blinks at most, so that it is the one."""
    slot = _slot_of(state)
    return DARK if slot is None else {**DARK, slot: LightMode.BLINK}


def _slot_of(state: st.State) -> Slot | None:
    match state:
        case st.AwaitingIdCard():
            return Slot.ID_CARD
        case st.AwaitingSocialSecurityCard() | st.TakingCard(is_seen=True):
            return Slot.SOCIAL_SECURITY_CARD
        case st.AwaitingCode():
            return Slot.SCANNER
        case st.Photographing():
            return Slot.CAMERA
        case st.Printing(session=session):
            return _paper_slot(session)
        case st.Ended(session=session) if session.paper is PaperState.PRINTED:
            return _paper_slot(session)  # the paper lies there until somebody takes it
        case _:
            return None


def _paper_slot(session: Session) -> Slot:
    is_a4 = session.paper_kind is PaperKind.A4
    return Slot.DOCUMENT_PRINTER if is_a4 else Slot.RECEIPT_PRINTER
