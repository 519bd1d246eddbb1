"""The printer's status bytes: questions, and which answer is which (DEVICES.md 4.3, 4.4).

Pure. Each answer is told from the others by its fixed bits, so that a late or unasked-for byte is
never taken for an answer to something else; automatic status, whose later bytes have no such bits,
is known by its first byte and taken as the unit of four it is.
"""

from dataclasses import dataclass
from enum import IntEnum

from device_drivers.receipt_printer.status_bits import (
    CLEAR_IN_OTHERS,
    FIXED_BITS,
    OF_AUTOMATIC,
    OF_REAL_TIME,
    RollBits,
)


class Question(IntEnum):
    """n of DLE EOT n (DEVICES.md 4.3)."""

    PRINTER = 1
    OFFLINE_CAUSE = 2
    ERROR_CAUSE = 3
    PAPER = 4


FULL_STATUS_BYTES = 6
FULL_STATUS_HEAD = b"\x10\x0f"
"""DLE EOT 20 is answered by 10 0F and four bytes (DEVICES.md 4.4)."""
AUTOMATIC_STATUS_BYTES = 4
_FLOW_CONTROL = b"\x11\x13"
"""XON and XOFF of a serial line, which a printer sends around its answers."""

_ASK = b"\x10\x04"
"""DLE EOT, with n behind it."""
ASK_FULL_STATUS = b"\x10\x04\x14"
"""DLE EOT 20, of the Custom family only (DEVICES.md 4.4)."""
ASK_AUTOMATIC_STATUS = b"\x1da\x0e"
"""GS a 14: on line, errors and paper; a report at once, and one at each change."""
NO_AUTOMATIC_STATUS = b"\x1da\x00"
"""GS a 0."""
CLEAR_BUFFERS = b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08"
"""DLE DC4, fn = 8 (Epson ESC/POS reference; Citizen's have it too): obeyed at once, off line, in
error or with a full buffer. It clears the receive and the print buffer and leaves all modes."""
CLEARED = b"\x37\x25\x00"
"""The answer when that is done: header, identifier, NUL. Until then nothing may be sent."""
RECOVER = b"\x10\x05\x02"
"""DLE ENQ 2 (Epson, Citizen, HPRT, Partner): clear both buffers and recover from an error of the
automatic cutter; it does nothing where there is none, and is not answered."""


def ask(question: Question) -> bytes:
    """DLE EOT n."""
    return _ASK + bytes([question])


@dataclass(frozen=True, slots=True)
class RealTimeAnswer:
    """The answer to DLE EOT 1..4."""

    byte: int


@dataclass(frozen=True, slots=True)
class FullStatus:
    """The answer to DLE EOT 20, or the same said unasked (GS E0)."""

    frame: bytes


@dataclass(frozen=True, slots=True)
class AutomaticStatus:
    """A report of GS a, whole."""

    frame: bytes


@dataclass(frozen=True, slots=True)
class EndOfJob:
    """The answer to GS r 1: what was sent before it has been executed."""

    byte: int = 0
    """Of `RollBits`."""

    @property
    def is_out_of_paper(self) -> bool:
        """The command was executed on paper that had ended: the end may be missing on it."""
        return self.byte & RollBits.OUT != 0


@dataclass(frozen=True, slots=True)
class Cleared:
    """The answer to DLE DC4 8: what was sent before and not yet printed is gone."""


Heard = RealTimeAnswer | FullStatus | AutomaticStatus | EndOfJob | Cleared


class Hearing:
    """Parts what a printer sends into answers, whatever the pieces it comes in. One a connection.

    Automatic status (GS a, DEVICES.md 4.3) may come unasked at any moment, when paper ends in the
    middle of a job for one. Its bytes 2 to 4 look just like the answer to GS r 1, so three such
    bytes after its first one are never taken for the end of a job, whatever comes in between.
    No other answer begins as that to DLE DC4 8 does; flow control may come in between its bytes.
    `knows_full_status`: it is of the Custom family, where 10 0F begins a unit of six.
    """

    def __init__(self, *, knows_full_status: bool = False) -> None:
        self._knows_full_status = knows_full_status
        self._automatic = b""
        """What has come of an automatic status."""
        self._last = 0
        self._full = b""
        """What has come of a full status."""
        self._cleared = b""
        """What has come of the answer to DLE DC4 8."""
        self.noise = 0
        """Bytes heard so far that belong to no answer: a line that has some may invent others."""

    def hear(self, data: bytes) -> list[Heard]:
        """The answers that are complete with `data`, in their order; noise is left out."""
        return [answer for byte in data if (answer := self._one(byte)) is not None]

    def forget_half(self) -> None:
        """What is missing of a unit was lost: for when the line has been quiet for long enough."""
        self._automatic = b""
        self._full = b""
        self._cleared = b""

    def _one(self, byte: int) -> Heard | None:
        last, self._last = self._last, byte
        if self._full:
            return self._more_of_full(byte)
        if self._cleared and byte not in _FLOW_CONTROL:
            return self._more_of_cleared(byte)
        if self._knows_full_status and bytes([last, byte]) == FULL_STATUS_HEAD:
            # no automatic status: its second byte has bits 0 and 1 clear
            self._automatic = b""
            self._full = FULL_STATUS_HEAD
            return None
        if byte & FIXED_BITS == OF_AUTOMATIC:
            self._automatic = bytes([byte])
            return None
        if byte & FIXED_BITS == OF_REAL_TIME:
            return RealTimeAnswer(byte)
        if CLEARED.startswith(bytes([byte])):
            self._cleared = bytes([byte])
            return None
        if byte & CLEAR_IN_OTHERS:
            self.noise += byte not in _FLOW_CONTROL
            return None
        if self._automatic:
            return self._more_of_automatic(byte)
        return EndOfJob(byte)

    def _more_of_automatic(self, byte: int) -> AutomaticStatus | None:
        self._automatic += bytes([byte])
        if len(self._automatic) < AUTOMATIC_STATUS_BYTES:
            return None
        frame, self._automatic = self._automatic, b""
        return AutomaticStatus(frame)

    def _more_of_cleared(self, byte: int) -> Heard | None:
        before, self._cleared = self._cleared, b""
        so_far = before + bytes([byte])
        if so_far == CLEARED:
            return Cleared()
        if CLEARED.startswith(so_far):
            self._cleared = so_far
            return None
        self.noise += len(before)
        return self._one(byte)

    def _more_of_full(self, byte: int) -> FullStatus | None:
        self._full += bytes([byte])
        if len(self._full) < FULL_STATUS_BYTES:
            return None
        frame, self._full = self._full, b""
        self._last = 0
        return FullStatus(frame)
