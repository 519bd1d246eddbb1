"""Was every accepted case kept, exactly once? Judges a history; knows no process and no file."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class History:
    """What each part says after everything has come to rest."""

    promised: tuple[str, ...]
    """Ids of the cases whose `submit` returned."""
    on_kiosk: tuple[str, ...]
    """Ids in the kiosk's store: a submission cut off before it could return may be among them."""
    at_server: tuple[str, ...]
    numbers: tuple[str, ...]
    """Case numbers at the server, one per case."""
    at_department: tuple[str, ...]
    milestones: tuple[tuple[str, str], ...] = field(default=())
    """(case, milestone) lines of the server's timeline that may be there once only."""
    cut_off_at_most: int = 0
    """How many submissions can have been cut off after they were durable."""


def complaints(history: History) -> list[str]:
    """What is wrong with it, in words; empty when every promise was kept."""
    found: list[str] = []
    kiosk, server = set(history.on_kiosk), set(history.at_server)
    department = set(history.at_department)
    for place, ids in (("the server", server), ("the department", department)):
        found += [
            f"{case} was promised and is lost at {place}"
            for case in history.promised
            if case not in ids
        ]
        found += [f"{case} at {place} was never submitted" for case in sorted(ids - kiosk)]
    found += [f"{case} stands at one end only" for case in sorted(server ^ department)]
    for place, every in (
        ("at the server", history.at_server),
        ("at the department", history.at_department),
        ("among the case numbers", history.numbers),
        ("in the timeline", tuple(f"{case} {what}" for case, what in history.milestones)),
    ):
        found += [
            f"{one} stands {count} times {place}"
            for one, count in Counter(every).items()
            if count > 1
        ]
    unpromised = len(kiosk - set(history.promised))
    if unpromised > history.cut_off_at_most:
        found.append(f"{unpromised} cases nobody promised, {history.cut_off_at_most} cut off")
    return found
