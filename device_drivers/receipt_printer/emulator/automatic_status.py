"""Automatic status of the emulated printer: GS a (DEVICES.md 4.3)."""

from dataclasses import dataclass

_ONLINE, _ERROR, _PAPER = 0x02, 0x04, 0x08
"""Bits of n in GS a n. Bit 0 is the drawer's connector: nothing hangs on ours."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What automatic status speaks of."""

    stopped_by: str
    """What keeps the printer off line; empty when it is on line."""
    cover_open: bool
    cutter_stuck: bool
    paper: str

    def report(self) -> bytes:
        """Four bytes: printer, errors, paper, and one that is always 0."""
        printer = 0x10 | (0x08 if self.stopped_by else 0) | (0x20 if self.cover_open else 0)
        paper = {"full": 0, "low": 0x03, "out": 0x0F}[self.paper]
        return bytes([printer, 0x08 if self.cutter_stuck else 0, paper, 0])

    def chosen_by(self, n: int) -> tuple[object, ...]:
        """The part of it that n chooses; a report goes out when this changes."""
        return (
            (self.stopped_by, self.cover_open) if n & _ONLINE else (),
            self.cutter_stuck if n & _ERROR else (),
            self.paper if n & _PAPER else (),
        )


class AutomaticReports:
    """Knows when a report is due: once when it is asked for, then at every chosen change."""

    def __init__(self, n_at_power_on: int, now: Condition) -> None:
        self._n_at_power_on = n_at_power_on
        self._n = n_at_power_on
        self._told = now

    def choose(self, n: int, now: Condition) -> bytes:
        """GS a n: the report that goes out at once, or nothing for n = 0."""
        self._n = n
        self._told = now
        return now.report() if n else b""

    def reset(self, now: Condition) -> None:
        """ESC @: as when it was switched on."""
        self._n = self._n_at_power_on
        self._told = now

    def after_change(self, now: Condition) -> bytes:
        """The report that goes out because something changed; empty when nothing chosen did."""
        before, self._told = self._told, now
        is_due = now.chosen_by(self._n) != before.chosen_by(self._n)
        return now.report() if is_due else b""
