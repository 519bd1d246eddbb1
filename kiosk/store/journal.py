"""The journal: catalogued facts for technicians and inspectors, never anything personal.

Kinds, the facts each may carry and where people read them stand in `assets/journal.yaml`. A fact
is a code, an id, a number or a truth value; free text does not fit, so a name or a citizen's
number cannot slip in.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Literal

import yaml
from pydantic import ValidationError

from kiosk.contract.model import Strict
from kiosk.contract.uplink import JournalEntry as JournalEvent
from kiosk.store.database import Store, from_ms, to_ms, utc_now
from kiosk.store.outbox import Outbox

RETENTION: Final = timedelta(days=90)

CATALOGUE: Final = Path(__file__).resolve().parents[2] / "assets" / "journal.yaml"

Fact = str | int | float | bool
Shape = Literal["code", "id", "number", "truth"]

_CODE: Final = re.compile(r"^[A-Za-z][A-Za-z0-9_.:/-]{0,63}$")
"""Words of our own; four digits in a row at most, so no number of a person."""
_LONG_NUMBER: Final = re.compile(r"\d{5}")
_ID: Final = re.compile(r"^([0-9a-f]{32}|[0-9a-f]{64}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$")


class JournalError(Exception):
    """Our own mistake: a kind or a fact that the catalogue does not have."""


class JournalKind(Strict):
    """One line of the catalogue."""

    level: Literal["info", "warning", "alarm"]
    shown: Literal["event", "journal", "kiosk"]
    """Where people read it: as another uplink event, as itself in the console, on the kiosk."""
    facts: dict[str, Shape] = {}


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One thing that happened."""

    n: int
    at: datetime
    kind: str
    facts: Mapping[str, Fact]


def load_catalogue(path: Path = CATALOGUE) -> dict[str, JournalKind]:
    """Read the catalogue. Raises JournalError naming the file and the wrong kind."""
    try:
        raw = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        return {kind: JournalKind.model_validate(entry) for kind, entry in raw.items()}
    except (OSError, yaml.YAMLError, AttributeError, ValidationError) as error:
        raise JournalError(f"{path.name}: {error}") from error


class Journal:
    """The journal of one store."""

    def __init__(
        self,
        store: Store,
        catalogue: Mapping[str, JournalKind] | None = None,
        *,
        outbox: Outbox | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        """`outbox` takes up what the console shows; without one everything stays here."""
        self._outbox = outbox
        self._store = store
        self._catalogue = load_catalogue() if catalogue is None else catalogue
        self._clock = clock

    def write(self, kind: str, **facts: Fact) -> int:
        """Append one entry; part of the caller's transaction where one is open.

        Raises JournalError, which never quotes a value.
        """
        known = self._catalogue.get(kind)
        if known is None:
            raise JournalError(f"no journal kind {kind}")
        for name, value in facts.items():
            shape = known.facts.get(name)
            if shape is None:
                raise JournalError(f"journal kind {kind} has no fact {name}")
            if not _fits(value, shape):
                raise JournalError(f"journal fact {kind}.{name} is not a {shape}")
        now = self._clock()
        with self._store.transaction() as connection:
            connection.execute(
                "INSERT INTO journal (at, kind, facts) VALUES (?, ?, ?)",
                (to_ms(now), kind, json.dumps(facts)),
            )
            number = int(connection.last_insert_rowid())
            if self._outbox is not None and known.shown == "journal":
                self._outbox.record(
                    JournalEvent, happened_at=now, entry=kind, level=known.level, facts=facts
                )
        return number

    def entries(self, *, after: int = 0, limit: int = 500) -> list[JournalEntry]:
        """Entries with a number above `after`, oldest first."""
        found = self._store.rows(
            "SELECT n, at, kind, facts FROM journal WHERE n > ? ORDER BY n LIMIT ?", after, limit
        )
        return [_entry(*row) for row in found]

    def last(self, *kinds: str) -> JournalEntry | None:
        """The newest entry, of these kinds where any are named."""
        marks = ", ".join("?" * len(kinds))
        among = f"WHERE kind IN ({marks}) " if kinds else ""
        found = self._store.rows(
            f"SELECT n, at, kind, facts FROM journal {among}ORDER BY n DESC LIMIT 1", *kinds
        )
        return _entry(*found[0]) if found else None

    def tidy(self) -> int:
        """Forget what is older than 90 days; returns how many entries."""
        with self._store.transaction() as connection:
            connection.execute(
                "DELETE FROM journal WHERE at <= ?", (to_ms(self._clock() - RETENTION),)
            )
            return int(connection.changes())


def _entry(n: object, at: object, kind: object, facts: object) -> JournalEntry:
    return JournalEntry(int(str(n)), from_ms(int(str(at))), str(kind), json.loads(str(facts)))


def _fits(value: Fact, shape: Shape) -> bool:
    match shape:
        case "truth":
            return isinstance(value, bool)
        case "number":
            # eleven digits are a telephone, eighteen a person; ten are seconds since 1970
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            return is_number and abs(float(value)) < 1e10
        case "id":
            return isinstance(value, str) and _ID.match(value) is not None
        case "code":
            return (
                isinstance(value, str)
                and (not value or _CODE.match(value) is not None)
                and not _LONG_NUMBER.search(value)
            )
