"""A cabinet's board on a pty, spoken for by the server of `pymodbus`; written from its sheet.

The addresses below are those of `boards/default.toml`, read by a person: nothing here comes from
the driver. Other boards have other addresses, and limits of their own (`Wiring`). The server sits
on a line of its own; between it and the kiosk's line is a bridge that can be slow, deaf, noisy or
wrong, as a wire can.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pymodbus.constants import ExcCodes
from pymodbus.framer import FramerRTU
from pymodbus.server import ModbusSerialServer
from pymodbus.simulator import DataType, SimData, SimDevice
from pymodbus.simulator.simdevice import SimAction

from device_drivers.emulation.pty_line import PtyLine
from device_drivers.emulation.serial_emulator import SerialEmulator

UNIT = 1
DOOR, TAMPER_LOOP, HEADSET, PERSON = range(4)
"""Discrete inputs. The tamper loop carries current, 1, until somebody breaks it."""
TENTHS_OF_A_DEGREE, TURNS_A_MINUTE = range(2)
"""Input registers."""
LIGHTS = (
    "id_card",
    "social_security_card",
    "scanner",
    "camera",
    "receipt_printer",
    "document_printer",
)
"""Holding registers from 20 on, in this order."""
_COILS, _CONTACTS, _HOLDING, _NUMBERS = (1, 5, 15), (2,), (3, 6, 16), (4,)
"""The functions of each table (MODBUS Application Protocol V1.1b3, 6.1 to 6.6, 6.11, 6.12)."""
_WRITES_ONE = (5, 6)
_PLACES = 64
"""How far the server's memory goes; what of it the board has is the wiring's to say."""
LIGHT_WORDS: Mapping[int, str] = {0: "off", 1: "on", 2: "blink"}

RUNNING_TURNS = 2400
_BYTES_PER_S_9600 = 960.0
_START_LIMIT_S = 20.0
"""A thread and a tty: milliseconds, but on a machine that has much else to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """What a board has where, from 0; what nothing is wired to, it refuses with exception 2."""

    contacts: Sequence[int] = range(4)
    """Discrete inputs: door, tamper loop, headset, person."""
    numbers: Sequence[int] = range(2)
    """Input registers: temperature, turns of the fan."""
    lights: Sequence[int] = range(20, 26)
    """Of `LIGHTS`: holding registers, or coils."""
    has_relays: bool = False
    """Its lights hang on coils, which know on and off alone."""
    unused: Sequence[int] = ()
    """Outputs that are there, and nothing hangs on them."""
    most: int = 125
    """Places it takes in one question; more it refuses with exception 3 (section 7)."""

    def refuses(self, function: int, first: int, count: int) -> ExcCodes | None:
        """The exception to a question, None where the board answers it."""
        outputs = {*self.lights, *self.unused}
        there = {
            _COILS: outputs if self.has_relays else (),
            _CONTACTS: self.contacts,
            _HOLDING: () if self.has_relays else outputs,
            _NUMBERS: self.numbers,
        }
        places = next((each for codes, each in there.items() if function in codes), None)
        if places is None:
            return ExcCodes.ILLEGAL_FUNCTION
        if not 1 <= count <= self.most:
            return ExcCodes.ILLEGAL_VALUE
        return None if {*range(first, first + count)} <= {*places} else ExcCodes.ILLEGAL_ADDRESS


class CabinetEmulator(SerialEmulator):
    """One board. Open its door, heat it, stop its fan, pull its cable; from any thread."""

    def __init__(
        self,
        link: Path | None = None,
        *,
        bytes_per_s: float | None = _BYTES_PER_S_9600,
        wiring: Wiring | None = None,
    ) -> None:
        super().__init__(PtyLine(link, self._to_board, bytes_per_s=bytes_per_s))
        self._board_line = PtyLine(None, self._to_kiosk, bytes_per_s=None)
        self._server: _Server | None = None
        self._wiring = wiring if wiring is not None else Wiring()
        self._refusal: ExcCodes | None = None
        self._contacts = {DOOR: False, TAMPER_LOOP: True, HEADSET: False, PERSON: False}
        self._registers = {TENTHS_OF_A_DEGREE: 315, TURNS_A_MINUTE: RUNNING_TURNS}
        self._lights = [0] * len(LIGHTS)
        self._questions = 0
        self.is_silent = False
        """It hears and says nothing."""
        self.delay_s = 0.0
        """How long it thinks about each answer."""
        self.noise = b""
        """Sent in front of each answer."""
        self.spoils_crc = 0
        """In how many answers, from now on, one bit topples on the wire."""
        self.refuses_with = 0
        """An exception code to answer every question with; 0: none."""
        self.echoes_wrong = False
        """It takes nothing that is written, and says that another value is there."""

    def plug(self) -> None:
        """Plug the cable in; nothing happens when it is in."""
        if self._server is None:
            self._board_line.plug()
            self._server = _Server(str(self._board_line.link), self._act, self._leave)
        super().plug()

    def close(self) -> None:
        """Pull the cable for good and switch the board off. Safe to call twice."""
        super().close()
        server, self._server = self._server, None
        if server is not None:
            server.end()
        self._board_line.close()

    @property
    def questions(self) -> int:
        """How many it was asked so far."""
        return self._questions

    @property
    def lights(self) -> Mapping[str, str]:
        """What each light does: `off`, `on`, `blink`, or `undefined` for a value it has not."""
        return {
            name: LIGHT_WORDS.get(value, "undefined")
            for name, value in zip(LIGHTS, self._lights, strict=True)
        }

    @property
    def door_is_open(self) -> bool:
        """Is the door open?"""
        return self._contacts[DOOR]

    @property
    def is_tampered(self) -> bool:
        """Is the loop broken?"""
        return not self._contacts[TAMPER_LOOP]

    @property
    def headset_is_in(self) -> bool:
        """Is a headset plugged in?"""
        return self._contacts[HEADSET]

    @property
    def person_is_there(self) -> bool:
        """Does somebody stand before it?"""
        return self._contacts[PERSON]

    @property
    def temperature_c(self) -> float:
        """Inside the cabinet."""
        return self._registers[TENTHS_OF_A_DEGREE] / 10

    @property
    def fan_turns(self) -> bool:
        """Does the fan turn?"""
        return self._registers[TURNS_A_MINUTE] > 0

    def set_door(self, *, is_open: bool) -> None:
        """Open or close the door."""
        self._contacts[DOOR] = is_open

    def set_tamper(self, *, is_tampered: bool) -> None:
        """Break the loop, or mend it."""
        self._contacts[TAMPER_LOOP] = not is_tampered

    def set_headset(self, *, is_in: bool) -> None:
        """Plug a headset in, or pull it out."""
        self._contacts[HEADSET] = is_in

    def set_person(self, *, is_there: bool) -> None:
        """Let somebody come, or go."""
        self._contacts[PERSON] = is_there

    def set_temperature(self, celsius: float) -> None:
        """Heat or cool the inside."""
        self._registers[TENTHS_OF_A_DEGREE] = round(celsius * 10)

    def set_fan(self, *, turns: bool) -> None:
        """Stop the fan, or let it turn."""
        self._registers[TURNS_A_MINUTE] = RUNNING_TURNS if turns else 0

    def switch_off_and_on(self) -> None:
        """Take the board's power for a moment: its outputs forget, the cable stays in."""
        self._lights = [0] * len(LIGHTS)

    def babble(self, data: bytes) -> None:
        """Send these bytes, unasked."""
        self._line.send(data)

    def _to_board(self, data: bytes) -> None:
        if not self.is_silent:
            self._board_line.send(data)

    def _to_kiosk(self, data: bytes) -> None:
        time.sleep(self.delay_s)
        self._line.send(self.noise + data)

    def _leave(self, sending: bool, packet: bytes) -> bytes:
        """Let an answer go as it is, or not: called by the server for whole packets."""
        if not packet:
            return packet
        if not sending:
            function, count = packet[1], int.from_bytes(packet[4:6], "big")
            self._refusal = self._wiring.refuses(
                function,
                int.from_bytes(packet[2:4], "big"),
                1 if function in _WRITES_ONE else count,
            )
            return packet
        if packet[0] != UNIT:
            return b""  # another board's question; the server would answer with a failure
        if self.spoils_crc > 0:
            self.spoils_crc -= 1
            return packet[:-1] + bytes([packet[-1] ^ 0x40])
        if self.echoes_wrong and packet[1] in _WRITES_ONE:
            said = packet[:4] + bytes(each ^ 0xFF for each in packet[4:6])
            return said + FramerRTU.compute_CRC(said).to_bytes(2, "big")
        return packet

    async def _act(  # noqa: PLR0917  the arguments are pymodbus's
        self,
        function: int,
        first: int,
        address: int,
        count: int,
        registers: list[int],
        written: list[int] | list[bool] | None,
    ) -> ExcCodes | None:
        """Bring the server's memory up to date before it answers."""
        del first, count
        self._questions += 1
        if self.refuses_with:
            return ExcCodes(self.refuses_with)
        if self._refusal is not None:
            return self._refusal
        if written is not None:
            if not self.echoes_wrong:
                self._write(address, [int(each) for each in written])
        elif function in _CONTACTS:
            _put_bits(
                registers, dict(zip(self._wiring.contacts, self._contacts.values(), strict=True))
            )
        elif function in _COILS:
            _put_bits(
                registers, dict(zip(self._wiring.lights, map(bool, self._lights), strict=True))
            )
        elif function in _NUMBERS:
            for place, value in zip(self._wiring.numbers, self._registers.values(), strict=True):
                registers[place] = value & 0xFFFF
        else:
            for place, value in zip(self._wiring.lights, self._lights, strict=True):
                registers[place] = value
        return None

    def _write(self, address: int, values: list[int]) -> None:
        lights = {place: light for light, place in enumerate(self._wiring.lights)}
        for place, value in enumerate(values, address):
            if place in lights:
                self._lights[lights[place]] = value


def _put_bits(registers: list[int], bits: Mapping[int, bool]) -> None:
    """Sixteen of them in each word, the lowest bit first."""
    for word in range(len(registers)):
        inside = {place - 16 * word: yes for place, yes in bits.items() if place // 16 == word}
        registers[word] = sum(1 << bit for bit, yes in inside.items() if yes)


class _Server:
    """pymodbus's server with the event loop it needs, in a thread of its own."""

    def __init__(self, path: str, act: SimAction, leave: Callable[[bool, bytes], bytes]) -> None:
        self._path = path
        self._act = act
        self._leave = leave
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended: asyncio.Event | None = None
        self._is_ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="cabinet-board", daemon=True)
        self._thread.start()
        if not self._is_ready.wait(_START_LIMIT_S):
            raise RuntimeError("the emulated board did not start")

    def end(self) -> None:
        """Stop answering and give the line back."""
        if self._loop is not None and self._ended is not None:
            self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ended = asyncio.Event()
        device = SimDevice(
            id=UNIT,
            simdata=(
                [SimData(0, values=[False] * _PLACES, datatype=DataType.BITS)],
                [SimData(0, values=[False] * _PLACES, datatype=DataType.BITS)],
                [SimData(0, count=_PLACES, datatype=DataType.REGISTERS)],
                [SimData(0, count=_PLACES, datatype=DataType.REGISTERS)],
            ),
            action=self._act,
        )
        server = ModbusSerialServer(
            device, port=self._path, baudrate=9600, trace_packet=self._leave
        )
        await server.serve_forever(background=True)
        self._is_ready.set()
        await self._ended.wait()
        server.close()
