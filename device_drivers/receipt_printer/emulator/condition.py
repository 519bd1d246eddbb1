"""How the emulated printer is, and every form in which it can say so (DEVICES.md 4.3, 4.4)."""

from dataclasses import dataclass
from typing import Literal

_DRAWER, _ONLINE, _ERROR, _PAPER = 0x01, 0x02, 0x04, 0x08
"""Bits of n in GS a n."""

Breakage = Literal["", "mechanical", "voltage", "unrecoverable", "unnamed"]
"""What is broken beside the knife and the head; `unnamed` is an error without a cause."""

_CAUSES = {"": 0, "mechanical": 0x04, "voltage": 0x40, "unrecoverable": 0x20, "unnamed": 0}
"""Bits of DLE EOT 3 and of byte 2 of GS a; a voltage out of range comes back by itself (Epson)."""
_RECOVERABLE = {"voltage": 0x08}
_UNRECOVERABLE = {"mechanical": 0x02, "unrecoverable": 0x40, "unnamed": 0x80}
"""Bytes 5 and 6 of DLE EOT 20; the latter's bits differ by model."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What status bytes speak of."""

    paper: str = "full"
    cover_open: bool = False
    cutter_stuck: bool = False
    head_hot: bool = False
    ticket_in_mouth: bool = False
    presenter_jammed: bool = False
    broken: Breakage = ""
    drawer_high: bool = False
    """Pin 3 of the connector for a cash drawer."""
    is_terse: bool = False
    """A model that says each thing in one place: the end of paper by its sensor only, an open cover
    as a head that is up, little paper as the virtual end that it counts down to."""

    @property
    def stopped_by(self) -> str:
        """What keeps the printer from executing anything; empty when it is on line."""
        if self.cover_open:
            return "cover"
        if self.paper == "out":
            return "paper"
        if self.cutter_stuck:
            return "cutter"
        if self.broken:
            return "broken"
        return "head" if self.head_hot else ""

    def real_time(self, n: int) -> int:
        """DLE EOT n, for n from 1 to 4."""
        stopped = self.stopped_by
        causes = {"cover": 0x04, "paper": 0 if self.is_terse else 0x20, "": 0}
        return 0x12 | {
            1: (0x08 if stopped else 0) | (0x04 if self.drawer_high else 0),
            2: causes.get(stopped, 0x40),
            3: self._error_cause(),
            4: {"full": 0, "low": 0x0C, "out": 0x6C}[self.paper],
        }.get(n, 0)

    def automatic(self) -> bytes:
        """Four bytes of GS a: printer, errors, paper, and one that is always 0."""
        printer = 0x10 | (0x08 if self.stopped_by else 0) | (0x20 if self.cover_open else 0)
        printer |= 0x04 if self.drawer_high else 0
        return bytes([printer, self._error_cause(), self.end_of_paper(), 0])

    def _error_cause(self) -> int:
        """DLE EOT 3, and byte 2 of GS a."""
        hot = 0x40 if self.head_hot else 0
        return (0x08 if self.cutter_stuck else 0) | hot | _CAUSES[self.broken]

    def chosen_by(self, n: int) -> tuple[object, ...]:
        """The part of it that n of GS a chooses; a report goes out when this changes."""
        return (
            self.drawer_high if n & _DRAWER else (),
            (self.stopped_by, self.cover_open) if n & _ONLINE else (),
            (self.cutter_stuck, self.head_hot, self.broken) if n & _ERROR else (),
            self.paper if n & _PAPER else (),
        )

    def end_of_paper(self) -> int:
        """GS r 1: bits 0 and 1 near end, 2 and 3 end."""
        return {"full": 0x00, "low": 0x03, "out": 0x0F}[self.paper]

    def full(self) -> bytes:
        """Six bytes of DLE EOT 20: paper, user, recoverable, unrecoverable (4.4)."""
        low = 0x40 if self.is_terse else 0x04
        paper = {"full": 0, "low": low, "out": 0x01 | low}[self.paper]
        is_open = 0x01 if self.is_terse else 0x02
        return bytes(
            [
                0x10,
                0x0F,
                paper | (0x20 if self.ticket_in_mouth else 0),
                is_open if self.cover_open else 0,
                (0x01 if self.head_hot else 0) | _RECOVERABLE.get(self.broken, 0),
                (0x01 if self.cutter_stuck else 0) | _UNRECOVERABLE.get(self.broken, 0),
            ]
        )

    def of_presenter(self) -> int:
        """GS e 6 (4.4): 01 near end, 08 ticket at the output, 40 error, 80 jam.

        DLE EOT 20 has no bit for a jam: there the mouth only stays full.
        """
        return (
            (0x01 if self.paper != "full" else 0)
            | (0x08 if self.ticket_in_mouth else 0)
            | (0x40 if self.stopped_by else 0)
            | (0x80 if self.presenter_jammed else 0)
        )
