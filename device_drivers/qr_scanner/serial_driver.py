"""The driver of a scanner on a serial line, in every framing of `DEVICES.md` section 5.1."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Mapping

from device_drivers.errors import (
    DeviceBroken,
    DeviceFault,
    DeviceGarbled,
    DeviceMissing,
    DeviceSilent,
)
from device_drivers.ports import Port
from device_drivers.qr_scanner.framing.arrival import (
    FRAMINGS,
    LONGEST_CODE,
    Answered,
    Arrival,
    CodeArrived,
    Framing,
    FramingName,
    ReplyDue,
)
from device_drivers.qr_scanner.framing.automatic import MAKERS, QUESTIONS, AutoFraming
from device_drivers.qr_scanner.interface import NothingShown, Scan, ScanReading
from device_drivers.qr_scanner.payload import decode_text, split_identifier
from device_drivers.status import DeviceKind, DeviceStatus, StatusReport
from device_drivers.transport.serial_port import SerialPort

_DEVICE = DeviceKind.QR_SCANNER.value

LONGEST_BURST_S = 10.0
"""What `LONGEST_CODE` takes at 9600 baud, the slowest speed scanners are set to, and a margin."""

_OPENING_S = 0.1
"""What comes sooner after the port is opened may be the rest of a code whose head nobody heard."""
_LISTEN_S = 3600.0
"""One wait of `listen`, after which it waits again."""
_ASK_S = 0.25
"""Scanners answer within some 50 ms; five times that, for each question of `auto`."""
_ANSWER_S = 1.0
"""SSI lets a decoder take its time to acknowledge; a second answered by nobody is nobody."""
_STATUS_ANSWER_S = 0.4
_STATUS_S = 0.9
"""`status` promises an answer within 1 s, opening the port included."""
_LOOK_AGAIN_S = 2.0
"""Scanners end a reading after 3 s or more as they come; begun again before, it goes on."""
_WRITE_S = 0.5
"""A command has less than 30 bytes: 31 ms at 9600 baud, sixteen times that."""


class SerialQrScanner:
    """A scanner behind a tty or a TCP serial server; a `QrScanner`.

    With a framing that has a trigger, the scanner looks for codes while `read_code` or `listen`
    runs and at no other time; one of plain lines triggers by itself. `auto` finds out which it is,
    when the port is opened (`framing.automatic`). `idle_s` without a byte ends a burst: 96 bytes at
    9600 baud, six times what a USB serial adapter holds bytes back, and too short to notice. Opens
    its port whenever it is asked something and the port is not open.
    """

    def __init__(
        self, port: Port, *, baud: int = 115200, framing: FramingName = "auto", idle_s: float = 0.1
    ) -> None:
        if framing not in FRAMINGS:
            raise ValueError(f"framing must be one of {', '.join(FRAMINGS)}")
        self.capabilities: Mapping[str, str] = {
            "framing": framing,
            "baud": str(baud),
        }
        """Fixed by model and settings, see `Device`."""
        self._line = SerialPort(port, device=_DEVICE, baud=baud)
        self._name: FramingName = framing
        self._idle_s = idle_s
        self._framing = self._fresh_framing()
        self._is_asked = False
        self._opened_at = 0.0
        """When the port was opened, on the loop's clock."""
        self._arrived: list[CodeArrived] = []
        """Codes that came while something else was waited for."""
        self._busy_bytes = 0
        self._busy_since: float | None = None

    async def connect(self) -> None:
        """Open the port and find out what is spoken. Raises DeviceFault."""
        await self._ready()

    async def close(self) -> None:
        """Release the port. Safe to call twice, and after a fault."""
        await self._line.close()

    async def status(self) -> StatusReport:
        """Ask the device where it takes questions; answers within 1 s. Never raises.

        A scanner of plain lines takes none, so an open port is all that can be known.
        """
        began = self._now()
        try:
            await self._open()
            await self._line.check()
            await self._answer_one(self._framing.questions, until=began + _STATUS_S)
        except DeviceMissing as fault:
            return StatusReport(
                device=DeviceStatus.NO_DEVICE, fault=fault.code, detail=fault.detail
            )
        except DeviceFault as fault:
            return StatusReport(device=DeviceStatus.OFFLINE, fault=fault.code, detail=fault.detail)
        return StatusReport(device=DeviceStatus.ONLINE)

    async def read_code(self, *, within_s: float) -> ScanReading:
        """Wait for one code. Raises DeviceFault; cancelling leaves the scanner idle.

        What was shown before the call is discarded; so is what came together with the code.
        """
        deadline = self._now() + within_s
        await self._ready()
        async with self._looking():
            codes = await self._codes(deadline)
        return _scan(codes[0]) if codes else NothingShown()

    async def listen(self) -> AsyncGenerator[Scan, None]:
        """Every code shown from now on, none left out, until closed. Raises DeviceFault."""
        await self._ready()
        async with self._looking():
            while True:
                for code in await self._codes(self._now() + _LISTEN_S):
                    yield _scan(code)
                await self._begin()  # a reading ends with its code

    async def _ready(self) -> None:
        await self._open()
        await self._forget_shown()
        await self._ask_language()
        await self._discard_queue()

    async def _open(self) -> None:
        if not self._line.is_open:
            await self._line.open()
            self._begin_anew()
            self._opened_at = self._now()

    def _begin_anew(self) -> None:
        self._framing = self._fresh_framing()
        self._is_asked = False
        self._arrived = []
        self._busy_bytes, self._busy_since = 0, None

    def _fresh_framing(self) -> Framing:
        return AutoFraming() if self._name == "auto" else MAKERS[self._name]()

    async def _ask_language(self) -> None:
        """Put the questions, each with time to be answered; codes that come meanwhile are kept."""
        framing = self._framing
        if self._is_asked or not isinstance(framing, AutoFraming):
            return
        for question in QUESTIONS:
            await self._line.write(question, within_s=_WRITE_S)
            until = self._now() + _ASK_S
            while framing.is_waiting or (not framing.is_decided and self._now() < until):
                left_s = max(0.0, until - self._now())
                await self._hear(self._idle_s if framing.is_waiting else left_s)
            if framing.is_decided:
                break
        self._is_asked = True

    async def _discard_queue(self) -> None:
        """Have the scanner throw away what it has read and not handed over yet.

        What comes until it has accepted was read before. It is told twice at most. One that does
        not answer has no queue; one that refuses may have one, and reads for nobody: raises
        DeviceBroken.
        """
        for command in self._framing.discard:
            answer = await self._answer_to_discarding(command)
            if answer is not True:
                answer = await self._answer_to_discarding(self._framing.again(command))
            if answer is False:
                raise DeviceBroken(_DEVICE, "refuses to throw away what it has read")

    async def _answer_to_discarding(self, command: bytes) -> bool | None:
        """Whether it accepted, None without an answer; codes that come meanwhile are dropped."""
        await self._line.write(command, within_s=_WRITE_S)
        until = self._now() + _ASK_S
        accepted: bool | None = None
        while accepted is None and (left_s := until - self._now()) > 0:
            arrivals = await self._hear(self._idle_s if self._framing.is_waiting else left_s)
            answers = [each.accepted for each in arrivals if isinstance(each, Answered)]
            accepted = answers[-1] if answers else None
        self._framing.forget()
        self._arrived = []
        return accepted

    @contextlib.asynccontextmanager
    async def _looking(self) -> AsyncIterator[None]:
        """The trigger on, and off again whatever happens."""
        try:
            await self._begin()
            yield
        finally:
            for command in self._framing.end:
                with contextlib.suppress(DeviceFault):  # gone, or stuck: it stops by itself
                    await self._line.write(command, within_s=_WRITE_S)

    async def _begin(self) -> None:
        for command in self._framing.begin:
            if self._framing.is_answering:
                await self._command(command, within_s=_ANSWER_S)
            else:
                await self._line.write(command, within_s=_WRITE_S)

    async def _answer_one(self, questions: tuple[bytes, ...], *, until: float) -> None:
        """Have one of the questions answered, whatever the answer. Raises DeviceSilent."""
        for last, question in enumerate(questions, start=1 - len(questions)):
            try:
                within_s = min(_STATUS_ANSWER_S, until - self._now())
                await self._command(question, within_s=within_s)
            except DeviceBroken:
                return  # refused, but by somebody
            except DeviceSilent:
                if last == 0:
                    raise
            else:
                return

    async def _command(self, command: bytes, *, within_s: float) -> None:
        """Send until it is answered, twice at most. Raises DeviceSilent, DeviceBroken.

        A code that comes instead shows as well that somebody is there.
        """
        is_refused = False
        for sent in (command, self._framing.again(command)):
            await self._line.write(sent, within_s=_WRITE_S)
            until = self._now() + within_s / 2
            while (left_s := until - self._now()) > 0:
                arrivals = await self._hear(self._idle_s if self._framing.is_waiting else left_s)
                answers = [each.accepted for each in arrivals if isinstance(each, Answered)]
                if self._arrived or answers[-1:] == [True]:
                    return
                if answers:
                    is_refused = True
                    break
        if is_refused:
            raise DeviceBroken(_DEVICE, f"refuses the command {command.hex(' ')}")
        if self._name == "auto":
            self._begin_anew()  # perhaps another scanner hangs on the line now
        raise DeviceSilent(_DEVICE, f"no answer to {command.hex(' ')} within {within_s} s")

    async def _codes(self, deadline: float) -> list[CodeArrived]:
        """Wait for codes, one or more; none when nothing has begun to come by the deadline."""
        looked_at = self._now()
        while not self._arrived:
            left_s = max(0.0, deadline - self._now())
            if self._framing.is_waiting:
                await self._hear(
                    self._idle_s if self._framing.ends_by_silence else min(left_s, LONGEST_BURST_S)
                )
                if self._framing.ends_by_silence:
                    continue  # what has begun by the deadline is read to its end
            else:
                await self._hear(min(left_s, _LOOK_AGAIN_S) if self._framing.begin else left_s)
            if self._now() >= deadline:
                break
            if self._framing.begin and self._now() - looked_at >= _LOOK_AGAIN_S:
                looked_at = self._now()
                await self._begin()
        codes, self._arrived = self._arrived, []
        return codes

    async def _forget_shown(self) -> None:
        """Discard what came before now, with the rest of a burst that has already begun.

        Half a code must never be taken for one. What wants an acknowledgement gets it, or it would
        be sent again.
        """
        waited_s = max(0.0, self._opened_at + _OPENING_S - self._now())
        deadline = self._now() + LONGEST_BURST_S
        while await self._hear(waited_s) or self._framing.is_waiting:
            waited_s = self._idle_s
            self._arrived = []
            if self._now() > deadline:
                await self._line.discard_input()
                raise DeviceGarbled(_DEVICE, f"codes without a pause for {LONGEST_BURST_S} s")
        self._framing.forget()
        self._arrived = []

    async def _hear(self, within_s: float) -> list[Arrival]:
        """Take what comes within the time, or note the silence; replies are sent, codes kept.

        Raises DeviceGarbled for a line that goes on and on and says nothing.
        """
        came = await self._line.read(within_s=within_s)
        arrivals = self._framing.take(came) if came else self._framing.pause()
        for arrival in arrivals:
            if isinstance(arrival, ReplyDue):
                await self._line.write(arrival.data, within_s=_WRITE_S)
        codes = [arrival for arrival in arrivals if isinstance(arrival, CodeArrived)]
        self._arrived += codes
        if codes or not came or any(isinstance(arrival, Answered) for arrival in arrivals):
            self._busy_bytes, self._busy_since = 0, None
        else:
            self._busy_bytes += len(came)
            self._busy_since = self._busy_since or self._now()
            if self._busy_bytes > LONGEST_CODE or self._now() - self._busy_since > LONGEST_BURST_S:
                self._busy_bytes, self._busy_since = 0, None
                await self._line.discard_input()
                raise DeviceGarbled(
                    _DEVICE, f"more than {LONGEST_CODE} bytes or {LONGEST_BURST_S} s of no code"
                )
        return arrivals

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


def _scan(code: CodeArrived) -> Scan:
    symbology, raw = code.symbology, code.raw
    if symbology is None:
        symbology, raw = split_identifier(code.raw)
    return Scan(text=decode_text(raw), raw=raw, symbology=symbology)
