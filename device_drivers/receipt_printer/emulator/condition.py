"""How the emulated printer is, and every form in which it can say so (DEVICES.md 4.3, 4.4)."""

from dataclasses import dataclass

_ONLINE, _ERROR, _PAPER = 0x02, 0x04, 0x08
"""Bits of n in GS a n. Bit 0 is the drawer's connector: nothing hangs on ours."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What status bytes speak of."""

    paper: str = "full"
    cover_open: bool = False
    cutter_stuck: bool = False
    head_hot: bool = False
    ticket_in_mouth: bool = False
    presenter_jammed: bool = False

    @property
    def stopped_by(self) -> str:
        """What keeps the printer from executing anything; empty when it is on line."""
        if self.cover_open:
            return "cover"
        if self.paper == "out":
            return "paper"
        if self.cutter_stuck:
            return "cutter"
        return "head" if self.head_hot else ""

    def real_time(self, n: int) -> int:
        """DLE EOT n, for n from 1 to 4."""
        stopped = self.stopped_by
        causes = {"cover": 0x04, "paper": 0x20, "cutter": 0x40, "head": 0x40, "": 0}
        return 0x12 | {
            1: 0x08 if stopped else 0,
            2: causes[stopped],
            3: (0x08 if self.cutter_stuck else 0) | (0x40 if self.head_hot else 0),
            4: {"full": 0, "low": 0x0C, "out": 0x6C}[self.paper],
        }.get(n, 0)

    def automatic(self) -> bytes:
        """Four bytes of GS a: printer, errors, paper, and one that is always 0."""
        printer = 0x10 | (0x08 if self.stopped_by else 0) | (0x20 if self.cover_open else 0)
        errors = (0x08 if self.cutter_stuck else 0) | (0x40 if self.head_hot else 0)
        return bytes([printer, errors, self.end_of_paper(), 0])

    def chosen_by(self, n: int) -> tuple[object, ...]:
        """The part of it that n of GS a chooses; a report goes out when this changes."""
        return (
            (self.stopped_by, self.cover_open) if n & _ONLINE else (),
            (self.cutter_stuck, self.head_hot) if n & _ERROR else (),
            self.paper if n & _PAPER else (),
        )

    def end_of_paper(self) -> int:
        """GS r 1: bits 0 and 1 near end, 2 and 3 end."""
        return {"full": 0x00, "low": 0x03, "out": 0x0F}[self.paper]

    def full(self) -> bytes:
        """Six bytes of DLE EOT 20: paper, user, recoverable, unrecoverable (4.4)."""
        paper = {"full": 0, "low": 0x04, "out": 0x05}[self.paper]
        return bytes(
            [
                0x10,
                0x0F,
                paper | (0x20 if self.ticket_in_mouth else 0),
                0x02 if self.cover_open else 0,
                0x01 if self.head_hot else 0,
                0x01 if self.cutter_stuck else 0,
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
