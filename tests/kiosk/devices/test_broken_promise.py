"""A driver that raises what it must not: one device is unknown, and the others are watched on."""

import asyncio

from kiosk.contract.devices import DeviceKind, DeviceState, DeviceStatus
from kiosk.devices.fleet import Fleet, Watched
from kiosk.devices.watch import watch_devices


class Promise:
    """Asked twice it breaks its promise, then it keeps it."""

    def __init__(self) -> None:
        self.kind = DeviceKind.CABINET
        self.is_lent = False
        self.state = DeviceState(status=DeviceStatus.ONLINE)
        self._asked = 0

    async def ask(self) -> DeviceState:
        self._asked += 1
        if self._asked <= 2:
            raise OverflowError("a defect of ours")
        return self.state

    async def examine(self) -> DeviceState:
        return await self.ask()

    async def close(self) -> None:
        """Nothing to release."""


class OneDevice(Fleet):
    """A fleet of that one."""

    @property
    def keepers(self) -> tuple[Watched, ...]:
        return (self._promise,)

    def __init__(self) -> None:
        super().__init__()
        self._promise = Promise()


async def test_a_driver_that_breaks_its_promise_is_unknown_and_asked_again() -> None:
    told: asyncio.Queue[DeviceStatus] = asyncio.Queue()
    watching = asyncio.create_task(
        watch_devices(
            OneDevice(), lambda _kind, state: told.put_nowait(state.status), ask_every_s=0.01
        )
    )
    async with asyncio.timeout(20):
        assert await told.get() is DeviceStatus.UNKNOWN
        assert await told.get() is DeviceStatus.ONLINE
    assert told.empty()
    watching.cancel()
