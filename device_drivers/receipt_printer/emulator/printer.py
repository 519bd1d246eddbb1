"""A receipt printer on a TCP port, with paper, a cover, a knife and a mouth that hands can reach.

It answers DLE EOT the moment it arrives, busy or not, and everything else in its turn, at the speed
of paper; offline it executes nothing (DEVICES.md 4.3), keeps what it has received, and goes on when
paper is back: unless DLE DC4 8 or, after an error of its knife, DLE ENQ 2 has cleared it (Epson
ESC/POS reference). Told to by GS a, it says every change.
"""

import asyncio
import contextlib
from typing import Literal

from device_drivers.emulation.wire_fault import WireFault
from device_drivers.receipt_printer.emulator.automatic_status import AutomaticReports
from device_drivers.receipt_printer.emulator.cable import Cable
from device_drivers.receipt_printer.emulator.condition import Breakage, Condition
from device_drivers.receipt_printer.emulator.interpreter import Interpreter
from device_drivers.receipt_printer.emulator.mouth import Mouth
from device_drivers.receipt_printer.emulator.paper import Look, PaperRoll, PrintedReceipt
from device_drivers.receipt_printer.emulator.real_time import Ask, Clear, Overhearing, RealTime
from device_drivers.receipt_printer.emulator.receive_buffer import ReceiveBuffer
from device_drivers.receipt_printer.emulator.steps import (
    AutomaticFullStatus,
    AutomaticStatus,
    Cut,
    HardwareReset,
    Presenter,
    Reset,
    StatusRequest,
    Step,
    Unknown,
)

_DOTS_A_MM = 8
_NEAR_END_MM = 3_000.0
_NEW_ROLL_MM = 50_000.0
_KNIFE_S = 0.3
_PRESENT_S = 0.3
_CLEARED = b"\x37\x25\x00"
"""The answer to DLE DC4 8: header, identifier, NUL."""
_XOFF, _XON = b"\x13", b"\x11"


class ReceiptPrinterEmulator:
    """One printer. Start it inside a running event loop; hands may then move at any time.

    `mm_per_s` None prints at once; `retract_mm_per_s` goes at its own speed all the same, and a
    hand may be faster. `presenter` `custom` holds the cut ticket back until GS e moves
    it, and answers DLE EOT 20 (DEVICES.md 4.4). `number` is the TCP port on 127.0.0.1, 0 for a free
    one, kept over `unplug` and `plug`. `automatic_status` is the n of GS a it is switched on with,
    and falls back to at ESC @. `answers_real_time` False is a model that knows no DLE EOT,
    `clears_buffer` False one that knows no DLE DC4. `latches_errors`: an error of the knife lasts,
    freed or not, until DLE ENQ or the cover was opened and closed. `flow_control`: XOFF while it is
    at work on what came, XON after, as over a serial line. `is_terse`: see `Condition`.
    """

    def __init__(
        self,
        *,
        width_mm: int = 80,
        encoding: str = "gb18030",
        mm_per_s: float | None = 150.0,
        retract_mm_per_s: float = 100.0,
        presenter: Literal["none", "custom"] = "none",
        look: Look = "thermal",
        number: int = 0,
        automatic_status: int = 0,
        answers_real_time: bool = True,
        clears_buffer: bool = True,
        latches_errors: bool = False,
        flow_control: bool = False,
        is_terse: bool = False,
    ) -> None:
        self.unknown: list[Unknown] = []
        """Every byte sequence that meant nothing."""
        self.overheard: set[bytes] = set()
        """Each real-time command there was in what arrived, be it in a picture (4.3)."""
        self.drawer_reports = 0
        """How often it said by itself that the drawer was opened or shut."""
        self._paper_left_mm = _NEW_ROLL_MM
        self._cover_open = False
        self._knife_blocked = self._cutter_stuck = False
        self._head_hot = self._drawer_high = False
        self._broken: Breakage = ""
        self._mouth_blind = self._mouth_silent = False
        self._mm_per_s = mm_per_s
        self._presenter = presenter
        has_presenter = presenter == "custom"
        self._mouth = Mouth(has_presenter=has_presenter, retract_mm_per_s=retract_mm_per_s)
        self._mouth.when_torn_off = self._after_hand
        self._answers_real_time = answers_real_time
        self._clears_buffer = clears_buffer
        self._latches_errors = latches_errors
        self._flow_control = flow_control
        self._is_terse = is_terse
        self._roll = PaperRoll(width_mm, look=look)
        self._encoding = encoding
        self._interpreter = self._new_interpreter()
        self._reports = AutomaticReports(automatic_status, self._condition)
        self._cable = Cable(number, self._take)
        self._arrived = ReceiveBuffer()
        self._clearings = 0
        self._has_begun = False
        self._hand_moved = asyncio.Event()
        self._paper_moved = asyncio.Event()
        self._printing: asyncio.Task[None] | None = None

    @property
    def receipts(self) -> list[PrintedReceipt]:
        """Every piece cut, oldest first."""
        return self._mouth.receipts

    @property
    def mouth(self) -> PrintedReceipt | None:
        """The piece that hangs from the printer."""
        return self._mouth.hanging

    @property
    def retracted(self) -> list[PrintedReceipt]:
        """Pieces the presenter took back, oldest first."""
        return self._mouth.retracted

    @property
    def moves_refused(self) -> int:
        """How often a jammed presenter was told to move its paper."""
        return self._mouth.moves_refused

    @property
    def port(self) -> str:
        """The port as a driver's configuration names it; meaningful after `start`."""
        return f"tcp:127.0.0.1:{self._cable.number}"

    @property
    def paper(self) -> str:
        """`full`, `low` or `out`."""
        if self._paper_left_mm <= 0:
            return "out"
        return "low" if self._paper_left_mm < _NEAR_END_MM else "full"

    @property
    def is_plugged(self) -> bool:
        """Does the cable connect it to the network?"""
        return self._cable.is_plugged

    @property
    def cover_open(self) -> bool:
        """Is the cover open?"""
        return self._cover_open

    @property
    def is_printing(self) -> bool:
        """Has a receipt begun that is not yet cut off?"""
        return self._has_begun

    @property
    def cutter_stuck(self) -> bool:
        """Is the knife blocked?"""
        return self._cutter_stuck

    @property
    def fault(self) -> WireFault:
        """What is wrong with the wire now."""
        return self._cable.wire.fault

    def disturb_wire(self, fault: WireFault) -> None:
        """Let this be wrong with the wire from now on."""
        self._cable.wire.set(fault)

    @property
    def head_hot(self) -> bool:
        """Is the head too hot to print?"""
        return self._head_hot

    async def start(self) -> None:
        """Switch on and plug in."""
        self._printing = asyncio.create_task(self._print_what_arrives())
        await self.plug()

    async def stop(self) -> None:
        """Switch off. Safe to call twice."""
        await self.unplug()
        if self._printing is not None:
            self._printing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._printing
            self._printing = None

    async def plug(self) -> None:
        """Put the cable in; nothing happens when it is in."""
        await self._cable.plug()

    async def unplug(self) -> None:
        """Pull the cable: connections drop, new ones are refused; the buffer keeps its bytes."""
        await self._cable.unplug()

    def set_paper(self, left_mm: float) -> None:
        """Put in a roll with so much paper left: 0 is none, under 3 m is near the end."""
        self._paper_left_mm = left_mm
        self._after_hand()

    def refill(self) -> None:
        """Put in a new roll."""
        self.set_paper(_NEW_ROLL_MM)

    def set_cover(self, *, is_open: bool) -> None:
        """Open or close the cover."""
        self._cover_open = is_open
        self._cutter_stuck = self._knife_blocked  # to open the cover ends an error that lasts
        self._after_hand()

    def set_cutter(self, *, is_stuck: bool) -> None:
        """Block or free the knife."""
        self._knife_blocked = is_stuck
        self._cutter_stuck = is_stuck or (self._latches_errors and self._cutter_stuck)
        self._after_hand()

    def set_head(self, *, is_hot: bool) -> None:
        """Let the head get too hot, or cool down: it goes on by itself then."""
        self._head_hot = is_hot
        self._after_hand()

    def set_broken(self, part: Breakage) -> None:
        """Break something that is neither knife nor head, or mend it: the empty word."""
        self._broken = part
        self._after_hand()

    def set_drawer(self, *, is_open: bool) -> None:
        """Close or open the switch at the connector for a cash drawer."""
        self._drawer_high = is_open
        report = self._reports.after_change(self._condition)
        self.drawer_reports += bool(report)
        self._cable.say_all(report)

    def set_mouth_sensor(self, *, is_blind: bool = False, is_silent: bool = False) -> None:
        """Cover the presenter's sensor, or cut its cable: no full status then; or put it right."""
        self._mouth_blind = is_blind
        self._mouth_silent = is_silent
        self._after_hand()

    def set_presenter(self, *, is_jammed: bool) -> None:
        """Wedge the paper in the presenter's mouth, or free it: it moves neither in nor out."""
        self._mouth.is_jammed = is_jammed
        self._after_hand()

    async def has_moved(self) -> None:
        """Wait until paper moves: a job is under way then."""
        self._paper_moved.clear()
        await self._paper_moved.wait()

    def tear_off(self) -> PrintedReceipt | None:
        """Take the piece that hangs from the mouth."""
        return self._mouth.tear_off()

    def snatch_at_retract(self) -> None:
        """Take the piece when the printer has been told to draw it back, before its motor moves."""
        self._mouth.is_snatched_at = True

    def _after_hand(self) -> None:
        self._cable.say_all(self._reports.after_change(self._condition))
        self._hand_moved.set()

    async def _take(
        self, data: bytes, listening: Overhearing, writer: asyncio.StreamWriter
    ) -> None:
        """Obey what is to be obeyed at once; all the rest waits for its turn."""
        dropped = 0
        for end, command in listening.hear(data):
            if await self._obeyed(command, writer):
                dropped = end
        self.overheard |= listening.found
        if len(data) > dropped:
            await self._arrived.put(data[dropped:], writer)

    async def _obeyed(self, command: RealTime, writer: asyncio.StreamWriter) -> bool:
        """Do it; True where it has cleared the buffers of all that came before it."""
        match command:
            case Ask(n):
                self._cable.say(writer, self._real_time_answer(n))
                return False
            case Clear():
                if self._clears_buffer:
                    await self._clear()
                    self._cable.say(writer, _CLEARED)
                return self._clears_buffer
        if not self._cutter_stuck or not self._answers_real_time:
            return False
        if command.n == 2:
            await self._clear()
        self._cutter_stuck = self._knife_blocked
        self._after_hand()
        return command.n == 2

    async def _clear(self) -> None:
        """Receive and print buffer; modes and what is on paper already stay as they are."""
        await self._arrived.clear()
        self._interpreter.drop()
        self._roll.drop_line()
        self._clearings += 1
        self._hand_moved.set()

    async def _print_what_arrives(self) -> None:
        while True:
            data, writer = await self._arrived.get()
            clearings = self._clearings
            self._cable.say(writer, _XOFF if self._flow_control else b"")
            for step in self._interpreter.feed(data):
                await self._execute(step, writer)
                if self._clearings != clearings:
                    break
            self._cable.say(writer, _XON if self._flow_control else b"")

    async def _is_stopped(self, clearings: int) -> bool:
        """Wait while nothing is executed; True when what waits was cleared meanwhile."""
        while self._condition.stopped_by and self._clearings == clearings:
            self._hand_moved.clear()
            await self._hand_moved.wait()
        return self._clearings != clearings

    async def _execute(self, step: Step, writer: asyncio.StreamWriter) -> None:
        clearings = self._clearings
        if await self._is_stopped(clearings):
            return
        match step:
            case Unknown():
                self.unknown.append(step)
            case StatusRequest():
                self._cable.say(writer, bytes([self._condition.end_of_paper()]))
            case AutomaticStatus(n):
                self._cable.say_all(self._reports.choose(n, self._condition))
            case AutomaticFullStatus(n):
                self._cable.say_all(self._reports.choose_full(n, self._condition))
            case Presenter("status"):
                self._cable.say(writer, bytes([self._condition.of_presenter()]))
            case Presenter(act):
                await self._mouth.move(act)
                if self._mm_per_s is not None:
                    await asyncio.sleep(_PRESENT_S)
                self._cable.say_all(self._reports.after_change(self._condition))
            case HardwareReset():
                self._interpreter = self._new_interpreter()
                self._reports.reset(self._condition)
                self._roll.apply(Reset())
            case _:
                if isinstance(step, Reset):
                    self._reports.reset(self._condition)
                await self._move(self._roll.apply(step))
        if isinstance(step, Cut) and self._clearings == clearings:
            await self._cut(clearings)

    async def _move(self, dots: int) -> None:
        self._paper_left_mm -= dots / _DOTS_A_MM
        if dots:
            self._has_begun = True
            self._paper_moved.set()
        if self._mm_per_s is not None and dots:
            await asyncio.sleep(dots / _DOTS_A_MM / self._mm_per_s * self._cable.wire.pace)
        self._cable.say_all(self._reports.after_change(self._condition))

    async def _cut(self, clearings: int) -> None:
        if self._mm_per_s is not None:
            await asyncio.sleep(_KNIFE_S)
        while self._cutter_stuck and self._clearings == clearings:
            self._hand_moved.clear()
            await self._hand_moved.wait()
        if self._clearings != clearings:
            return
        receipt = await asyncio.to_thread(self._roll.cut)
        self._has_begun = False
        self._mouth.take(receipt)

    def _new_interpreter(self) -> Interpreter:
        return Interpreter(
            self._encoding, presenter=self._presenter, clears_buffer=self._clears_buffer
        )

    @property
    def _condition(self) -> Condition:
        return Condition(
            self.paper,
            self._cover_open,
            self._cutter_stuck,
            self._head_hot,
            self.mouth is not None and not self._mouth_blind,
            self._mouth.is_jammed,
            self._broken,
            self._drawer_high,
            self._is_terse,
        )

    def _real_time_answer(self, n: int) -> bytes:
        """DLE EOT n (DEVICES.md 4.3); 20 is the presenter's full status (4.4)."""
        if n == 20:
            has_mouth = self._presenter == "custom" and not self._mouth_silent
            return self._condition.full() if has_mouth else b""
        return bytes([self._condition.real_time(n)]) if self._answers_real_time else b""
