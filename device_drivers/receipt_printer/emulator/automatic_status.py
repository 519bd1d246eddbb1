"""What the emulated printer says unasked: GS a and GS E0 (DEVICES.md 4.3, 4.4)."""

from device_drivers.receipt_printer.emulator.condition import Condition


class AutomaticReports:
    """Knows when a report is due: once when it is asked for, then at every chosen change."""

    def __init__(self, n_at_power_on: int, now: Condition) -> None:
        self._n_at_power_on = n_at_power_on
        self._n = n_at_power_on
        self._n_full = 0
        self._told = now

    def choose(self, n: int, now: Condition) -> bytes:
        """GS a n: the report that goes out at once, or nothing for n = 0."""
        self._n = n
        self._told = now
        return now.automatic() if n else b""

    def choose_full(self, n: int, now: Condition) -> bytes:
        """GS E0 n: six bytes at once and at every change, or nothing for n = 0."""
        self._n_full = n
        self._told = now
        return now.full() if n else b""

    def reset(self, now: Condition) -> None:
        """ESC @: as when it was switched on."""
        self._n = self._n_at_power_on
        self._n_full = 0
        self._told = now

    def after_change(self, now: Condition) -> bytes:
        """The reports that go out because something changed; empty when nothing chosen did."""
        before, self._told = self._told, now
        said = b""
        if now.chosen_by(self._n) != before.chosen_by(self._n):
            said += now.automatic()
        if self._n_full and now != before:
            said += now.full()
        return said
