"""What of an event belongs in the journal: kinds and facts of `assets/journal.yaml`."""

from kiosk.flow import events as ev
from kiosk.flow.states import Browsing, Resting, State, TakingCard

Fact = str | int | float | bool
Entry = tuple[str, dict[str, Fact]]


def entry_of(event: ev.Event, before: State) -> Entry | None:
    """The journal's entry for an event that meant something in the state before; never personal."""
    if isinstance(before, Resting | Browsing):
        return None
    if isinstance(before, TakingCard):
        left = isinstance(event, ev.CardStayed)
        return ("card_left_behind", {"service": before.service_id}) if left else None
    service, step = before.session.service_id, before.step_id
    case_id = before.session.case_id
    match event:
        case ev.DeviceFailed(device, code):
            return "device_fault", {"device": device.value, "fault": code}
        case ev.CaseStored(stored_id):
            return "case_submitted", {"case_id": stored_id, "service": service}
        case ev.CaseNotStored():
            return "submit_failed", {"service": service, "error": "store"}
        case ev.CaseAnswered(reply):
            return "case_answered", {"case_id": case_id, "outcome": reply.state.value}
        case ev.TimedOut() | ev.SessionCapReached():
            return "timed_out", {"state": type(before).__name__, "step": step}
        case _:
            return None
