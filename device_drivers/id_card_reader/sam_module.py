"""Question and answer with the SAM_V module inside a reader, whatever line it hangs on."""

import asyncio
import contextlib
import math
from collections.abc import Coroutine, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Protocol, TypeVar

from device_drivers.errors import (
    DeviceBroken,
    DeviceGarbled,
    DeviceSilent,
    FaultCode,
)
from device_drivers.id_card_reader import frames
from device_drivers.id_card_reader.frames import Reply, Status
from device_drivers.status import DeviceKind

_Result = TypeVar("_Result")

DEVICE = DeviceKind.ID_CARD_READER.value

STATUS_S = 0.2
"""For a reply without a card: 15 bytes are 16 ms at 9600 baud, the slowest speed; twelve times
that, and two tries and a find still fit the second that `status` may take."""
RESET_S = 0.5
"""For a reset, which the document gives no time; what the second of `status` leaves after a module
has said that it ails, and before it is asked anew."""
GAP_S = 0.1
"""Within a reply no pause is this long: 96 bytes at 9600 baud, six times what a USB adapter holds
bytes back."""

_LINE_NOISE = frozenset({Status.CHECKSUM_ERROR, Status.LENGTH_ERROR, Status.COMMAND_ERROR})
_OF_CARDS = frozenset(
    {
        frames.SELECT_CARD,
        frames.READ_CARD,
        frames.READ_CARD_WITH_FINGERPRINTS,
        frames.READ_APPENDED_ADDRESS,
    }
)
"""Where an unknown error may as well be the card's."""
_BROKEN: Mapping[int, FaultCode] = {
    Status.SELF_TEST_FAILED: FaultCode.SELF_TEST_FAILED,
    Status.UNLICENSED: FaultCode.UNLICENSED,
    Status.RANDOM_NUMBER_FAILED: FaultCode.BROKEN_PART,
}


class Line(Protocol):
    """Bytes to the module and back: a serial line, a TCP serial server or a pair of USB pipes."""

    def conversation(self) -> AbstractAsyncContextManager[None]:
        """Keep every other conversation off the line meanwhile."""

    async def open(self, *, within_s: float = ...) -> None:
        """Open it; nothing happens when it is open. Raises DeviceMissing, DeviceSilent."""

    async def close(self) -> None:
        """Release it. Safe to call twice."""

    async def write(self, data: bytes, *, within_s: float) -> None:
        """Hand all bytes over. Raises DeviceSilent, DeviceMissing."""

    async def read(self, *, within_s: float) -> bytes:
        """What is there or comes first within the time. Raises DeviceMissing."""

    async def discard_input(self) -> int:
        """Throw away what has arrived; how many bytes. Raises DeviceMissing."""


class SpeedLine(Line, Protocol):
    """A line whose speed can be set."""

    async def set_baud(self, baud: int) -> None:
        """Talk at another speed from now on. Raises DeviceMissing."""


class SamModule:
    """The module at the far end of `line`. Whoever asks it holds `line.conversation()`.

    A reply to an earlier, given-up command is never taken for the reply to a later one.
    """

    def __init__(self, line: Line) -> None:
        self._line = line

    async def ask(self, command: bytes, within_s: float, *, until: float = math.inf) -> Reply:
        """Exchange, twice where the line spoilt the first; see `mended`. Raises DeviceFault.

        All of it is over at `until` by the loop's clock.
        """
        try:
            reply = await self.exchange(command, within_s, until=until)
        except (DeviceSilent, DeviceGarbled):
            reply = await self.exchange(command, within_s, until=until)
        return await self.mended(command, reply, within_s, until=until)

    async def mended(
        self, command: bytes, reply: Reply, within_s: float, *, until: float = math.inf
    ) -> Reply:
        """That reply, or the one behind a reset where it says that the module ails.

        Raises DeviceBroken where a reset does not mend it, or where no answer comes behind the
        reset, be it that no time was left to ask: what the module has said of itself still holds.
        """
        try:
            raise_if_broken(command, reply)
        except DeviceBroken as fault:
            if fault.code is FaultCode.UNLICENSED or not await self.reset(until=until):
                raise
            try:
                reply = await self.exchange(command, within_s, until=until)
            except DeviceSilent:
                raise fault from None
            raise_if_broken(command, reply)
        return reply

    async def reset(self, *, until: float = math.inf) -> bool:
        """Let the module begin anew; False where it does not say that it has."""
        with contextlib.suppress(DeviceSilent, DeviceGarbled):
            reply = await self.exchange(frames.RESET_SAM, RESET_S, until=until)
            return reply.status == Status.OK
        return False

    async def exchange(self, command: bytes, within_s: float, *, until: float = math.inf) -> Reply:
        """Send one command and return its reply. Raises DeviceFault; cancelling waits for it."""
        left_s = min(within_s, until - asyncio.get_running_loop().time())
        if left_s <= 0:
            raise DeviceSilent(DEVICE, f"no time left to ask {command.hex()}")
        return await _to_its_end(self._send_and_receive(command, left_s))

    async def _send_and_receive(self, command: bytes, within_s: float) -> Reply:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within_s
        await self._line.discard_input()
        await self._line.write(frames.encode(command), within_s=within_s)
        decoder = frames.Decoder()
        received = 0
        has_begun = False
        while (left_s := deadline - loop.time()) > 0:
            data = await self._line.read(within_s=min(left_s, GAP_S) if has_begun else left_s)
            if has_begun and not data:
                break
            received += len(data)
            for event in decoder.feed(data):
                if isinstance(event, Reply):
                    if _is_meant(command, event):
                        return _heard(command, event)
                    has_begun = False  # a late one; ours is still to come
                else:
                    has_begun |= event.why != "no_preamble"
            has_begun |= decoder.is_within_frame
        for event in decoder.give_up():
            if isinstance(event, Reply) and _is_meant(command, event):
                return _heard(command, event)
        if received:
            raise DeviceGarbled(DEVICE, f"{received} bytes to {command.hex()}, no valid frame")
        raise DeviceSilent(DEVICE, f"no answer to {command.hex()} within {within_s:.1f} s")


async def find_speed(module: SamModule, line: SpeedLine, wanted_baud: int) -> int:
    """Find the speed the module talks at and bring it to `wanted_baud`; the speed it has then.

    The speed the line has now is tried first, then every other, the fastest first (DEVICES.md
    1.1). Whether the answer to the change leaves at the old or the new speed is documented
    nowhere, so the answer is not needed: the module is asked again at the new speed, and where it
    does not follow, it is left at the speed it had. Takes 2.5 s at most. Raises DeviceFault where
    it answers at none.
    """
    found = await _probe(module, line, wanted_baud)
    if found == wanted_baud:
        return found
    with contextlib.suppress(DeviceSilent, DeviceGarbled):  # it may answer at the new speed
        await module.exchange(frames.SET_SPEED[wanted_baud], STATUS_S)
    for baud in (wanted_baud, found):
        await line.set_baud(baud)
        try:
            await module.ask(frames.SAM_STATUS, STATUS_S)
        except (DeviceSilent, DeviceGarbled):
            continue
        return baud
    raise DeviceSilent(DEVICE, f"no answer after the speed was changed from {found}")


async def _probe(module: SamModule, line: SpeedLine, first: int) -> int:
    try:
        await module.ask(frames.SAM_STATUS, STATUS_S)
    except (DeviceSilent, DeviceGarbled) as fault:
        for baud in frames.SET_SPEED:
            if baud == first:
                continue
            await line.set_baud(baud)
            try:
                reply = await module.exchange(frames.SAM_STATUS, STATUS_S)
            except (DeviceSilent, DeviceGarbled):
                continue
            await module.mended(frames.SAM_STATUS, reply, STATUS_S)
            return baud
        await line.set_baud(first)
        raise fault from None
    return first


def raise_if_broken(command: bytes, reply: Reply) -> None:
    """Raise DeviceBroken where the module says that it cannot work."""
    code = _BROKEN.get(reply.status)
    if reply.status == Status.UNKNOWN_ERROR and command not in _OF_CARDS:
        code = FaultCode.BROKEN_PART
    if code is not None:
        raise DeviceBroken(DEVICE, f"module answers {reply.status:02x}", code)


async def _to_its_end(work: Coroutine[None, None, _Result]) -> _Result:
    """Await `work`; when cancelled, let it finish before the cancelling goes on."""
    task = asyncio.ensure_future(work)
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


def _is_meant(command: bytes, reply: Reply) -> bool:
    return reply.status in _LINE_NOISE or frames.answers(command, reply)


def _heard(command: bytes, reply: Reply) -> Reply:
    """Pass a reply on unless it says that the module did not understand us."""
    if reply.status in _LINE_NOISE:
        raise DeviceGarbled(DEVICE, f"module refused {command.hex()} with {reply.status:02x}")
    return reply
