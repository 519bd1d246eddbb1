"""What is read off a page, and why sometimes nothing is."""

from dataclasses import dataclass, field
from enum import StrEnum

from device_drivers.document_camera.interface import Quad


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLine:
    """One line of text. It may be anybody's name or number: hence `repr=False`."""

    text: str = field(repr=False)
    score: float
    """How sure the reader is, 0 to 1."""
    quad: Quad
    """Where it stands on the picture, from the line's own top-left corner clockwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRead:
    """All lines of a picture, from top to bottom; none where there is no text."""

    lines: tuple[TextLine, ...]


class WhyNotRead(StrEnum):
    """What kept the reading process from an answer; the next question begins a new one."""

    TOO_SLOW = "too_slow"
    ENDED = "ended"
    """Out of memory, killed, or not installed."""


@dataclass(frozen=True, slots=True)
class NotRead:
    """No answer. Text is a help to the citizen: nothing may depend on it."""

    why: WhyNotRead


TextReading = TextRead | NotRead


class PageTurn(StrEnum):
    """How the text of a page lies."""

    UPRIGHT = "upright"
    UPSIDE_DOWN = "upside_down"
    SIDEWAYS = "sideways"
    UNKNOWN = "unknown"
    """Too little print to tell."""
