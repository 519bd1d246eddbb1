"""Drives an ESC/POS receipt printer over TCP or a serial line, and knows how each job ended.

How a job is proved: DLE EOT answers come at once, whatever still waits in the printer's buffer, so
they say how the printer is and nothing of the job. `GS r 1` is executed in its turn. It is sent
after the cut, so its answer can leave only after the cut was executed; and a printer that stops for
paper, cover or a stuck cutter executes nothing, so there the answer stays away. Answer seen: the
receipt was printed and cut. Answer missing: bytes were sent and nobody knows, hence unconfirmed.

After an unconfirmed job the printer may finish it later and answer then. The driver therefore
counts the answers it is owed on a connection and takes only the last one as proof of a later job.

Automatic status could be taken for that answer, byte by byte. It is switched off when the line is
opened and at the head of every job (ESC @ may bring it back); a printer that sends it all the same,
for it is off line and has not executed GS a 0 or has never heard of it, is understood: `Hearing`.
"""

import asyncio
import time
from collections.abc import Callable

from device_drivers.errors import DeviceFault, DeviceMissing, DeviceSilent, FaultCode
from device_drivers.ports import Port
from device_drivers.receipt_printer import escpos
from device_drivers.receipt_printer.interface import (
    NotPrinted,
    Printed,
    PrinterStatus,
    PrintOutcome,
    PrintProgress,
    Receipt,
    TicketStatus,
    Unconfirmed,
)
from device_drivers.receipt_printer.layout import PAPERS, lay_out
from device_drivers.receipt_printer.status_bytes import (
    ASK_PRESENTER,
    Answers,
    EndOfJob,
    Heard,
    Hearing,
    PresenterAnswer,
    Question,
    RealTimeAnswer,
    ask,
    understand,
)
from device_drivers.status import DeviceKind, DeviceStatus
from device_drivers.transport.serial_port import SerialPort

_DEVICE = DeviceKind.RECEIPT_PRINTER.value

_ANSWER_S = 0.2
"""A real-time answer takes a few ms on any line; five questions still fit into 1 s."""
_STATUS_S = 0.95
_WRITE_S = 20.0
"""A full buffer empties at printing speed: 3 m of paper at 150 mm/s."""
_POLL_S = 0.5
"""While a job runs: how often the printer is asked what holds it up."""
_STOPS = frozenset({FaultCode.PAPER_OUT, FaultCode.COVER_OPEN, FaultCode.CUTTER_STUCK})
"""What keeps a job from going on until a person comes."""


class EscposReceiptPrinter:
    """One printer on `tcp:` or `serial:`.

    `cut_timeout_s`: after the last byte, how long the printer may take to finish. The longest
    receipt (400 mm at a slow 75 mm/s, and a cut of 1.5 s) takes 7 s; twice that.
    `has_presenter`: the printer answers DLE EOT 20 (DEVICES.md 4.4), so that PRESENTED and TAKEN
    can be told; a job then also waits up to `taken_within_s` for the paper to be taken.
    """

    def __init__(
        self,
        port: Port,
        *,
        width_mm: int = 80,
        encoding: escpos.Encoding = "gb18030",
        cut_timeout_s: float = 15.0,
        has_presenter: bool = False,
        taken_within_s: float = 30.0,
        baud: int = 115200,
    ) -> None:
        if width_mm not in PAPERS:
            raise ValueError(f"width_mm must be one of {', '.join(map(str, PAPERS))}")
        self._paper = PAPERS[width_mm]
        self._encoding: escpos.Encoding = encoding
        self._cut_timeout_s = cut_timeout_s
        self._has_presenter = has_presenter
        self._taken_within_s = taken_within_s
        self._line = SerialPort(port, device=_DEVICE, baud=baud)
        self._hearing = Hearing(has_presenter=has_presenter)
        self._ends_owed = 0
        """GS r 1 sent on this connection and not answered."""
        self._unproven = False
        """The last job sent has not been seen to end."""
        self._lead = b""
        """What the next job begins with: on a line opened anew after an unproven job, the printer
        may still wait for the rest of a picture whose bytes were lost with the old line."""

    async def connect(self) -> None:
        """Open the port and see that the printer answers. Raises DeviceMissing, DeviceSilent."""
        async with self._line.conversation():
            await self._open()
            answers = await self._ask_all()
        if not answers.are_complete:
            raise DeviceSilent(_DEVICE, understand(answers).detail)

    async def close(self) -> None:
        """Release the port. Safe to call twice, and after a fault."""
        await self._line.close()

    async def status(self) -> PrinterStatus:
        """Ask the printer now; answers within 1 s. Never raises."""
        try:
            async with self._line.conversation(), asyncio.timeout(_STATUS_S):
                return await self._status()
        except TimeoutError:
            return PrinterStatus(device=DeviceStatus.UNKNOWN, detail="no answer in time")

    async def print_receipt(
        self, receipt: Receipt, *, on_progress: Callable[[PrintProgress], None]
    ) -> PrintOutcome:
        """Print and cut one receipt. Never raises for paper, cover or cable: see the outcome.

        Raises ValueError, before a byte is sent, for a receipt that cannot be laid out. Cancelling
        ends the waiting, not the printing: the bytes on their way go out whole.
        """
        job = await asyncio.to_thread(self._encode, receipt)
        async with self._line.conversation():
            before = await self._status()
            if before.device is not DeviceStatus.ONLINE:
                return NotPrinted(_why(before))
            outcome = await self._send(job)
            if outcome is not None:
                return outcome
            on_progress(PrintProgress.SENT)
            outcome = await self._await_end()
            if outcome == Printed() and self._has_presenter:
                await self._await_taken(on_progress)
            return outcome

    def _encode(self, receipt: Receipt) -> bytes:
        parts = lay_out(receipt, self._paper)
        return escpos.encode_job(parts, self._paper, encoding=self._encoding) + escpos.END_OF_JOB

    async def _open(self) -> None:
        """Open the line, when it is closed, and ask for no automatic status on it."""
        if self._line.is_open:
            return
        await self._line.open()
        self._ends_owed = 0
        self._hearing = Hearing(has_presenter=self._has_presenter)
        self._lead = escpos.RECOVERY if self._unproven else b""
        try:
            await self._line.write(escpos.NO_AUTOMATIC_STATUS, within_s=_ANSWER_S)
        except DeviceFault:
            await self._line.close()
            raise

    async def _status(self) -> PrinterStatus:
        """Ask; a line on which nothing answers is closed, so that the next question reopens it."""
        try:
            await self._open()
            answers = await self._ask_all()
            if not answers.are_complete:
                await self._line.close()
            return understand(answers)
        except DeviceMissing as fault:
            return PrinterStatus(
                device=DeviceStatus.NO_DEVICE, fault=fault.code, detail=fault.detail
            )
        except DeviceFault as fault:
            return PrinterStatus(device=DeviceStatus.UNKNOWN, detail=fault.detail)

    async def _ask_all(self) -> Answers:
        """One round of questions. A silent printer is asked once, not four times."""
        printer = await self._ask(Question.PRINTER)
        if printer is None:
            return Answers()
        return Answers(
            printer=printer,
            offline_cause=await self._ask(Question.OFFLINE_CAUSE),
            error_cause=await self._ask(Question.ERROR_CAUSE),
            paper=await self._ask(Question.PAPER),
            presenter=await self._ask_presenter(),
        )

    async def _ask(self, question: Question) -> int | None:
        await self._forget_input()
        await self._line.write(ask(question), within_s=_ANSWER_S)
        deadline = time.monotonic() + _ANSWER_S
        while (left := deadline - time.monotonic()) > 0:
            for heard in self._take(await self._line.read(within_s=left)):
                if isinstance(heard, RealTimeAnswer):
                    return heard.byte
        return None

    async def _ask_presenter(self) -> bytes | None:
        """DLE EOT 20, only when no end-of-job answer is due: a torn one could be taken for it."""
        if not self._has_presenter or self._ends_owed:
            return None
        await self._forget_input()
        await self._line.write(ASK_PRESENTER, within_s=_ANSWER_S)
        deadline = time.monotonic() + _ANSWER_S
        while (left := deadline - time.monotonic()) > 0:
            for heard in self._take(await self._line.read(within_s=left)):
                if isinstance(heard, PresenterAnswer):
                    return heard.frame
        return None

    async def _forget_input(self) -> None:
        """Old answers mean nothing; an end of job among them is counted."""
        while stale := await self._line.read(within_s=0):
            self._take(stale)

    def _take(self, data: bytes) -> list[Heard]:
        """What the bytes say; each end of a job that is owed is counted, a stray one is not."""
        heard = self._hearing.hear(data)
        ends = sum(isinstance(each, EndOfJob) for each in heard)
        self._ends_owed -= min(ends, self._ends_owed)
        return heard

    async def _send(self, job: bytes) -> PrintOutcome | None:
        """None when every byte is out. What went wrong leaves the line closed and clean."""
        self._ends_owed += 1
        self._unproven = True
        self._hearing.forget_half()  # a whole round of answers has passed since
        lead, self._lead = self._lead, b""
        writing = asyncio.ensure_future(self._line.write(lead + job, within_s=_WRITE_S))
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            await asyncio.wait([writing])
            if writing.cancelled() or writing.exception() is not None:
                await self._line.close()
            raise
        except DeviceFault as fault:
            await self._line.close()
            return Unconfirmed(fault.code.value)
        return None

    async def _await_end(self) -> PrintOutcome:
        deadline = time.monotonic() + self._cut_timeout_s
        try:
            while time.monotonic() < deadline:
                await self._listen_for_end(min(_POLL_S, deadline - time.monotonic()))
                status = understand(await self._ask_all())
                if self._ends_owed == 0:
                    return self._ended(status)
                if status.fault in _STOPS:
                    return Unconfirmed(_why(status))
        except DeviceFault as fault:
            await self._line.close()
            if self._ends_owed == 0:
                return self._ended(PrinterStatus(device=DeviceStatus.UNKNOWN))
            return Unconfirmed(fault.code.value)
        return Unconfirmed(FaultCode.DEVICE_SILENT.value)

    def _ended(self, after: PrinterStatus) -> PrintOutcome:
        """The job was executed; a cutter that reports itself stuck leaves the paper in doubt."""
        self._unproven = False
        if after.fault is FaultCode.CUTTER_STUCK:
            return Unconfirmed(FaultCode.CUTTER_STUCK.value)
        return Printed()

    async def _listen_for_end(self, within_s: float) -> None:
        deadline = time.monotonic() + within_s
        while self._ends_owed and (left := deadline - time.monotonic()) > 0:
            self._take(await self._line.read(within_s=left))

    async def _await_taken(self, on_progress: Callable[[PrintProgress], None]) -> None:
        """Tell PRESENTED and TAKEN as the presenter's sensor does; it is printed by now."""
        deadline = time.monotonic() + self._taken_within_s
        presented = False
        while time.monotonic() < deadline:
            ticket = (await self._status()).ticket
            if ticket is TicketStatus.PRESENT and not presented:
                presented = True
                on_progress(PrintProgress.PRESENTED)
            if ticket is TicketStatus.NOT_PRESENT and presented:
                on_progress(PrintProgress.TAKEN)
                return
            if ticket is TicketStatus.UNKNOWN:
                return
            await asyncio.sleep(_POLL_S)


def _why(status: PrinterStatus) -> str:
    """The code that stands in the way; silence and a bare "offline" count as no answer."""
    return (status.fault or FaultCode.DEVICE_SILENT).value
