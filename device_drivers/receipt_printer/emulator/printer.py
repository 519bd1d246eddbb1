"""A receipt printer on a TCP port, with paper, a cover, a knife and a mouth that hands can reach.

It answers DLE EOT the moment it arrives, busy or not, and everything else in its turn, at the speed
of paper; offline it executes nothing (DEVICES.md 4.3). Told to by GS a, it says every change.
"""

import asyncio
import contextlib
import logging
import re
from typing import Literal

from device_drivers.emulation.free_port import free_port
from device_drivers.emulation.wire_fault import Disturber, WireFault
from device_drivers.receipt_printer.emulator.automatic_status import AutomaticReports
from device_drivers.receipt_printer.emulator.condition import Condition
from device_drivers.receipt_printer.emulator.interpreter import Interpreter
from device_drivers.receipt_printer.emulator.paper import Look, PaperRoll, PrintedReceipt
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

_log = logging.getLogger(__name__)

_DOTS_A_MM = 8
_NEAR_END_MM = 3_000.0
_NEW_ROLL_MM = 50_000.0
_KNIFE_S = 0.3
_PRESENT_S = 0.3
_LEAST_DRAWN_IN_MM = 90.0
"""Our choice: the rollers of a presenter turn so far, however short the ticket is."""
_BUFFER_BYTES = 64 * 1024
_CHUNK_BYTES = 4096
"""Read at a time, while there is room in the buffer; when it is full the printer stops reading."""
_KEPT_FREE_BYTES = 256
"""It is full for a job when so much is left: questions, answered busy or not, must still get in."""
_KEPT = 50
"""Receipts remembered: an emulator that runs for days must not grow."""
_ANY_REAL_TIME = re.compile(rb"\x10(?:\x04.|[\x05\x14])", re.DOTALL)
_REAL_TIME = re.compile(rb"\x10\x04([\x01-\x04\x14])")


class ReceiptPrinterEmulator:
    """One printer. Start it inside a running event loop; hands may then move at any time.

    `mm_per_s` None prints at once; `retract_mm_per_s` goes at its own speed all the same, and a
    hand may be faster. `presenter` `custom` holds the cut ticket back until GS e moves
    it, and answers DLE EOT 20 (DEVICES.md 4.4). `number` is the TCP port on 127.0.0.1, 0 for a free
    one, kept over `unplug` and `plug`. `automatic_status` is the n of GS a it is switched on with,
    and falls back to at ESC @. `answers_real_time` False is a model that knows no DLE EOT.
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
    ) -> None:
        self.receipts: list[PrintedReceipt] = []
        """Every piece cut, oldest first."""
        self.unknown: list[Unknown] = []
        """Every byte sequence that meant nothing."""
        self.mouth: PrintedReceipt | None = None
        """The piece that hangs from the printer."""
        self.retracted: list[PrintedReceipt] = []
        """Pieces the presenter took back, oldest first."""
        self.moves_refused = 0
        """How often a jammed presenter was told to move its paper."""
        self.overheard: set[bytes] = set()
        """Each real-time command there was in what arrived, be it in a picture (4.3)."""
        self._held: PrintedReceipt | None = None
        """The piece that lies cut in the presenter."""
        self._paper_left_mm = _NEW_ROLL_MM
        self._cover_open = False
        self._cutter_stuck = False
        self._head_hot = False
        self._mouth_blind = self._mouth_silent = False
        self._presenter_jammed = False
        self._snatches = False
        self._mm_per_s = mm_per_s
        self._retract_mm_per_s = retract_mm_per_s
        self._presenter = presenter
        self._answers_real_time = answers_real_time
        self._number = number or free_port()
        self._roll = PaperRoll(width_mm, look=look)
        self._encoding = encoding
        self._interpreter = Interpreter(encoding, presenter=presenter)
        self._reports = AutomaticReports(automatic_status, self._condition)
        self._server: asyncio.Server | None = None
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._arrived: asyncio.Queue[tuple[bytes, asyncio.StreamWriter]] = asyncio.Queue()
        self._buffered_bytes = 0
        self._has_begun = False
        self._room = asyncio.Event()
        self._wire = Disturber()
        self._hand_moved = asyncio.Event()
        self._paper_moved = asyncio.Event()
        self._printing: asyncio.Task[None] | None = None

    @property
    def port(self) -> str:
        """The port as a driver's configuration names it; meaningful after `start`."""
        return f"tcp:127.0.0.1:{self._number}"

    @property
    def paper(self) -> str:
        """`full`, `low` or `out`."""
        if self._paper_left_mm <= 0:
            return "out"
        return "low" if self._paper_left_mm < _NEAR_END_MM else "full"

    @property
    def is_plugged(self) -> bool:
        """Does the cable connect it to the network?"""
        return self._server is not None

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
        return self._wire.fault

    def disturb_wire(self, fault: WireFault) -> None:
        """Let this be wrong with the wire from now on."""
        self._wire.set(fault)

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
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._number)

    async def unplug(self) -> None:
        """Pull the cable: connections drop, new ones are refused; the buffer keeps its bytes."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        for writer in self._connections.values():
            writer.transport.abort()
        serving = tuple(self._connections)
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)
        if server is not None:
            await server.wait_closed()

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
        self._after_hand()

    def set_cutter(self, *, is_stuck: bool) -> None:
        """Block or free the knife."""
        self._cutter_stuck = is_stuck
        self._after_hand()

    def set_head(self, *, is_hot: bool) -> None:
        """Let the head get too hot, or cool down: it goes on by itself then."""
        self._head_hot = is_hot
        self._after_hand()

    def set_mouth_sensor(self, *, is_blind: bool = False, is_silent: bool = False) -> None:
        """Cover the presenter's sensor, or cut its cable: no full status then; or put it right."""
        self._mouth_blind = is_blind
        self._mouth_silent = is_silent
        self._after_hand()

    def set_presenter(self, *, is_jammed: bool) -> None:
        """Wedge the paper in the presenter's mouth, or free it: it moves neither in nor out."""
        self._presenter_jammed = is_jammed
        self._after_hand()

    async def has_moved(self) -> None:
        """Wait until paper moves: a job is under way then."""
        self._paper_moved.clear()
        await self._paper_moved.wait()

    def tear_off(self) -> PrintedReceipt | None:
        """Take the piece that hangs from the mouth."""
        taken, self.mouth = self.mouth, None
        self._after_hand()
        return taken

    def snatch_at_retract(self) -> None:
        """Take the piece when the printer has been told to draw it back, before its motor moves."""
        self._snatches = True

    def _after_hand(self) -> None:
        self._say_all(self._reports.after_change(self._condition))
        self._hand_moved.set()

    def _say_all(self, report: bytes) -> None:
        """Send to whoever is connected."""
        for writer in self._connections.values():
            self._answer(writer, report)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections[task] = writer
        tail = b""
        try:
            while sent := await reader.read(_CHUNK_BYTES):
                data = self._wire.hears(sent)
                seen = tail + data
                self.overheard.update(_ANY_REAL_TIME.findall(seen))
                for question in _REAL_TIME.finditer(seen):
                    self._answer(writer, self._real_time_answer(question[1][0]))
                after = max((found.end() for found in _REAL_TIME.finditer(seen)), default=0)
                tail = seen[max(after, len(seen) - 2) :]
                room = _BUFFER_BYTES - (_KEPT_FREE_BYTES if len(data) > _KEPT_FREE_BYTES else 0)
                while self._buffered_bytes + len(data) > room:
                    self._room.clear()
                    await self._room.wait()
                self._buffered_bytes += len(data)
                self._arrived.put_nowait((data, writer))
        except (ConnectionError, asyncio.CancelledError):
            # ends here also when unplugged: asyncio reports a cancelled connection as an error
            _log.debug("a connection was dropped")
        finally:
            del self._connections[task]
            writer.close()

    async def _print_what_arrives(self) -> None:
        while True:
            data, writer = await self._arrived.get()
            self._buffered_bytes -= len(data)
            self._room.set()
            for step in self._interpreter.feed(data):
                await self._execute(step, writer)

    async def _execute(self, step: Step, writer: asyncio.StreamWriter) -> None:
        while self._condition.stopped_by:
            self._hand_moved.clear()
            await self._hand_moved.wait()
        match step:
            case Unknown():
                self.unknown.append(step)
            case StatusRequest():
                self._answer(writer, bytes([self._condition.end_of_paper()]))
            case AutomaticStatus(n):
                self._say_all(self._reports.choose(n, self._condition))
            case AutomaticFullStatus(n):
                self._say_all(self._reports.choose_full(n, self._condition))
            case Presenter():
                await self._present(step, writer)
            case HardwareReset():
                self._interpreter = Interpreter(self._encoding, presenter=self._presenter)
                self._reports.reset(self._condition)
                self._roll.apply(Reset())
            case _:
                if isinstance(step, Reset):
                    self._reports.reset(self._condition)
                await self._move(self._roll.apply(step))
        if isinstance(step, Cut):
            await self._cut()

    def _answer(self, writer: asyncio.StreamWriter, answer: bytes) -> None:
        """Send to who is still there, as the wire lets it through; an empty answer is none."""
        if answer:
            said = self._wire.says(answer)
            asyncio.get_running_loop().call_later(said.delay_s, _write, writer, said.data)

    async def _move(self, dots: int) -> None:
        self._paper_left_mm -= dots / _DOTS_A_MM
        if dots:
            self._has_begun = True
            self._paper_moved.set()
        if self._mm_per_s is not None and dots:
            await asyncio.sleep(dots / _DOTS_A_MM / self._mm_per_s * self._wire.pace)
        self._say_all(self._reports.after_change(self._condition))

    async def _cut(self) -> None:
        if self._mm_per_s is not None:
            await asyncio.sleep(_KNIFE_S)
        while self._cutter_stuck:
            self._hand_moved.clear()
            await self._hand_moved.wait()
        receipt = await asyncio.to_thread(self._roll.cut)
        self._has_begun = False
        self.receipts = [*self.receipts, receipt][-_KEPT:]
        if self._presenter == "custom":
            self._held = receipt
            return
        self.mouth = receipt

    async def _present(self, step: Presenter, writer: asyncio.StreamWriter) -> None:
        """GS e: a ticket not yet presented and one in the mouth are moved alike."""
        match step.act:
            case "status":
                self._answer(writer, bytes([self._condition.of_presenter()]))
                return
            case "eject" | "retract" if self._presenter_jammed:
                self.moves_refused += 1
            case "retract" if self._held is None and self.mouth is not None:
                await self._draw_in()
            case "present":
                self.mouth, self._held = self._held or self.mouth, None
            case "eject":
                self.mouth, self._held = None, None
            case "retract":
                self._take_back(self._held)
                self._held = None
        if self._mm_per_s is not None:
            await asyncio.sleep(_PRESENT_S)
        self._say_all(self._reports.after_change(self._condition))

    async def _draw_in(self) -> None:
        """Its end leaves the mouth last; a hand that holds on until then has the paper."""
        if self._snatches:
            self._snatches = False
            self.tear_off()
        if self.mouth is not None:
            drawn_mm = max(self.mouth.length_mm, _LEAST_DRAWN_IN_MM)
            await asyncio.sleep(drawn_mm / self._retract_mm_per_s)
        self._take_back(self.mouth)
        self.mouth = None

    def _take_back(self, receipt: PrintedReceipt | None) -> None:
        if receipt is not None:
            self.retracted = [*self.retracted, receipt][-_KEPT:]

    @property
    def _condition(self) -> Condition:
        return Condition(
            self.paper,
            self._cover_open,
            self._cutter_stuck,
            self._head_hot,
            self.mouth is not None and not self._mouth_blind,
            self._presenter_jammed,
        )

    def _real_time_answer(self, n: int) -> bytes:
        """DLE EOT n (DEVICES.md 4.3); 20 is the presenter's full status (4.4)."""
        if n == 20:
            has_mouth = self._presenter == "custom" and not self._mouth_silent
            return self._condition.full() if has_mouth else b""
        return bytes([self._condition.real_time(n)]) if self._answers_real_time else b""


def _write(writer: asyncio.StreamWriter, data: bytes) -> None:
    if not writer.is_closing():
        writer.write(data)
