"""Obeys the console's commands once nobody is served."""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import Final

from kiosk.contract.downlink import Command, RestartApp, SetOutOfService
from kiosk.contract.uplink import ServiceStateChanged
from kiosk.flow.clerk import Clerk
from kiosk.flow.runner import Runner
from kiosk.flow.states import Idle, Resting
from kiosk.flow.states import OutOfService as ClosedState
from kiosk.store.command_log import CommandLog
from kiosk.store.database import Store
from kiosk.store.journal import Journal
from kiosk.store.outbox import Outbox
from kiosk.store.shared_state import OutOfService, SharedState

_LOG: Final = logging.getLogger(__name__)

SEEN_WITHIN_S: Final = 5.0
"""The idle page turns within a frame; anything near this means that the flow is stuck."""


class Orders:
    """Does what `CommandLog.to_do` holds, oldest first."""

    def __init__(
        self,
        store: Store,
        *,
        commands: CommandLog,
        shared: SharedState,
        outbox: Outbox,
        journal: Journal,
        clerk: Clerk,
        runner: Runner,
        look_again: Callable[[], object],
        restart: Callable[[], None],
    ) -> None:
        """`look_again` refreshes the world (blocking); `restart` ends the app to begin anew."""
        self._store = store
        self._commands = commands
        self._shared = shared
        self._outbox = outbox
        self._journal = journal
        self._clerk = clerk
        self._runner = runner
        self._look_again = look_again
        self._restart = restart
        self._begun: Command | None = None
        """Begun and not finished, because the store failed meanwhile."""

    async def obey(self) -> None:
        """Do what can be done now; what must wait for a citizen stays in the log.

        Raises StoreError; whatever was begun is gone on with the next time.
        """
        if not self._nobody_is_served():
            return
        if self._begun is not None:
            await self._do(self._begun)
        for command in await self._clerk.write(self._commands.to_do):
            if not self._nobody_is_served():
                return
            if await self._clerk.write(partial(self._commands.begin, command.id)):
                self._begun = command
                await self._do(command)

    async def _do(self, command: Command) -> None:
        match command.order:
            case RestartApp():
                self._restart()  # `CommandLog.app_started` reports it at the next first frame
                await asyncio.Event().wait()  # for the end, which is under way
            case SetOutOfService(on=on, reason=reason):
                await self._set_out_of_service(command, on=on, reason=reason)
        self._begun = None

    def _nobody_is_served(self) -> bool:
        return isinstance(self._runner.state, Resting)

    async def _set_out_of_service(self, command: Command, *, on: bool, reason: str) -> None:
        await self._clerk.write(partial(self._close_or_open, on=on, reason=reason))
        await asyncio.to_thread(self._look_again)
        self._runner.world_changed()
        wanted = ClosedState if on else Idle
        shown = await self._shows(wanted)
        detail = "" if shown else "not_shown"
        await self._clerk.write(
            partial(self._commands.finish, command.id, succeeded=shown, detail=detail)
        )

    def _close_or_open(self, *, on: bool, reason: str) -> None:
        with self._store.transaction():
            self._shared.put(OutOfService(on=on, reason=reason))
            self._outbox.record(ServiceStateChanged, out_of_service=on, reason="command")
            self._journal.write("out_of_service", on=on, why="command")

    async def _shows(self, wanted: type[Idle] | type[ClosedState]) -> bool:
        """Does the flow rest in the wanted state, or leave another within `SEEN_WITHIN_S`?"""
        try:
            async with asyncio.timeout(SEEN_WITHIN_S):
                while not isinstance(self._runner.state, wanted):
                    await self._runner.next_step()
        except TimeoutError:
            _LOG.error("out of service: the flow did not follow")  # noqa: TRY400  no trace to show
            return False
        return True
