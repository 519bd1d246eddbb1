"""Faults a bench can switch on in a sandbox: they happen on the wire, not inside the caller."""

import asyncio
import time
from enum import StrEnum

from pydantic import Field
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fleet_server.departments.contract.models import Problem
from kiosk.contract.model import Strict

CONTROL_PATHS = ("/faults", "/count")
"""Paths of the bench itself; they always answer."""


class FaultMode(StrEnum):
    """What goes wrong."""

    OK = "ok"
    DOWN = "down"
    """The connection is cut before a complete answer; the case is not looked at."""
    SLOW = "slow"
    """The case is dealt with, but its answer comes after the caller has given up."""
    ERROR = "error"
    """503 to every call; the case is not looked at."""


class Fault(Strict):
    """`POST /faults`."""

    mode: FaultMode
    seconds: float = Field(default=3600, gt=0, le=86_400)
    """Heals by itself after so long."""
    delay_s: float = Field(default=30, gt=0, le=600)
    """How late an answer is in mode `slow`."""


class FaultSwitch:
    """The present fault; heals by itself."""

    def __init__(self) -> None:
        self._fault = Fault(mode=FaultMode.OK)
        self._heals_at = 0.0

    def set(self, fault: Fault) -> None:
        """Switch a fault on, or off with mode `ok`."""
        self._fault = fault
        self._heals_at = time.monotonic() + fault.seconds

    @property
    def fault(self) -> Fault:
        """What is wrong now."""
        healed = time.monotonic() >= self._heals_at
        return Fault(mode=FaultMode.OK) if healed else self._fault


class FaultyWire:
    """ASGI middleware that spoils what passes while the switch says so."""

    def __init__(self, app: ASGIApp, *, switch: FaultSwitch) -> None:
        self._app = app
        self._switch = switch

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the call through, or spoil it."""
        fault = self._switch.fault
        if scope["type"] != "http" or scope["path"] in CONTROL_PATHS:
            await self._app(scope, receive, send)
            return
        match fault.mode:
            case FaultMode.OK:
                await self._app(scope, receive, send)
            case FaultMode.ERROR:
                problem = Problem(code="unavailable")
                await JSONResponse(problem.model_dump(), 503)(scope, receive, send)
            case FaultMode.DOWN:
                await _cut(send)
            case FaultMode.SLOW:
                await self._app(scope, receive, _Late(send, fault.delay_s))


async def _cut(send: Send) -> None:
    """Promise a body and never send it: the server then closes the connection."""
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]}
    )


class _Late:
    """A `send` that waits before its first message."""

    def __init__(self, send: Send, delay_s: float) -> None:
        self._send = send
        self._delay_s = delay_s

    async def __call__(self, message: Message) -> None:
        """Pass on, late."""
        delay_s, self._delay_s = self._delay_s, 0.0
        await asyncio.sleep(delay_s)
        await self._send(message)
