"""What can arrive from a scanner, and what every framing offers the driver."""

from dataclasses import dataclass, field
from typing import Literal, Protocol, get_args

FramingName = Literal["auto", "line", "newland", "honeywell", "ssi"]
"""`auto` asks, see `automatic`. `line` ends a code by CR, LF, CR LF or STX … ETX, and waits for no
silence. The others are named after those who speak them."""
FRAMINGS: tuple[FramingName, ...] = get_args(FramingName)

LONGEST_CODE = 8192
"""A QR code holds 7089 digits at most (ISO/IEC 18004, version 40-L); what is longer than this, with
identifier and suffix, is no scan. No framing keeps more than this and one piece."""
GLITCH = b"\x00\xff"
"""The bytes a cable being plugged in, a plug that rubs, or a break sends."""


@dataclass(frozen=True, slots=True)
class CodeArrived:
    """One code, without its framing."""

    raw: bytes = field(repr=False)
    symbology: str | None = None
    """Our word where the framing itself names it; None where an AIM identifier may stand in front
    of `raw`."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The scanner's answer to a command."""

    accepted: bool


@dataclass(frozen=True, slots=True)
class ReplyDue:
    """The scanner waits for these bytes."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Noise:
    """Bytes that are neither code nor answer were dropped."""

    count: int


Arrival = CodeArrived | Answered | ReplyDue | Noise


class Framing(Protocol):
    """One language. Remembers nothing but what has begun and not ended, and that is bounded."""

    @property
    def begin(self) -> tuple[bytes, ...]:
        """Commands that make it look for codes, in order; none for one that always looks."""

    @property
    def end(self) -> tuple[bytes, ...]:
        """Commands that make it stop."""

    @property
    def discard(self) -> tuple[bytes, ...]:
        """Commands that make it throw away codes it has read and not handed over yet."""

    @property
    def is_answering(self) -> bool:
        """Does each command in `begin` get an `Answered`?"""

    @property
    def questions(self) -> tuple[bytes, ...]:
        """What it answers without changing anything, one of them; none for one without ears."""

    @property
    def ends_by_silence(self) -> bool:
        """Does a pause of the line end a code (and so must be waited for)?"""

    @property
    def is_waiting(self) -> bool:
        """Has something begun whose end has not come?"""

    def take(self, data: bytes) -> list[Arrival]:
        """Take the next bytes, cut anywhere; never raises."""

    def pause(self) -> list[Arrival]:
        """Take note that the line was quiet; nothing waits afterwards."""

    def forget(self) -> None:
        """Drop what has begun, even what goes on after a pause: whoever showed it has gone."""

    def again(self, command: bytes) -> bytes:
        """A command as it is sent when it was not answered the first time."""


def is_glitch(payload: bytes) -> bool:
    """Is this what a cable being plugged in or a break sends (NUL and FF), and no code?"""
    return not payload.strip(GLITCH)
