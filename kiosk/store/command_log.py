"""Commands from the console: written down before anything is answered, done at most once.

`FLEET.md` section 7, Commands. The agent receives; the app asks `to_do`, begins, finishes. Where
the app is frozen the agent begins a restart in its place (`kiosk.agent.overseer`).
"""

from collections.abc import Callable
from datetime import datetime, timedelta
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

ENDED: Final = frozenset({"succeeded", "failed", "expired", "interrupted"})

RETENTION: Final = timedelta(days=90)
"""As long as the journal, which tells of the same commands."""

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
        """At the app's start, before `to_do`: decide what was running when it ended.

        What the start itself fulfils goes on running until `app_started`.
        """
        with self._store.transaction():
            for command_id, kind in self._running():
                if kind in FULFILLED_BY_START:
                    continue
                done_again = kind in IDEMPOTENT
                self._move(command_id, {"running"}, "received" if done_again else "interrupted")

    def app_started(self) -> None:
        """At the app's first frame: whatever asked for this start is done."""
        with self._store.transaction():
            for command_id, kind in self._running():
                if kind in FULFILLED_BY_START:
                    self._move(command_id, {"running"}, "succeeded")

    def restarts_asked(self) -> list[str]:
        """Ids of received and living orders to start the app again, oldest first."""
        return [command.id for command in self.to_do() if command.order.kind in FULFILLED_BY_START]

    def restarts_running(self) -> list[str]:
        """Ids of the orders to start the app again that were begun, oldest first."""
        return [each for each, kind in self._running() if kind in FULFILLED_BY_START]

    def tidy(self) -> int:
        """Forget what ended 90 days ago, never the newest one; returns how many.

        The newest number is what the agent asks the server after.
        """
        horizon = to_ms(self._clock() - RETENTION)
        marks = ", ".join("?" * len(ENDED))
        with self._store.transaction() as connection:
            connection.execute(
                f"DELETE FROM command WHERE state IN ({marks}) AND state_at <= ?"
                " AND number < (SELECT max(number) FROM command)",
                (*sorted(ENDED), horizon),
            )
            return int(connection.changes())

    def _running(self) -> list[tuple[str, str]]:
        """Id and kind, empty where this software cannot read it."""
        found = self._store.rows(
            "SELECT id, body FROM command WHERE state = 'running' ORDER BY number"
        )
        commands = [(str(command_id), _read(body)) for command_id, body in found]
        return [(each, "" if known is None else known.order.kind) for each, known in commands]

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
