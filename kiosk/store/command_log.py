"""Commands from the console: written down before anything is answered, done at most once.

`FLEET.md` section 7, Commands. The agent receives; the app asks `to_do`, begins, finishes.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final, Literal

from pydantic import ValidationError

from kiosk.contract.downlink import UNSUPPORTED, Command, UnsupportedOrder
from kiosk.contract.uplink import CommandProgress
from kiosk.store.database import Store, Value, from_ms, to_ms, utc_now
from kiosk.store.outbox import Outbox

IDEMPOTENT: Final = frozenset({"set_out_of_service"})
"""Done again after a crash; anything else that was running is reported `interrupted`."""

FULFILLED_BY_START: Final = frozenset({"restart_app"})
"""That the app starts again is what was asked for."""

CommandState = Literal["received", "running", "succeeded", "failed", "expired", "interrupted"]
"""`FLEET.md` section 7, Commands."""


class CommandLog:
    """The commands of one store. Every change is also an event in the outbox."""

    def __init__(
        self, store: Store, outbox: Outbox, *, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._store = store
        self._outbox = outbox
        self._clock = clock

    def last_number(self) -> int:
        """The highest number ever received; 0 before the first."""
        found = self._store.rows("SELECT coalesce(max(number), 0) FROM command")
        return int(str(found[0][0]))

    def receive(self, command: Command) -> bool:
        """Write it down; False where it was known.

        One that came too late is at once `expired`, one that this software cannot do `failed`.
        """
        now = self._clock()
        state: CommandState = "received" if command.expires_at > now else "expired"
        detail = ""
        if state == "received" and isinstance(command.order, UnsupportedOrder):
            state, detail = "failed", UNSUPPORTED
        with self._store.transaction() as connection:
            connection.execute(
                "INSERT INTO command (id, number, body, expires_at, state, detail, state_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (
                    command.id,
                    command.number,
                    command.model_dump_json(),
                    to_ms(command.expires_at),
                    state,
                    detail,
                    to_ms(now),
                ),
            )
            if not connection.changes():
                return False
            self._outbox.record(CommandProgress, command_id=command.id, state=state, detail=detail)
        return True

    def to_do(self) -> list[Command]:
        """Received and neither begun nor expired, oldest first; what expired is marked so.

        What newer software wrote down and this one cannot do is `failed` here.
        """
        now = self._clock()
        found = self._store.rows(
            "SELECT id, body, expires_at FROM command WHERE state = 'received' ORDER BY number"
        )
        alive: list[Command] = []
        for command_id, body, expires_at in found:
            command = _read(body)
            if from_ms(int(str(expires_at))) <= now:
                self._move(str(command_id), {"received"}, "expired")
            elif command is None:
                self._move(str(command_id), {"received"}, "failed", detail=UNSUPPORTED)
            else:
                alive.append(command)
        return alive

    def begin(self, command_id: str) -> bool:
        """Write down that it is now being done; False where that is not (or no longer) asked."""
        return self._move(command_id, {"received"}, "running")

    def finish(self, command_id: str, *, succeeded: bool, detail: str = "") -> bool:
        """Write down how it ended; `detail` is a code. False where it was not running."""
        return self._move(
            command_id, {"running"}, "succeeded" if succeeded else "failed", detail=detail
        )

    def state(self, command_id: str) -> str | None:
        """Its state, or None for one never seen."""
        found = self._store.rows("SELECT state FROM command WHERE id = ?", command_id)
        return str(found[0][0]) if found else None

    def settle(self) -> None:
        """At the app's start, before `to_do`: decide what was running when it ended."""
        found = self._store.rows("SELECT id, body FROM command WHERE state = 'running'")
        with self._store.transaction():
            for command_id, body in found:
                command = _read(body)
                kind = "" if command is None else command.order.kind
                if kind in FULFILLED_BY_START:
                    self._move(str(command_id), {"running"}, "succeeded")
                elif kind in IDEMPOTENT:
                    self._move(str(command_id), {"running"}, "received")
                else:
                    self._move(str(command_id), {"running"}, "interrupted")

    def _move(
        self,
        command_id: str,
        before: set[CommandState],
        after: CommandState,
        *,
        detail: str = "",
    ) -> bool:
        marks = ", ".join("?" * len(before))
        with self._store.transaction() as connection:
            connection.execute(
                "UPDATE command SET state = ?, detail = ?, state_at = ?"
                f" WHERE id = ? AND state IN ({marks})",
                (after, detail, to_ms(self._clock()), command_id, *sorted(before)),
            )
            if not connection.changes():
                return False
            self._outbox.record(CommandProgress, command_id=command_id, state=after, detail=detail)
        return True


def _read(body: Value) -> Command | None:
    """The command as it was written down; None for one that this software cannot do."""
    try:
        command = Command.model_validate_json(str(body))
    except ValidationError:
        return None
    return None if isinstance(command.order, UnsupportedOrder) else command
