"""The driver of a SAM_V reader on a serial line (`DEVICES.md` section 1)."""

import asyncio
from collections.abc import Coroutine, Mapping
from contextlib import AsyncExitStack
from typing import TypeVar

from device_drivers.errors import (
    DeviceBroken,
    DeviceFault,
    DeviceGarbled,
    DeviceMissing,
    DeviceSilent,
    FaultCode,
)
from device_drivers.id_card_reader import frames
from device_drivers.id_card_reader.card_text import UnknownCardKind, decode_card
from device_drivers.id_card_reader.frames import Reply, Status
from device_drivers.id_card_reader.interface import (
    CardReading,
    CardUnreadable,
    IdCard,
    MediaStatus,
    NoCard,
    ReaderStatus,
)
from device_drivers.ports import Port
from device_drivers.status import DeviceKind, DeviceStatus
from device_drivers.transport.serial_port import SerialPort

_Result = TypeVar("_Result")

_DEVICE = DeviceKind.ID_CARD_READER.value

STATUS_S = 0.2
"""For a reply without a card: 15 bytes are 16 ms at 9600 baud, the slowest speed; twelve times
that, and two tries and a find still fit the second that `status` may take."""
FIND_S = 0.3
"""For find and select, which ask the card by radio. The document gives no time; this is what the
second of `status` leaves after waiting for its turn and two tries of `STATUS_S`."""
READ_S = 3.0
"""For a read: 2328 bytes are 2.4 s at 9600 baud, the slowest speed and the longest reply."""
GAP_S = 0.1
"""Within a reply no pause is this long: 96 bytes at 9600 baud, six times what a USB adapter holds
bytes back."""
POLL_S = 0.15
"""Between two finds while nobody lays a card: below what a person notices as a delay."""
TRIES = 3
"""How often a card that lies there and does not answer is tried: it may still be moving."""

_LINE_NOISE = frozenset({Status.CHECKSUM_ERROR, Status.LENGTH_ERROR, Status.COMMAND_ERROR})
_BROKEN: Mapping[int, FaultCode] = {
    Status.SELF_TEST_FAILED: FaultCode.SELF_TEST_FAILED,
    Status.UNLICENSED: FaultCode.UNLICENSED,
    Status.RANDOM_NUMBER_FAILED: FaultCode.BROKEN_PART,
}
_WHY_UNREADABLE: Mapping[int, str] = {
    Status.CARD_REJECTED_READER: "rejected",
    Status.READER_REJECTED_CARD: "rejected",
    Status.VERIFICATION_ERROR: "rejected",
    Status.SELECT_FAILED: "rejected",
    Status.UNKNOWN_CARD_TYPE: "unknown_kind",
}


class _Absent:
    """Nothing to find on the reader."""


class _ReadBrokenOff(CardUnreadable):
    """The card was there and answered, then a read failed; it may have been lifted."""


class _NotSelected(CardUnreadable):
    """The card was found and did not let itself be selected; it may still be moving."""


class SerialIdCardReader:
    """A SAM_V reader behind a tty or a TCP serial server; an `IdCardReader`.

    Opens its port whenever it is asked something and the port is not open, so a reader unplugged
    and plugged in again works without being told. `baud` is the speed the module is set to.
    """

    def __init__(self, port: Port, *, baud: int = 115200) -> None:
        self._line = SerialPort(port, device=_DEVICE, baud=baud)
        self._last_read_may_lie = False
        """A card was read and nothing was found since: it is hidden from find until lifted."""

    async def connect(self) -> None:
        """Open the port and see that the module answers. Raises DeviceFault; takes 1 s at most."""
        async with self._line.conversation():
            await self._line.open()
            await self._ask(frames.SAM_STATUS, STATUS_S)

    async def close(self) -> None:
        """Release the port. Safe to call twice, and after a fault."""
        await self._line.close()

    async def status(self) -> ReaderStatus:
        """Ask module and card now; answers within 1 s. Never raises.

        While a card is being read the module is busy. A card that was read and still lies there
        can't be told from no card at all, so `media` is unknown until another is found.
        """
        try:
            async with AsyncExitStack() as stack:
                async with asyncio.timeout(STATUS_S):
                    await stack.enter_async_context(self._line.conversation())
                await self._line.open()
                await self._ask(frames.SAM_STATUS, STATUS_S)
                return ReaderStatus(device=DeviceStatus.ONLINE, media=await self._media())
        except TimeoutError:
            return ReaderStatus(device=DeviceStatus.DEVICE_BUSY, detail="a card is being read")
        except DeviceMissing as fault:
            return ReaderStatus(
                device=DeviceStatus.NO_DEVICE, fault=fault.code, detail=fault.detail
            )
        except DeviceBroken as fault:
            return ReaderStatus(
                device=DeviceStatus.HARDWARE_ERROR, fault=fault.code, detail=fault.detail
            )
        except DeviceFault as fault:
            return ReaderStatus(device=DeviceStatus.OFFLINE, fault=fault.code, detail=fault.detail)

    async def read_card(self, *, within_s: float) -> CardReading:
        """Wait for a card and read it. Raises DeviceFault.

        A read that has begun is brought to its end when the time is up. Cancelling waits for the
        reply under way (`READ_S` at most), which leaves the reader idle.
        """
        deadline = asyncio.get_running_loop().time() + within_s
        last: CardReading = NoCard()
        tries = 0
        while True:
            async with self._line.conversation():
                await self._line.open()
                outcome = await self._try_once()
            match outcome:
                case _Absent() if isinstance(last, _ReadBrokenOff):
                    return CardUnreadable("lifted")
                case _Absent():
                    last, tries = NoCard(), 0
                case _ReadBrokenOff() | _NotSelected():
                    last, tries = outcome, tries + 1
                case _:
                    return outcome
            left_s = deadline - asyncio.get_running_loop().time()
            if tries == TRIES or (left_s <= 0 and not isinstance(last, _ReadBrokenOff)):
                return CardUnreadable(last.why) if isinstance(last, CardUnreadable) else last
            await asyncio.sleep(min(POLL_S, left_s) if left_s > 0 else POLL_S)

    async def _try_once(self) -> IdCard | CardUnreadable | _Absent:
        """Find, select and read, in this order each time (DEVICES.md 1.3)."""
        found = await self._ask(frames.FIND_CARD, FIND_S)
        if found.status not in {Status.FOUND, Status.OK}:
            return _Absent()
        self._last_read_may_lie = False
        selected = await self._ask(frames.SELECT_CARD, FIND_S)
        if selected.status != Status.OK:
            return _NotSelected(_why_unreadable(selected))
        try:
            read = await self._exchange(frames.READ_CARD, READ_S)
        except DeviceGarbled:
            # the module takes the card for read and will not find it again, but some repeat
            # the read (DEVICES.md 1.3); where this one does not, the citizen has to lay it anew
            read = await self._exchange(frames.READ_CARD, READ_S)
            if read.status != Status.OK:
                return CardUnreadable("damaged")
        _raise_if_broken(read)
        if read.status != Status.OK:
            return _ReadBrokenOff(_why_unreadable(read))
        self._last_read_may_lie = True
        return _decode(read.data)

    async def _media(self) -> MediaStatus:
        """Is a card to be found? Unknown where the module does not say."""
        try:
            found = await self._exchange(frames.FIND_CARD, FIND_S)
        except (DeviceSilent, DeviceGarbled):
            return MediaStatus.UNKNOWN
        if found.status in {Status.FOUND, Status.OK}:
            self._last_read_may_lie = False
            return MediaStatus.PRESENT
        if found.status == Status.FIND_FAILED and not self._last_read_may_lie:
            return MediaStatus.NOT_PRESENT
        return MediaStatus.UNKNOWN

    async def _ask(self, command: bytes, within_s: float) -> Reply:
        """Exchange, twice where the line spoilt the first. Raises DeviceFault."""
        try:
            reply = await self._exchange(command, within_s)
        except (DeviceSilent, DeviceGarbled):
            reply = await self._exchange(command, within_s)
        _raise_if_broken(reply)
        return reply

    async def _exchange(self, command: bytes, within_s: float) -> Reply:
        """Send one command and return its reply. Raises DeviceFault; cancelling waits for it."""
        return await _to_its_end(self._send_and_receive(command, within_s))

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
                    return _heard(command, event)
                has_begun |= event.why != "no_preamble"
            has_begun |= decoder.is_within_frame
        for event in decoder.give_up():
            if isinstance(event, Reply):
                return _heard(command, event)
        if received:
            raise DeviceGarbled(_DEVICE, f"{received} bytes to {command.hex()}, no valid frame")
        raise DeviceSilent(_DEVICE, f"no answer to {command.hex()} within {within_s} s")


async def _to_its_end(work: Coroutine[None, None, _Result]) -> _Result:
    """Await `work`; when cancelled, let it finish before the cancelling goes on."""
    task = asyncio.ensure_future(work)
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


def _heard(command: bytes, reply: Reply) -> Reply:
    """Pass a reply on unless it says that the module did not understand us."""
    if reply.status in _LINE_NOISE:
        raise DeviceGarbled(_DEVICE, f"module refused {command.hex()} with {reply.status:02x}")
    return reply


def _raise_if_broken(reply: Reply) -> None:
    code = _BROKEN.get(reply.status)
    if code is not None:
        raise DeviceBroken(_DEVICE, f"module answers {reply.status:02x}", code)


def _why_unreadable(reply: Reply) -> str:
    return _WHY_UNREADABLE.get(reply.status, "damaged")


def _decode(data: bytes) -> IdCard | CardUnreadable:
    try:
        blocks = frames.split_read(data)
        return decode_card(blocks.text, blocks.photo_wlt)
    except UnknownCardKind:
        return CardUnreadable("unknown_kind")
    except ValueError:
        return CardUnreadable("damaged")
