"""A sandbox's own SQLite: each case with the one answer it got."""

import hashlib
import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter

from fleet_server.departments.contract.endpoints import ContractError
from fleet_server.departments.contract.models import Answer, HandedCase, Problem
from fleet_server.departments.sandbox.decisions import Decider, Moment

_ANSWER: TypeAdapter[Answer] = TypeAdapter(Answer)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS department_case (
    serial INTEGER PRIMARY KEY AUTOINCREMENT,
    case_id TEXT NOT NULL UNIQUE,
    fingerprint TEXT NOT NULL,
    received_at TEXT NOT NULL,
    answer TEXT NOT NULL
)
"""


class Ledger:
    """Answers every case once, durably before the answer leaves; safe from several threads.

    A case is a row; its arrivals are not counted, its answer never changes.
    """

    def __init__(self, path: Path, decider: Decider) -> None:
        self.department = decider.department
        self._decider = decider
        self._lock = threading.Lock()
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=FULL")
        self._database.execute(_SCHEMA)

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def take(self, case: HandedCase) -> Answer:
        """Decide a new case, or repeat the answer. Raises ContractError on other content."""
        fingerprint = hashlib.sha256(case.model_dump_json().encode()).hexdigest()
        with self._lock, closing(self._database.cursor()) as cursor:
            cursor.execute("BEGIN IMMEDIATE")
            try:
                answer = self._take(cursor, case, fingerprint)
            except BaseException:
                cursor.execute("ROLLBACK")
                raise
            cursor.execute("COMMIT")
            return answer

    def _take(self, cursor: sqlite3.Cursor, case: HandedCase, fingerprint: str) -> Answer:
        known = cursor.execute(
            "SELECT fingerprint, answer FROM department_case WHERE case_id = ?", (case.case_id,)
        ).fetchone()
        if known is not None:
            if known[0] != fingerprint:
                raise ContractError(409, Problem(code="case_conflict"))
            return _ANSWER.validate_json(known[1])
        (last,) = cursor.execute("SELECT coalesce(max(serial), 0) FROM department_case").fetchone()
        answer = self._decider.decide(case, Moment.current(last + 1))
        cursor.execute(
            "INSERT INTO department_case (serial, case_id, fingerprint, received_at, answer)"
            " VALUES (?, ?, ?, ?, ?)",
            (
                last + 1,
                case.case_id,
                fingerprint,
                datetime.now(UTC).isoformat(),
                answer.model_dump_json(),
            ),
        )
        return answer

    def look(self, case_id: str) -> Answer | None:
        """The answer on record; None for a case that never arrived."""
        with self._lock:
            row = self._database.execute(
                "SELECT answer FROM department_case WHERE case_id = ?", (case_id,)
            ).fetchone()
        return None if row is None else _ANSWER.validate_json(row[0])

    def count(self) -> int:
        """How many cases there are."""
        with self._lock:
            (found,) = self._database.execute("SELECT count(*) FROM department_case").fetchone()
        return int(found)
