"""The table of kiosks: which rows, in which order. Pure."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from fleet_server.console.sentences import why_text
from fleet_server.console.words import Words
from fleet_server.kiosks.presence import Word
from fleet_server.kiosks.schemas import KioskSummary

URGENCY: Final = {
    Word.SILENT: 0,
    Word.UNKNOWN: 1,
    Word.LIMITED: 2,
    Word.IDLE_CLOSED: 3,
    Word.MAINTENANCE: 4,
    Word.SERVING: 5,
}
"""Who needs somebody first."""

SORTS: Final = ("word", "name", "hall", "since", "waiting")


@dataclass(frozen=True, slots=True)
class Choice:
    """What the address bar asks for."""

    text: str = ""
    word: str = ""
    sort: str = "word"
    is_descending: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One kiosk in the table."""

    kiosk: KioskSummary
    why: str
    troubled: tuple[str, ...]
    """Devices a technician must see to."""
    shown: str
    """`current`, `old` or `unknown`: what is drawn against what is published."""


def count_words(kiosks: tuple[KioskSummary, ...]) -> Mapping[Word, int]:
    """How many kiosks are called what, every word included."""
    counted = Counter(kiosk.presence.word for kiosk in kiosks)
    return {word: counted[word] for word in Word}


def table_rows(
    words: Words, kiosks: tuple[KioskSummary, ...], wanted: str | None, choice: Choice
) -> tuple[Row, ...]:
    """The rows asked for; equal ones stay in order of hall and name."""
    rows = [
        Row(kiosk, why_text(words, kiosk.presence), _troubled(kiosk), shown_state(kiosk, wanted))
        for kiosk in kiosks
        if _matches(kiosk, choice)
    ]
    rows.sort(key=_KEYS.get(choice.sort, _KEYS["word"]), reverse=choice.is_descending)
    return tuple(rows)


def shown_state(kiosk: KioskSummary, wanted: str | None) -> str:
    """What is drawn, against what is published."""
    if kiosk.drawn_content is None:
        return "unknown"
    return "current" if kiosk.drawn_content == wanted else "old"


def _troubled(kiosk: KioskSummary) -> tuple[str, ...]:
    named = kiosk.presence.facts.get("devices", "")
    return tuple(named.split(",")) if named else ()


def _matches(kiosk: KioskSummary, choice: Choice) -> bool:
    if choice.word and kiosk.presence.word != choice.word:
        return False
    text = choice.text.casefold()
    return any(text in field.casefold() for field in (kiosk.kiosk_id, kiosk.name, kiosk.hall))


_KEYS: Final[Mapping[str, Callable[[Row], tuple[object, ...]]]] = {
    "word": lambda row: (URGENCY[row.kiosk.presence.word], row.kiosk.presence.since),
    "name": lambda row: (row.kiosk.name, row.kiosk.kiosk_id),
    "hall": lambda row: (row.kiosk.hall, row.kiosk.name),
    "since": lambda row: (row.kiosk.presence.since,),
    "waiting": lambda row: (-row.kiosk.cases_waiting, -row.kiosk.events_waiting),
}
