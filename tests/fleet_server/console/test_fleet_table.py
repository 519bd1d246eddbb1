"""Which kiosks a list shows, in which order, and against what their content is held."""

from datetime import UTC, datetime, timedelta

import pytest

from fleet_server.console.fleet_table import Choice, count_words, table_rows
from fleet_server.console.paging import paged
from fleet_server.console.words import words_in
from fleet_server.kiosks.presence import Word
from fleet_server.kiosks.schemas import KioskSummary, PresenceView

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
WANTED = "a" * 64


def kiosk(
    number: int, word: Word, *, drawn: str | None = WANTED, waiting: int = 0, devices: str = ""
) -> KioskSummary:
    facts = {"devices": devices} if devices else {}
    return KioskSummary(
        kiosk_id=f"hz{number:04}",
        name=f"{number:02} 号终端",
        hall="东厅" if number % 2 else "西厅",
        presence=PresenceView(
            word=word,
            why="devices" if devices else "",
            facts=facts,
            since=NOW - timedelta(minutes=number),
            heard_at=NOW,
            due_at=None,
            epoch=1,
            app_state="idle",
            clock="ntp",
        ),
        cases_waiting=waiting,
        events_waiting=0,
        active_content=drawn,
        drawn_content=drawn,
        software="",
    )


KIOSKS = (
    kiosk(1, Word.SERVING),
    kiosk(2, Word.LIMITED, devices="receipt_printer", waiting=3),
    kiosk(3, Word.SILENT, drawn="b" * 64),
    kiosk(4, Word.UNKNOWN, drawn=None),
)


def shown(choice: Choice) -> list[str]:
    return [row.kiosk.kiosk_id for row in table_rows(words_in("zh-CN"), KIOSKS, WANTED, choice)]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (Choice(), ["hz0003", "hz0004", "hz0002", "hz0001"]),
        (Choice(is_descending=True), ["hz0001", "hz0002", "hz0004", "hz0003"]),
        (Choice(sort="name"), ["hz0001", "hz0002", "hz0003", "hz0004"]),
        (Choice(sort="since"), ["hz0004", "hz0003", "hz0002", "hz0001"]),
        (Choice(sort="waiting"), ["hz0002", "hz0001", "hz0003", "hz0004"]),
        (Choice(sort="hall", text="东厅"), ["hz0001", "hz0003"]),
        (Choice(sort="colour", text="HZ0002"), ["hz0002"]),
        (Choice(word="silent"), ["hz0003"]),
        (Choice(word="silent", text="01 号"), []),
    ],
)
def test_the_address_bar_decides_rows_and_order(choice: Choice, expected: list[str]) -> None:
    assert shown(choice) == expected


def test_every_word_is_counted_even_when_nobody_has_it() -> None:
    counts = count_words(KIOSKS)
    assert counts[Word.SILENT] == 1
    assert counts[Word.MAINTENANCE] == 0
    assert set(counts) == set(Word)


def test_what_is_drawn_is_held_against_what_is_published() -> None:
    rows = table_rows(words_in("zh-CN"), KIOSKS, WANTED, Choice(sort="name"))
    assert [row.shown for row in rows] == ["current", "current", "old", "unknown"]
    assert rows[1].troubled == ("receipt_printer",)


@pytest.mark.parametrize(
    ("total", "at", "pages", "first", "last"),
    [(0, 1, 1, 0, 0), (50, 1, 1, 1, 50), (51, 2, 2, 51, 51), (120, 2, 3, 51, 100)],
)
def test_a_page_knows_its_rows(total: int, at: int, pages: int, first: int, last: int) -> None:
    found = paged(total, at, 50)
    assert (found.pages, found.first, found.last) == (pages, first, last)
