"""Ends an app that no longer lives, where the console has asked for a restart.

`DESIGN.md` section 2: a frozen screen can still be restarted from the console. An app that lives
obeys by itself, once nobody is served; whoever keeps it (systemd, the demo) begins it anew.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Final

from kiosk.agent.watchdog import Pulse
from kiosk.process import end_at_once, is_there
from kiosk.store.command_log import CommandLog
from kiosk.store.journal import Journal
from kiosk.store.shared_state import AppAlive, SharedState

log = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 1.0
FROZEN_AFTER_S: Final = 15.0
"""Without a sign of life. Three times what the store may stall, and as long as the app itself
waits for a last paper (`kiosk.flow.runner.LAST_PAPER_S`)."""
ANEW_WITHIN_S: Final = 90.0
"""From the order's beginning to the first frame: a cold start takes 2 s, on a busy machine 20."""

NOT_STARTED: Final = "app_not_started"
NOT_ENDED: Final = "app_not_ended"
"""Details of `CommandProgress`: a restart that failed."""


class Overseer:
    """Watches the app's signs of life. Time is the machine's own: setting a clock ends nobody."""

    def __init__(
        self,
        *,
        commands: CommandLog,
        state: SharedState,
        journal: Journal,
        pulse: Pulse,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._commands = commands
        self._state = state
        self._journal = journal
        self._pulse = pulse
        self._monotonic = monotonic
        self._sign: AppAlive | None = None
        self._sign_at = monotonic()
        self._running_since: dict[str, float] = {}

    async def run(self) -> None:
        """Look each second until cancelled."""
        while True:
            self._pulse.beat("overseer", again_within_s=60)
            await asyncio.to_thread(self.look)
            await asyncio.sleep(LOOK_EVERY_S)

    def look(self) -> None:
        """Begin what the app cannot, give up what did not come about. Blocking, for a moment.

        Orders whose time is over expire here too, whatever the app does. Raises StoreError.
        """
        now = self._monotonic()
        sign = self._state.get(AppAlive)
        if sign != self._sign:
            self._sign, self._sign_at = sign, now
        asked = self._commands.restarts_asked()
        is_frozen = now - self._sign_at >= FROZEN_AFTER_S
        begun = is_frozen and any([self._commands.begin(command_id) for command_id in asked])
        running = self._commands.restarts_running()
        self._running_since = {each: self._running_since.get(each, now) for each in running}
        waited_s = now - min(self._running_since.values(), default=now)
        if begun or (is_frozen and waited_s >= FROZEN_AFTER_S):
            self._end_app(silent_s=now - self._sign_at)
        for command_id, since in self._running_since.items():
            if now - since >= ANEW_WITHIN_S:
                self._give_up(command_id, NOT_STARTED)

    def _end_app(self, *, silent_s: float) -> None:
        process = None if self._sign is None else self._sign.process
        if process is None or not is_there(process):
            return  # it ended by itself; whoever keeps it begins it anew
        log.error("the app has been silent for %.0f s and is asked to restart: killed", silent_s)
        try:
            is_ended = end_at_once(process)
        except PermissionError:
            log.error("the app is another user's: it cannot be ended")  # noqa: TRY400  all is said
            for command_id in self._running_since:
                self._give_up(command_id, NOT_ENDED)
            return
        if is_ended:
            self._journal.write("app_killed", silent_s=round(silent_s))

    def _give_up(self, command_id: str, why: str) -> None:
        if self._commands.finish(command_id, succeeded=False, detail=why):
            log.error("restart of the app failed: %s", why)
