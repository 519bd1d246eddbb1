"""The driver of a cabinet's board that speaks Modbus RTU on a serial line."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace

from device_drivers.cabinet.board_sheet import load_sheet
from device_drivers.cabinet.facts import status_of, unknown_status
from device_drivers.cabinet.frames import (
    Answer,
    Question,
    Refusal,
    find_reply,
    read_span,
    write_place,
)
from device_drivers.cabinet.interface import CabinetStatus, HeatStatus, LightMode, Slot
from device_drivers.cabinet.register_map import Light, Place, spans
from device_drivers.errors import (
    DeviceBroken,
    DeviceFault,
    DeviceGarbled,
    DeviceMissing,
    DeviceSilent,
    FaultCode,
)
from device_drivers.ports import Port
from device_drivers.status import DeviceKind, DeviceStatus
from device_drivers.transport.serial_port import SerialPort

_DEVICE = DeviceKind.CABINET.value

REPLY_S = 0.25
"""Question and longest answer take 80 ms at 9600 baud, USB converters hold bytes back for 16 ms
each way, and boards take up to 100 ms to think."""
TRIES = 2
"""One bit that toppled on a line beside motors is no fault; two in a row are asked about."""
STATUS_S = 0.9
"""`status` promises an answer within 1 s."""
QUIET_S = 0.02
"""Five times the silence that ends a frame at 9600 baud (3.5 characters, 4 ms: MODBUS over Serial
Line V1.02, section 2.5.1.1), because a USB converter makes gaps of its own."""
QUIET_LIMIT_S = 0.1
"""A line that is never quiet is asked all the same: the CRC tells noise from an answer."""
BLINK_S = 0.5
"""Half a period of a light that we make blink: one flash a second is seen, and frightens nobody."""
WATCH_S = 0.25
"""How often `watch` looks: a person who comes is greeted at once."""

_BUSY = frozenset({5, 6})
"""Exception codes "acknowledge" and "server device busy" (Application Protocol, section 7)."""
_WRONG_SHEET = frozenset({1, 2, 3})
"""Illegal function, data address, data value: the register sheet is not this board's."""


class ModbusCabinet:
    """A `Cabinet` behind a tty (8N1) or a TCP serial server.

    `board` is the register sheet: the name of a shipped one, or the full path of a TOML file.
    Opens its port whenever it is asked something and the port is not open.
    """

    def __init__(self, port: Port, *, board: str = "default", baud: int = 9600) -> None:
        self.capabilities: Mapping[str, str] = {
            "board": board,
            "baud": str(baud),
        }
        """Fixed by model and settings, see `Device`."""
        self._board = load_sheet(board)
        self._spans = spans(
            self._board.places(), most=self._board.most_places, gap=self._board.widest_gap
        )
        self._line = SerialPort(port, device=_DEVICE, baud=baud)
        self._wanted: dict[Slot, LightMode] = {}
        """Lights that were set; those nobody spoke of stay as they are."""
        self._has_its_lights = False
        """The board was given what is wanted since it was found."""
        self._was_hot = False
        self._owes_reply = False
        """A question was sent whose answer did not come, or not wholly."""
        self._is_lit = False
        """Where our own blinking stands."""
        self._blinking: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Open the port, see that the board answers, give it its lights. Raises DeviceFault."""
        await self._line.open()
        await self._read()
        await self._give_lights()

    async def close(self) -> None:
        """Release the port; the lights stay as they are. Safe to call twice, and after a fault."""
        await self._end_blinking()
        self._has_its_lights = False
        await self._line.close()

    async def status(self) -> CabinetStatus:
        """Ask the board now; answers within 1 s. Never raises: absence is a status."""
        try:
            async with asyncio.timeout(STATUS_S):
                return await self._status()
        except DeviceFault as fault:
            self._has_its_lights = False
            return self._unknown(_status_word(fault), fault.code, fault.detail)
        except TimeoutError:
            self._has_its_lights = False
            return self._unknown(
                DeviceStatus.OFFLINE,
                FaultCode.DEVICE_SILENT,
                f"no whole answer within {STATUS_S} s",
            )

    async def light(self, slot: Slot, mode: LightMode) -> None:
        """Set the light at one slot; where the board has none there, nothing happens."""
        lamp = self._board.lights.get(slot)
        if lamp is None:
            return
        self._wanted[slot] = mode
        try:
            async with asyncio.timeout(STATUS_S):
                await self._line.open()
                await self._give(slot, lamp)
        except TimeoutError:
            self._has_its_lights = False
            raise DeviceSilent(_DEVICE, f"took no light within {STATUS_S} s") from None
        except DeviceFault:
            self._has_its_lights = False
            raise
        finally:
            self._mind_blinking()

    async def watch(self) -> AsyncGenerator[CabinetStatus, None]:
        """How the board is now, and then each time a word of it changes. Never raises."""
        last: CabinetStatus | None = None
        while True:
            now = await self.status()
            if last is None or _words(now) != _words(last):
                last = now
                yield now
            await asyncio.sleep(WATCH_S)

    async def _status(self) -> CabinetStatus:
        await self._line.open()
        values = await self._read()
        if not self._has_its_lights:
            await self._give_lights()
        else:
            for slot, lamp in self._given():
                if lamp.place in values and not self._is_as_given(slot, lamp, values[lamp.place]):
                    await self._give(slot, lamp)  # the board was switched off and on again
        status = status_of(self._board, values, was_hot=self._was_hot)
        self._was_hot = status.heat is HeatStatus.HOT
        return status

    def _unknown(self, device: DeviceStatus, fault: FaultCode, detail: str) -> CabinetStatus:
        return unknown_status(self._board, device=device, fault=fault, detail=detail)

    async def _read(self) -> dict[Place, int]:
        values: dict[Place, int] = {}
        for span in self._spans:
            answer = await self._ask(read_span(self._board.unit, span))
            for offset, value in enumerate(answer.values):
                values[Place(span.table, span.first + offset)] = value
        return values

    async def _give_lights(self) -> None:
        for slot, lamp in self._given():
            await self._give(slot, lamp)
        self._has_its_lights = True
        self._mind_blinking()

    def _given(self) -> list[tuple[Slot, Light]]:
        return [(slot, self._board.lights[slot]) for slot in self._wanted]

    async def _give(self, slot: Slot, lamp: Light) -> None:
        value = lamp.values[self._written(slot, lamp)]
        await self._ask(write_place(self._board.unit, lamp.place, value))

    def _written(self, slot: Slot, lamp: Light) -> LightMode:
        """What stands in the board now for what is wanted."""
        wanted = self._wanted[slot]
        if wanted is LightMode.BLINK and LightMode.BLINK not in lamp.values:
            return LightMode.ON if self._is_lit else LightMode.OFF
        return wanted

    def _is_as_given(self, slot: Slot, lamp: Light, value: int) -> bool:
        return self._blinks_by_us(slot, lamp) or value == lamp.values[self._wanted[slot]]

    def _blinks_by_us(self, slot: Slot, lamp: Light) -> bool:
        return self._wanted[slot] is LightMode.BLINK and LightMode.BLINK not in lamp.values

    def _mind_blinking(self) -> None:
        """Have the task that blinks exactly while a light needs it."""
        is_needed = any(self._blinks_by_us(slot, lamp) for slot, lamp in self._given())
        if is_needed and self._blinking is None:
            self._blinking = asyncio.create_task(self._blink(), name="cabinet-blink")
        elif not is_needed and self._blinking is not None:
            self._blinking.cancel()
            self._blinking = None

    async def _end_blinking(self) -> None:
        blinking, self._blinking = self._blinking, None
        if blinking is not None:
            blinking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await blinking

    async def _blink(self) -> None:
        while True:
            await asyncio.sleep(BLINK_S)
            self._is_lit = not self._is_lit
            for slot, lamp in self._given():
                if self._blinks_by_us(slot, lamp):
                    with contextlib.suppress(DeviceFault):  # `status` is who tells of it
                        await self._give(slot, lamp)

    async def _ask(self, question: Question) -> Answer:
        """Ask, once more where nothing right came. Raises DeviceFault."""
        async with self._line.conversation():
            for is_last in (number == TRIES for number in range(1, TRIES + 1)):
                try:
                    return await self._ask_once(question)
                except (DeviceSilent, DeviceGarbled):
                    if is_last:
                        raise
        raise AssertionError("unreachable")

    async def _ask_once(self, question: Question) -> Answer:
        await self._await_quiet()
        self._owes_reply = True
        await self._line.write(question.frame, within_s=REPLY_S)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + REPLY_S
        received, kept = 0, b""
        while (left_s := deadline - loop.time()) > 0:
            more = await self._line.read(within_s=left_s)
            received, kept = received + len(more), kept + more
            reply = find_reply(kept, question)
            if isinstance(reply, Answer):
                self._owes_reply = False
                return reply
            if isinstance(reply, Refusal):
                self._owes_reply = False
                raise _refused(reply, question)
            kept = kept[-question.longest_reply_bytes :]
        if not received:
            raise DeviceSilent(_DEVICE, f"no answer within {REPLY_S} s")
        raise DeviceGarbled(_DEVICE, f"{received} bytes without a right answer among them")

    async def _await_quiet(self) -> None:
        """Let the answer to an older question pass by, so that it is not taken for this one's."""
        await self._line.discard_input()
        if not self._owes_reply:
            return
        loop = asyncio.get_running_loop()
        deadline = loop.time() + QUIET_LIMIT_S
        while loop.time() < deadline and await self._line.read(within_s=QUIET_S):
            pass


def _words(status: CabinetStatus) -> CabinetStatus:
    """The status without its number, which changes all day."""
    return replace(status, temperature_c=None, detail="")


def _status_word(fault: DeviceFault) -> DeviceStatus:
    if isinstance(fault, DeviceMissing):
        return DeviceStatus.NO_DEVICE
    if isinstance(fault, DeviceBroken):
        return DeviceStatus.HARDWARE_ERROR
    return DeviceStatus.OFFLINE


def _refused(refusal: Refusal, question: Question) -> DeviceFault:
    asked = f"exception {refusal.code} to function {question.function}"
    if refusal.code in _BUSY:
        return DeviceSilent(_DEVICE, f"busy: {asked}")
    if refusal.code in _WRONG_SHEET:
        return DeviceBroken(
            _DEVICE, f"{asked}: the register sheet is not this board's", FaultCode.MISUSED
        )
    return DeviceBroken(_DEVICE, asked)
