"""What the app writes down of itself: its life, its devices, what it shows."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Final

from kiosk.contract.devices import DeviceKind, DeviceState
from kiosk.contract.uplink import (
    AppStarted,
    AppState,
    ContentDrawn,
    ContentRefused,
    DeviceStatusChanged,
    SelfTestDone,
)
from kiosk.flow.clerk import Clerk
from kiosk.process import own_process
from kiosk.store.command_log import CommandLog
from kiosk.store.database import Store, StoreError
from kiosk.store.edge import StoreEdge
from kiosk.store.journal import Journal
from kiosk.store.outbox import Outbox
from kiosk.store.shared_state import AppAlive, DeviceStates, DrawnContent, SharedState

_LOG: Final = logging.getLogger(__name__)

States = Callable[[], dict[DeviceKind, DeviceState]]


class AppRecords:
    """Everything goes through one clerk, so it is recorded in the order in which it happened.

    What the store refuses is owed (`Clerk.owe`): a full disk ends no session and forgets no edge.
    Every method belongs to the clerk's event loop and returns at once, but for `alive`.
    """

    def __init__(
        self,
        store: Store,
        *,
        clerk: Clerk,
        shared: SharedState,
        outbox: Outbox,
        journal: Journal,
        commands: CommandLog,
        device_states: States,
    ) -> None:
        self._store = store
        self._clerk = clerk
        self._shared = shared
        self._outbox = outbox
        self._journal = journal
        self._commands = commands
        self._device_states = device_states
        self._process = own_process()
        self._alive = StoreEdge(
            _LOG, fails="no sign of life can be given", works="signs of life are given again"
        )

    async def alive(self, tick: int, state: AppState) -> None:
        """One sign of life; a store that refuses it is logged once, and that is all."""
        alive = AppAlive(tick=tick, state=state, at=_now(), process=self._process)
        try:
            await asyncio.to_thread(self._shared.put, alive)
        except StoreError as error:
            self._alive.failed(error)
        else:
            self._alive.worked()

    def started(self, *, cold_start_ms: int, content: str) -> None:
        """The first frame was shown: what asked for this start is done."""
        self._clerk.owe(partial(self._write_start, _now(), cold_start_ms, content))

    def content_drawn(self, content: str) -> None:
        """A bundle reached the glass."""
        self._clerk.owe(partial(self._write_drawn, _now(), content))

    def content_refused(self, content: str, findings: tuple[str, ...]) -> None:
        """A bundle was refused and the old one stays."""
        self._clerk.owe(
            partial(
                self._outbox.record,
                ContentRefused,
                happened_at=_now(),
                content=content,
                findings=findings,
            )
        )

    def device_changed(self, kind: DeviceKind, state: DeviceState) -> None:
        """An edge."""
        self._clerk.owe(partial(self._write_device, _now(), kind, state))

    def self_tested(self, devices: Mapping[DeviceKind, DeviceState]) -> None:
        """The nightly self-test is done."""
        self._clerk.owe(partial(self._write_self_test, _now(), devices))

    def _write_start(self, at: datetime, cold_start_ms: int, content: str) -> None:
        with self._store.transaction():
            self._outbox.record(AppStarted, happened_at=at, cold_start_ms=cold_start_ms)
            self._journal.write("app_started", cold_start_ms=cold_start_ms, content=content)
            self._commands.app_started()

    def _write_drawn(self, at: datetime, content: str) -> None:
        with self._store.transaction():
            if self._shared.put(DrawnContent(hash=content)):
                self._outbox.record(ContentDrawn, happened_at=at, content=content)
                self._journal.write("content_drawn", content=content)

    def _write_device(self, at: datetime, kind: DeviceKind, state: DeviceState) -> None:
        with self._store.transaction():
            # read only now: whichever edge is written last, the newest states stay
            self._shared.put(DeviceStates(devices=self._device_states()))
            self._outbox.record(DeviceStatusChanged, happened_at=at, device=kind, state=state)
            self._journal.write(
                "device_changed",
                device=kind.value,
                status=state.status.value,
                fault=state.fault or "none",
            )

    def _write_self_test(self, at: datetime, devices: Mapping[DeviceKind, DeviceState]) -> None:
        with self._store.transaction():
            self._outbox.record(SelfTestDone, happened_at=at, devices=devices)
            faults = sum(state.fault is not None for state in devices.values())
            self._journal.write("self_test_done", devices=len(devices), faults=faults)


def _now() -> datetime:
    return datetime.now(UTC)
