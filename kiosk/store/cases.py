"""Cases leaving the kiosk: the citizen's side submits and looks, the agent's side delivers."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from nacl.public import PrivateKey, PublicKey

from kiosk.contract.cases import CasePayload, CaseReceipt, CaseReply, SealedCase
from kiosk.contract.uplink import KEPT_TOO_LONG, CaseSubmitted, CaseTurnedAway
from kiosk.store.database import Store, Value, from_ms, to_ms, utc_now
from kiosk.store.outbox import Outbox
from kiosk.store.vault import Paper, open_reply, seal

REPLY_RETENTION: Final = timedelta(minutes=20)
"""A reply opens only in the session it was made for: 15 min at most, and paper in motion."""

TURNED_AWAY_RETENTION: Final = timedelta(days=90)
"""From the submission on. A server rolled back or restored takes the case within days; longer
than a quarter nobody may keep a citizen's photographs for a case no office has."""


@dataclass(frozen=True, slots=True)
class CaseIntent:
    """A case about to be submitted; made once, carried through every retry, in memory only."""

    case_id: str = field(default_factory=lambda: secrets.token_hex(16))
    """The idempotency key: two submissions under one id are one case."""
    reply_key: PrivateKey = field(default_factory=PrivateKey.generate, repr=False)


@dataclass(frozen=True, slots=True)
class SubmittedCase:
    """What a session keeps of a case: the only key that opens the reply, in memory only."""

    case_id: str
    submitted_at: datetime
    reply_key: PrivateKey = field(repr=False)


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """The server does not take this case; a technician has been told."""

    code: str


@dataclass(frozen=True, slots=True)
class WaitingCase:
    """A sealed case the server does not have yet."""

    case: SealedCase
    submitted_at: datetime


class CaseDesk:
    """The citizen's side, used by the app."""

    def __init__(
        self,
        store: Store,
        outbox: Outbox,
        server_key: PublicKey,
        *,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._store = store
        self._outbox = outbox
        self._server_key = server_key
        self._clock = clock

    def submit(
        self,
        payload: CasePayload,
        papers: Sequence[Paper],
        *,
        service_id: str,
        service_version: int,
        content: str,
        intent: CaseIntent | None = None,
    ) -> SubmittedCase:
        """Seal the case and make it durable; it is accepted once this returns.

        About 10 ms with two photographs. Raises StoreFull and StoreBusy: then nothing was kept.
        Raises StoreBroken: a disk that failed while it was told to keep it may show it after the
        next start. Submitted again with the same intent it is one case either way; what the store
        has under that id stays as it is.
        """
        now = self._clock()
        intent = intent or CaseIntent()
        case_id = intent.case_id
        sealed = seal(
            payload,
            papers,
            case_id=case_id,
            service_id=service_id,
            service_version=service_version,
            content=content,
            submitted_at=now,
            server_key=self._server_key,
            reply_key=intent.reply_key.public_key,
        )
        with self._store.transaction() as connection:
            known = connection.execute(
                "SELECT submitted_at FROM case_out WHERE case_id = ?", (case_id,)
            ).get
            if known is not None:
                return SubmittedCase(case_id, from_ms(int(known)), intent.reply_key)
            connection.execute(
                "INSERT INTO case_out (case_id, submitted_at, stage, envelope, stage_at)"
                " VALUES (?, ?, 'waiting', ?, ?)",
                (case_id, to_ms(now), sealed.case.model_dump_json(), to_ms(now)),
            )
            connection.executemany(
                "INSERT INTO case_paper (case_id, sha256, ciphertext) VALUES (?, ?, ?)",
                [(case_id, sha256, content) for sha256, content in sealed.ciphertexts.items()],
            )
            self._outbox.record(CaseSubmitted, case_id=case_id)
        return SubmittedCase(case_id, now, intent.reply_key)

    def look(self, submitted: SubmittedCase) -> CaseReceipt | CaseReply | TurnedAway | None:
        """What is known now: the reply, else the receipt, else None while it waits here.

        Raises VaultError where the reply was not made for this session.
        """
        found = self._store.rows(
            "SELECT receipt, sealed_reply, turned_away_code FROM case_out WHERE case_id = ?",
            submitted.case_id,
        )
        if not found:
            return None
        receipt, sealed_reply, code = found[0]
        if isinstance(code, str):
            return TurnedAway(code)
        if isinstance(sealed_reply, bytes):
            return open_reply(sealed_reply, submitted.reply_key)
        if isinstance(receipt, str):
            return CaseReceipt.model_validate_json(receipt)
        return None

    def receipt(self, submitted: SubmittedCase) -> CaseReceipt | None:
        """The server's receipt, also once the reply has come; None while the case waits here."""
        found = self._store.rows(
            "SELECT receipt FROM case_out WHERE case_id = ?", submitted.case_id
        )
        if not found or not isinstance(found[0][0], str):
            return None
        return CaseReceipt.model_validate_json(found[0][0])


class CaseQueue:
    """The agent's side: what to deliver, and what became of it."""

    def __init__(
        self, store: Store, outbox: Outbox, *, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._store = store
        self._outbox = outbox
        self._clock = clock

    def waiting(self) -> list[WaitingCase]:
        """Cases the server does not have, oldest first."""
        found = self._store.rows(
            "SELECT envelope FROM case_out WHERE stage = 'waiting' ORDER BY submitted_at, case_id"
        )
        cases = [SealedCase.model_validate_json(_text(envelope)) for (envelope,) in found]
        return [WaitingCase(case, case.submitted_at) for case in cases]

    def waiting_ids(self) -> list[str]:
        """As `waiting`, ids only."""
        found = self._store.rows(
            "SELECT case_id FROM case_out WHERE stage = 'waiting' ORDER BY submitted_at, case_id"
        )
        return [_text(case_id) for (case_id,) in found]

    def count_waiting(self) -> int:
        """How many cases are accepted here and not committed at the server."""
        return len(self.waiting_ids())

    def case(self, case_id: str) -> SealedCase | None:
        """The sealed case, while it waits."""
        found = self._store.rows(
            "SELECT envelope FROM case_out WHERE case_id = ? AND stage = 'waiting'", case_id
        )
        return SealedCase.model_validate_json(_text(found[0][0])) if found else None

    def paper(self, case_id: str, sha256: str) -> bytes:
        """One paper's ciphertext. Raises KeyError once the case has been delivered."""
        found = self._store.rows(
            "SELECT ciphertext FROM case_paper WHERE case_id = ? AND sha256 = ?", case_id, sha256
        )
        if not found:
            raise KeyError(sha256)
        content = found[0][0]
        assert isinstance(content, bytes)
        return content

    def delivered(self, receipt: CaseReceipt) -> None:
        """The server has committed it: envelope and papers are erased here, the receipt stays."""
        with self._store.transaction() as connection:
            connection.execute(
                "UPDATE case_out SET stage = 'delivered', envelope = NULL, receipt = ?,"
                " turned_away_code = NULL, stage_at = ? WHERE case_id = ? AND stage = 'waiting'",
                (receipt.model_dump_json(), to_ms(self._clock()), receipt.case_id),
            )
            connection.execute("DELETE FROM case_paper WHERE case_id = ?", (receipt.case_id,))

    def awaiting_reply(self) -> list[str]:
        """Delivered cases whose session may still be waiting, oldest first."""
        found = self._store.rows(
            "SELECT case_id FROM case_out WHERE stage = 'delivered' AND submitted_at > ?"
            " ORDER BY rowid",  # as they came, whatever the clock was set to meanwhile
            to_ms(self._clock() - REPLY_RETENTION),
        )
        return [_text(case_id) for (case_id,) in found]

    def newest_awaiting_reply(self) -> str:
        """The newest case of all, where it is one of `awaiting_reply`; else empty.

        Only it can have a session before the screen: who came later has sent the others home.
        """
        found = self._store.rows("SELECT case_id FROM case_out ORDER BY rowid DESC LIMIT 1")
        newest = _text(found[0][0]) if found else ""
        return newest if newest in self.awaiting_reply() else ""

    def replied(self, receipt: CaseReceipt, sealed: bytes) -> None:
        """Keep the department's sealed word until the session has looked."""
        with self._store.transaction() as connection:
            connection.execute(
                "UPDATE case_out SET stage = 'replied', receipt = ?, sealed_reply = ?,"
                " stage_at = ? WHERE case_id = ? AND stage = 'delivered'",
                (receipt.model_dump_json(), sealed, to_ms(self._clock()), receipt.case_id),
            )

    def turned_away(self, case_id: str, code: str) -> None:
        """The server does not take it: kept as it is, and reported unless that was said before."""
        with self._store.transaction() as connection:
            before = connection.execute(
                "SELECT turned_away_code FROM case_out WHERE case_id = ?", (case_id,)
            ).get
            connection.execute(
                "UPDATE case_out SET stage = 'turned_away', turned_away_code = ?, stage_at = ?"
                " WHERE case_id = ? AND stage = 'waiting'",
                (code, to_ms(self._clock()), case_id),
            )
            if connection.changes() and before != code:
                self._outbox.record(CaseTurnedAway, case_id=case_id, code=code)

    def give_second_chance(self) -> int:
        """Let every case that was turned away wait for its delivery again; returns how many."""
        with self._store.transaction() as connection:
            connection.execute(
                "UPDATE case_out SET stage = 'waiting', stage_at = ? WHERE stage = 'turned_away'",
                (to_ms(self._clock()),),
            )
            return int(connection.changes())

    def tidy(self) -> int:
        """Erase what was delivered longer ago than `REPLY_RETENTION`; returns how many.

        Erases too, and reports, what was turned away and is older than `TURNED_AWAY_RETENTION`.
        """
        horizon = to_ms(self._clock() - REPLY_RETENTION)
        with self._store.transaction() as connection:
            for (case_id,) in connection.execute(
                "DELETE FROM case_out WHERE stage = 'turned_away' AND submitted_at <= ?"
                " RETURNING case_id",
                (to_ms(self._clock() - TURNED_AWAY_RETENTION),),
            ).fetchall():
                self._outbox.record(CaseTurnedAway, case_id=str(case_id), code=KEPT_TOO_LONG)
            connection.execute(
                "DELETE FROM case_out WHERE stage IN ('delivered', 'replied') AND stage_at <= ?",
                (horizon,),
            )
            return int(connection.changes())


def _text(value: Value) -> str:
    return str(value)
