"""Drives an ESC/POS receipt printer over TCP or a serial line, and knows how each job ended.

How a job is proved: DLE EOT answers come at once, whatever still waits in the printer's buffer, so
they say how the printer is and nothing of the job. `GS r 1` is executed in its turn. It is sent
after the cut, so its answer can leave only after the cut was executed; and a printer that stops for
paper, cover or a stuck cutter executes nothing, so there the answer stays away. Answer seen: the
receipt was printed and cut. Answer missing: bytes were sent and nobody knows, hence unconfirmed.

What an unconfirmed job has left in the printer is cleared, see `Remains`. A make that cannot may
finish it later and answer then. The driver therefore waits for the answers it is owed, also for
that of a job lost with its line, before it sends the next job, and takes only the last one as proof
of that.

Automatic status could be taken for that answer, byte by byte. It is switched off when the line is
opened and at the head of every job (ESC @ may bring it back); a printer that sends it all the same,
for it is off line and has not executed GS a 0, for it has never heard of it, or because it is the
only status it has, is understood: `Hearing`.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from typing import Literal

from device_drivers.errors import DeviceFault, DeviceMissing, DeviceSilent, FaultCode
from device_drivers.ports import Port
from device_drivers.receipt_printer import escpos
from device_drivers.receipt_printer.interface import (
    CutterStatus,
    NotPrinted,
    Printed,
    PrinterStatus,
    PrintOutcome,
    PrintProgress,
    Receipt,
    Unconfirmed,
)
from device_drivers.receipt_printer.layout import PAPERS, lay_out
from device_drivers.receipt_printer.presenter import NotTaken, Presenter
from device_drivers.receipt_printer.questions import Questions, StatusSource
from device_drivers.receipt_printer.remains import Remains
from device_drivers.status import DeviceKind, DeviceStatus
from device_drivers.transport.serial_port import SerialPort

_DEVICE = DeviceKind.RECEIPT_PRINTER.value

_STATUS_S = 0.95
_TURN_S = 0.3
"""For the line to be free: another question takes less, a receipt far longer."""
_WRITE_S = 20.0
"""A full buffer empties at printing speed: 3 m of paper at 150 mm/s."""
_POLL_S = 0.5
"""While a job runs: how often the printer is asked what holds it up."""
_KNIFE_S = 0.6
"""A knife that is told to go on and is free is back in its place by then; a cut takes half as long.
"""
_STOPS = frozenset(
    {
        FaultCode.PAPER_OUT,
        FaultCode.COVER_OPEN,
        FaultCode.CUTTER_STUCK,
        FaultCode.BROKEN_PART,
    }
)
"""What keeps a job from going on until a person comes. A hot head cools by itself."""


ClearBy = Literal["dle_dc4", "none"]
"""What a broken receipt is dropped with: DLE DC4 8, or nothing."""


class EscposReceiptPrinter:
    """One printer on `tcp:` or `serial:`.

    `cut_timeout_s`: after the last byte, how long the printer may take to finish. The longest
    receipt (400 mm at a slow 75 mm/s, and a cut of 1.5 s) takes 7 s; twice that. A hot head pauses
    it, `cooling_s` in all: no manual says how long, and a citizen does not stand there for ever.
    `status_by`: what the model answers (DEVICES.md 4.3, 4.4).
    `clear_by`: `dle_dc4` is asked to drop a broken receipt, and no harm to a make that does not
    know it; `none` for one that knows no real-time command or takes it amiss. Not said: `dle_dc4`
    where it answers DLE EOT and has no presenter of the Custom family, else `none`.
    `presenter`: `custom` holds the cut ticket until GS e moves it, and sees it in its mouth, so
    that PRESENTED and TAKEN can be told; `present_steps` is how far out, in the model's own steps.
    A job then waits up to `taken_within_s` for the paper to be taken, after which `not_taken` says
    what becomes of it.
    """

    def __init__(
        self,
        port: Port,
        *,
        width_mm: int = 80,
        encoding: escpos.Encoding = "gb18030",
        cut_timeout_s: float = 15.0,
        cooling_s: float = 60.0,
        status_by: StatusSource = "real_time",
        clear_by: ClearBy | None = None,
        presenter: Literal["none", "custom"] = "none",
        present_steps: int = 12,
        taken_within_s: float = 30.0,
        not_taken: NotTaken = "retract",
        baud: int = 115200,
    ) -> None:
        if width_mm not in PAPERS:
            raise ValueError(f"width_mm must be one of {', '.join(map(str, PAPERS))}")
        for name, value, known in (
            ("encoding", encoding, ("gb18030", "gbk", "utf-8")),
            ("status_by", status_by, ("real_time", "automatic", "custom")),
            ("clear_by", clear_by, (None, "dle_dc4", "none")),
            ("presenter", presenter, ("none", "custom")),
            ("not_taken", not_taken, ("retract", "eject", "leave")),
        ):
            if value not in known:
                raise ValueError(f"{name} must be one of {', '.join(filter(None, known))}")
        if clear_by is None:
            is_known_by_some = status_by == "real_time" and presenter == "none"
            clear_by = "dle_dc4" if is_known_by_some else "none"
        if not 1 <= present_steps <= 255:
            raise ValueError("present_steps must be from 1 to 255")
        self.capabilities: Mapping[str, str] = {
            "width_mm": str(width_mm),
            "encoding": encoding,
            "status_source": status_by,
            "clear_by": clear_by,
            "presenter": presenter,
        }
        """Fixed by model and settings, see `Device`."""
        self._paper = PAPERS[width_mm]
        self._encoding: escpos.Encoding = encoding
        self._cut_timeout_s = cut_timeout_s
        self._cooling_s = cooling_s
        self._status_by: StatusSource = status_by
        self._line = SerialPort(port, device=_DEVICE, baud=baud)
        has_presenter = presenter == "custom"
        self._asking = Questions(self._line, source=status_by, knows_full_status=has_presenter)
        self._presenter = (
            Presenter(
                self._line,
                self._asking,
                steps=present_steps,
                taken_within_s=taken_within_s,
                not_taken=not_taken,
            )
            if has_presenter
            else None
        )
        self._remains = Remains(self._line, self._asking, is_clearing=clear_by == "dle_dc4")

    async def connect(self) -> None:
        """Open the port and see that the printer answers. Raises DeviceMissing, DeviceSilent."""
        async with self._line.conversation():
            await self._open()
            status = await self._asking.status()
            await self._see_to_remains(status)
        if status.device is DeviceStatus.UNKNOWN:
            raise DeviceSilent(_DEVICE, status.detail)

    async def close(self) -> None:
        """Release the port. Safe to call twice, and after a fault."""
        await self._line.close()

    async def status(self) -> PrinterStatus:
        """Ask the printer now; answers within 1 s. Never raises."""
        deadline = asyncio.get_running_loop().time() + _STATUS_S
        try:
            async with AsyncExitStack() as stack:
                async with asyncio.timeout(_TURN_S):
                    await stack.enter_async_context(self._line.conversation())
                return await self._status_by_then(deadline)
        except TimeoutError:
            return PrinterStatus(device=DeviceStatus.DEVICE_BUSY, detail="a receipt is printed")

    async def _status_by_then(self, deadline: float) -> PrinterStatus:
        try:
            async with asyncio.timeout_at(deadline):
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
            before = await self._status_before_job()
            if before.device is not DeviceStatus.ONLINE:
                return NotPrinted(_why(before))
            if self._presenter is not None:
                obstacle = await self._presenter.make_room(before.ticket)
                if obstacle is not None:
                    return NotPrinted(obstacle.value)
                self._presenter.begin_job()
            outcome = await self._send(job)
            if outcome is not None:
                return outcome
            on_progress(PrintProgress.SENT)
            outcome = await self._await_end()
            if outcome == Printed() and self._presenter is not None:
                return Printed(await self._presenter.hand_over(on_progress))
            return outcome

    def _encode(self, receipt: Receipt) -> bytes:
        job = escpos.encode_job(
            lay_out(receipt, self._paper),
            self._paper,
            encoding=self._encoding,
            automatic_status=self._asking.automatic_status,
        )
        presented = b"" if self._presenter is None else self._presenter.present
        return job + presented + escpos.END_OF_JOB

    async def _open(self) -> None:
        """Open the line, when it is closed; first of all clear what a job has left behind it."""
        if self._line.is_open:
            return
        await self._line.open()
        self._asking.forget()
        try:
            await self._remains.line_opened()
            await self._asking.begin()
        except DeviceFault:
            await self._line.close()
            raise

    async def _status(self) -> PrinterStatus:
        """Ask; a line on which nothing answers is closed, so that the next question reopens it."""
        try:
            await self._open()
            status = await self._asking.status()
            if status.device is DeviceStatus.UNKNOWN and not self._asking.is_behind_a_job:
                await self._line.close()
            else:
                await self._see_to_remains(status)
            return status
        except DeviceMissing as fault:
            return PrinterStatus(
                device=DeviceStatus.NO_DEVICE, fault=fault.code, detail=fault.detail
            )
        except DeviceFault as fault:
            return PrinterStatus(device=DeviceStatus.UNKNOWN, detail=fault.detail)

    async def _see_to_remains(self, status: PrinterStatus) -> None:
        await self._remains.see_to(status, is_stopped=status.fault in _STOPS)

    async def _status_before_job(self) -> PrinterStatus:
        """Of a printer that is done with the job before, if that was not cleared and goes on now.

        It gets that job's time: what it prints of it shall not come out with the next.
        """
        deadline = time.monotonic() + self._cut_timeout_s
        self._remains.may_recover_again()
        status = await self._status()
        if status.cutter is CutterStatus.STUCK:
            status = await self._status_when_recovered(status)
        while self._is_at_the_job_before(status) and time.monotonic() < deadline:
            with contextlib.suppress(DeviceFault):  # a line that is gone is seen by the next look
                await self._asking.listen_for_end(min(_POLL_S, deadline - time.monotonic()))
            status = await self._status()
        if status.device is DeviceStatus.ONLINE:
            self._asking.forget_ends()
        return status

    def _is_at_the_job_before(self, status: PrinterStatus) -> bool:
        """GS a waits behind it, so there silence says nothing else."""
        if status.device is DeviceStatus.ONLINE:
            return self._asking.ends_owed > 0
        is_silent = status.device is DeviceStatus.UNKNOWN
        return is_silent and self._status_by == "automatic" and self._remains.are_there

    async def _status_when_recovered(self, status: PrinterStatus) -> PrinterStatus:
        """The knife was told to go on just now."""
        deadline = time.monotonic() + _KNIFE_S
        while status.cutter is CutterStatus.STUCK and time.monotonic() < deadline:
            await asyncio.sleep(_KNIFE_S / 3)
            status = await self._status()
        return status

    async def _send(self, job: bytes) -> PrintOutcome | None:
        """None when every byte is out. What went wrong leaves the line closed and clean."""
        self._asking.begin_job()
        lead = self._remains.begin_job()
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
        """The proof, or why there is none. A head that cools gets its time, within reason."""
        began = time.monotonic()
        deadline = began + self._cut_timeout_s
        held_by: FaultCode | None = None
        status = PrinterStatus(device=DeviceStatus.UNKNOWN)
        try:
            while time.monotonic() < deadline:
                await self._asking.listen_for_end(min(_POLL_S, deadline - time.monotonic()))
                status = await self._asking.status_while_printing()
                if self._asking.is_proven:
                    return self._ended(status)
                if self._asking.has_ended:  # or it was noise, and the true one is to come
                    self._asking.owe_end()
                    break
                held_by = status.fault
                if held_by in _STOPS:
                    break
                if held_by is FaultCode.HEAD_HOT:
                    deadline = min(time.monotonic() + self._cut_timeout_s, began + self._cooling_s)
        except DeviceFault as fault:
            await self._line.close()
            if self._asking.is_proven:
                return self._ended(PrinterStatus(device=DeviceStatus.UNKNOWN))
            return Unconfirmed(fault.code.value)
        return await self._broken_off(status)

    async def _broken_off(self, status: PrinterStatus) -> PrintOutcome:
        """Nobody waits for its end any more, so it shall not come out later either.

        What was on paper before the printer cleared its buffers was printed: an end heard until
        then is one.
        """
        try:
            await self._remains.clear()
            await self._see_to_remains(status)
        except DeviceFault:
            await self._line.close()
        if self._asking.is_proven:
            return self._ended(status)
        is_garbled = self._asking.has_ended
        return Unconfirmed(FaultCode.DEVICE_GARBLED.value if is_garbled else _why(status))

    def _ended(self, after: PrinterStatus) -> PrintOutcome:
        """The job was executed; a stuck cutter, or paper at its end, leave the receipt in doubt."""
        self._remains.end_job()
        if after.fault is FaultCode.CUTTER_STUCK:
            return Unconfirmed(FaultCode.CUTTER_STUCK.value)
        end = self._asking.last_end
        if end is not None and end.is_out_of_paper:
            return Unconfirmed(FaultCode.PAPER_OUT.value)
        return Printed()


def _why(status: PrinterStatus) -> str:
    """The code that stands in the way; silence and a bare "offline" count as no answer."""
    return (status.fault or FaultCode.DEVICE_SILENT).value
