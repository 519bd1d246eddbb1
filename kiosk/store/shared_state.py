"""Small values both processes read: each has one writer, named in its docstring.

A value is a model with a `key`; `SharedState.get(LinkState)` answers a `LinkState` or None.
"""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Final, TypeVar

from pydantic import AwareDatetime, Field, ValidationError

from kiosk.contract.devices import DeviceKind, DeviceState
from kiosk.contract.downlink import BackendState
from kiosk.contract.model import Message
from kiosk.contract.uplink import AppState, Hash
from kiosk.store.database import Store, to_ms, utc_now

ALIVE_WITHIN_S: Final = 5.0
"""Who has not ticked for so long is frozen or gone (`kiosk.contract.uplink.AppState`)."""


class SharedValue(Message):
    """Something kept under one key."""

    key: ClassVar[str]


class ActiveContent(SharedValue):
    """The verified bundle to show. Written by the agent."""

    key = "active_content"
    hash: Hash
    path: Path
    """The bundle's JSON file; it stays while it is active."""
    release: int


class DrawnContent(SharedValue):
    """The bundle the glass really shows. Written by the app after the frame."""

    key = "drawn_content"
    hash: Hash


class AppProcess(Message):
    """The app's process, so that no other one that is given its number is taken for it."""

    pid: int = Field(ge=1)
    began_ticks: int
    """The kernel's clock ticks from boot to its beginning."""
    boot_id: str


class AppAlive(SharedValue):
    """A sign of life each second, from the clock of the UI thread. Written by the app."""

    key = "app_alive"
    tick: int = Field(ge=0)
    state: AppState
    at: AwareDatetime
    process: AppProcess | None = None
    """Whom the agent may end when the signs of life stop; None from older software."""


class DeviceStates(SharedValue):
    """The last edges seen. Written by the app."""

    key = "device_states"
    devices: dict[DeviceKind, DeviceState] = {}


class Backends(SharedValue):
    """The departments' systems, by department id. Written by the agent."""

    key = "backends"
    backends: dict[str, BackendState] = {}


class OutOfService(SharedValue):
    """Taken out of service, and why; survives restarts. Written by the app, on command."""

    key = "out_of_service"
    on: bool
    reason: str = ""
    """The sentence an operator typed, shown to citizens."""


class LinkState(SharedValue):
    """Who answers. Written by the agent within 5 s of a change."""

    key = "link_state"
    server_reachable: bool
    """HTTPS: cases can be delivered now."""
    broker_reachable: bool
    """MQTT: the console sees this kiosk."""
    since: AwareDatetime
    """Of the last change of either."""


class AgentAlive(SharedValue):
    """A sign of life every 2 s: without it `LinkState` is hearsay. Written by the agent."""

    key = "agent_alive"
    at: AwareDatetime


Shared = TypeVar("Shared", bound=SharedValue)


class SharedState:
    """The shared values of one store."""

    def __init__(self, store: Store, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._store = store
        self._clock = clock

    def get(self, wanted: type[Shared]) -> Shared | None:
        """The value last put; None before the first, or where the shape is another version's."""
        found = self._store.rows("SELECT value FROM shared_state WHERE key = ?", wanted.key)
        if not found:
            return None
        try:
            return wanted.model_validate_json(str(found[0][0]))
        except ValidationError:
            return None

    def put(self, value: SharedValue) -> bool:
        """Keep a value; part of the caller's transaction where one is open. True if it changed.

        An equal value is not written, so nobody wakes up for nothing.
        """
        text = _canonical(value.model_dump(mode="json"))
        found = self._store.rows("SELECT value FROM shared_state WHERE key = ?", value.key)
        if found and found[0][0] == text:
            return False
        with self._store.transaction() as connection:
            connection.execute(
                "INSERT INTO shared_state (key, value, at) VALUES (?, ?, ?)"
                " ON CONFLICT (key) DO UPDATE SET value = excluded.value, at = excluded.at",
                (value.key, text, to_ms(self._clock())),
            )
        return True

    def link(self) -> LinkState | None:
        """Who answers now; nobody does while the agent gives no sign of life."""
        found = self.get(LinkState)
        if found is None or is_alive(self.get(AgentAlive), self._clock()):
            return found
        return found.model_copy(update={"server_reachable": False, "broker_reachable": False})


def is_alive(alive: AppAlive | AgentAlive | None, now: datetime) -> bool:
    """A tick within `ALIVE_WITHIN_S`? A clock set back does not make anybody dead."""
    return alive is not None and (now - alive.at).total_seconds() <= ALIVE_WITHIN_S


def _canonical(plain: dict[str, Any]) -> str:
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
