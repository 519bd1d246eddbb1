"""The driver of a SAM_V reader on a serial line or on USB (`DEVICES.md` section 1)."""

import asyncio
import contextlib
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from device_drivers.errors import (
    DeviceBroken,
    DeviceFault,
    DeviceGarbled,
    DeviceMissing,
    DeviceSilent,
)
from device_drivers.id_card_reader import frames
from device_drivers.id_card_reader.card_text import (
    UnknownCardKind,
    decode_appended_address,
    decode_card,
)
from device_drivers.id_card_reader.frames import Reply, Status
from device_drivers.id_card_reader.interface import (
    CardKind,
    CardReading,
    CardUnreadable,
    IdCard,
    MediaStatus,
    NoCard,
    ReaderStatus,
)
from device_drivers.id_card_reader.sam_module import (
    DEVICE,
    STATUS_S,
    Line,
    SamModule,
    find_speed,
    raise_if_broken,
)
from device_drivers.ports import Port, Scheme
from device_drivers.status import DeviceStatus
from device_drivers.transport.serial_port import SerialPort

if TYPE_CHECKING:
    from device_drivers.id_card_reader.usb_pipes import Backend

STATUS_LIMIT_S = 0.9
"""All that `status` does, opening the port included; it promises 1 s, and the rest is the
machine's."""
FIND_S = 0.3
"""For find and select, which ask the card by radio. The document gives no time; this is what
`STATUS_LIMIT_S` leaves after waiting for its turn and two tries of `STATUS_S`."""
READ_S = 3.0
"""For a read: 2328 bytes are 2.4 s at 9600 baud, the slowest speed and the longest reply."""
POLL_S = 0.15
"""Between two finds while nobody lays a card: below what a person notices as a delay."""
TRIES = 3
"""How often a card that lies there and does not answer is tried: it may still be moving."""

_WHY_UNREADABLE: Mapping[int, str] = {
    Status.CARD_REJECTED_READER: "rejected",
    Status.READER_REJECTED_CARD: "rejected",
    Status.VERIFICATION_ERROR: "rejected",
    Status.SELECT_FAILED: "rejected",
    Status.UNKNOWN_CARD_TYPE: "unknown_kind",
}
_MAY_HAVE_MOVED = frozenset({CardKind.RESIDENT, CardKind.HK_MACAU_TAIWAN})
"""Cards that print an address, to which a newer one may have been appended."""


class _Absent:
    """Nothing to find on the reader."""


class _ReadBrokenOff(CardUnreadable):
    """The card was there and answered, then a read failed; it may have been lifted."""


class _NotSelected(CardUnreadable):
    """The card was found and did not let itself be selected; it may still be moving."""


class SamVIdCardReader:
    """A SAM_V reader behind a tty, a TCP serial server or USB pipes; an `IdCardReader`.

    Opens its port whenever it is asked something and the port is not open, so a reader unplugged
    and plugged in again works without being told. `baud` is the speed a tty shall have: `connect`
    finds the module at any other and brings it there. With `fingerprints` the card is asked for
    them too, with `appended_address` for an address newer than the printed one. `usb_backend`
    stands in for libusb where the device is no real one.
    """

    def __init__(
        self,
        port: Port,
        *,
        baud: int = 115200,
        fingerprints: bool = False,
        appended_address: bool = True,
        usb_backend: "Backend | None" = None,
    ) -> None:
        if baud not in frames.SET_SPEED:
            raise ValueError(f"no module talks at {baud} baud")
        self.capabilities: Mapping[str, str] = {
            "transport": port.scheme.value,
            "baud": "none" if port.scheme is Scheme.USB else str(baud),
            "fingerprints": "yes" if fingerprints else "no",
            "appended_address": "yes" if appended_address else "no",
        }
        """Fixed by model and settings, see `Device`."""
        self._speed_line: SerialPort | None = None
        self._baud = baud
        self._line = self._make_line(port, usb_backend)
        self._module = SamModule(self._line)
        self._read_command = (
            frames.READ_CARD_WITH_FINGERPRINTS if fingerprints else frames.READ_CARD
        )
        self._asks_for_address = appended_address
        self._last_read_may_lie = False
        """A card was read and nothing was found since: it is hidden from find until lifted."""

    def _make_line(self, port: Port, usb_backend: "Backend | None") -> Line:
        if port.scheme is Scheme.USB:
            # pyusb is not needed, and may not be there, where the reader is on a tty
            from device_drivers.id_card_reader.usb_pipes import UsbPipes  # noqa: PLC0415

            return UsbPipes(port, device=DEVICE, backend=usb_backend)
        line = SerialPort(port, device=DEVICE, baud=self._baud)
        if port.scheme is Scheme.SERIAL:
            self._speed_line = line
        return line

    async def connect(self) -> None:
        """Open the port and see that the module answers. Raises DeviceFault.

        Beside the opening, on a tty: half a second at most where the module has the wanted speed,
        else, or where it answers at none, 2.5 s. On TCP and USB, which have no speed: two tries of
        `STATUS_S`. Each time that the module says that it ails, a `RESET_S` and a `STATUS_S` more.
        """
        async with self._line.conversation():
            await self._line.open()
            if self._speed_line is None:
                await self._module.ask(frames.SAM_STATUS, STATUS_S)
                return
            await self._speed_line.set_baud(self._baud)
            await find_speed(self._module, self._speed_line, self._baud)

    async def module_id(self) -> str:
        """The number on the module's label (DEVICES.md 1.6). Raises DeviceFault; 0.5 s at most."""
        async with self._line.conversation():
            await self._line.open()
            until = asyncio.get_running_loop().time() + 2 * STATUS_S
            reply = await self._module.ask(frames.SAM_ID, STATUS_S, until=until)
            if reply.status != Status.OK:
                raise DeviceGarbled(DEVICE, f"module answers {reply.status:02x} to its own number")
            return frames.sam_id_text(reply.data)

    async def close(self) -> None:
        """Release the port. Safe to call twice, and after a fault."""
        await self._line.close()

    async def status(self) -> ReaderStatus:
        """Ask module and card now; answers within 1 s. Never raises.

        While a card is being read the module is busy. A card that was read and still lies there
        can't be told from no card at all, so `media` is unknown until another is found. A module
        that says that it ails is reset and asked again first.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + STATUS_LIMIT_S
        try:
            async with AsyncExitStack() as stack:
                async with asyncio.timeout(STATUS_S):
                    await stack.enter_async_context(self._line.conversation())
                await self._line.open(within_s=until - loop.time())
                await self._module.ask(frames.SAM_STATUS, STATUS_S, until=until)
                return ReaderStatus(device=DeviceStatus.ONLINE, media=await self._media(until))
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
        found = await self._find()
        if found.status not in {Status.FOUND, Status.OK}:
            return _Absent()
        self._last_read_may_lie = False
        selected = await self._module.ask(frames.SELECT_CARD, FIND_S)
        if selected.status != Status.OK:
            return _NotSelected(_why_unreadable(selected))
        try:
            read = await self._module.exchange(self._read_command, READ_S)
        except DeviceGarbled:
            # the module takes the card for read and will not find it again, but some repeat
            # the read (DEVICES.md 1.3); where this one does not, the citizen has to lay it anew
            read = await self._module.exchange(self._read_command, READ_S)
            if read.status != Status.OK:
                return CardUnreadable("damaged")
        raise_if_broken(self._read_command, read)
        if read.status != Status.OK:
            return _ReadBrokenOff(_why_unreadable(read))
        self._last_read_may_lie = True
        card = _decode(read.data)
        if self._asks_for_address and isinstance(card, IdCard) and card.kind in _MAY_HAVE_MOVED:
            return replace(card, appended_address=await self._appended_address())
        return card

    async def _appended_address(self) -> str:
        """The newer address on the card; empty where there is none or it was lifted meanwhile."""
        ask = partial(self._module.exchange, frames.READ_APPENDED_ADDRESS, FIND_S)
        with contextlib.suppress(DeviceSilent, DeviceGarbled, ValueError):
            try:
                reply = await ask()
            except DeviceGarbled:
                reply = await ask()
            if reply.status == Status.OK:
                return decode_appended_address(reply.data)
        return ""

    async def _find(self) -> Reply:
        """Look for a card. A module whose radio hangs answers all but this, until it is reset."""
        try:
            return await self._module.ask(frames.FIND_CARD, FIND_S)
        except DeviceSilent:
            if not await self._module.reset():
                raise
        return await self._module.ask(frames.FIND_CARD, FIND_S)

    async def _media(self, until: float) -> MediaStatus:
        """Is a card to be found? Unknown where the module does not say. Raises DeviceBroken."""
        find = frames.FIND_CARD
        try:
            found = await self._module.exchange(find, FIND_S, until=until)
            found = await self._module.mended(find, found, FIND_S, until=until)
        except (DeviceSilent, DeviceGarbled):
            return MediaStatus.UNKNOWN
        if found.status in {Status.FOUND, Status.OK}:
            self._last_read_may_lie = False
            return MediaStatus.PRESENT
        if found.status == Status.FIND_FAILED and not self._last_read_may_lie:
            return MediaStatus.NOT_PRESENT
        return MediaStatus.UNKNOWN


def _why_unreadable(reply: Reply) -> str:
    return _WHY_UNREADABLE.get(reply.status, "damaged")


def _decode(data: bytes) -> IdCard | CardUnreadable:
    try:
        blocks = frames.split_read(data)
        card = decode_card(blocks.text, blocks.photo_wlt)
        return replace(card, fingerprints=blocks.fingerprints)
    except UnknownCardKind:
        return CardUnreadable("unknown_kind")
    except ValueError:
        return CardUnreadable("damaged")
