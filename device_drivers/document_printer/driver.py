"""Prints through a CUPS queue, and believes the printer where CUPS only guesses.

CUPS takes the job and converts it; what became of it on paper is asked of the printer itself by
IPP, because CUPS counts pages that left its filters, and repeats the last job's
printer-state-reasons until the next job (`DECISIONS.md` 1). `spooler.judge` says how a job ended.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine, Mapping
from typing import TypeVar

from device_drivers.document_printer.cups_queue import CupsQueue
from device_drivers.document_printer.interface import (
    DocumentOutcome,
    DocumentPrinterStatus,
    JobProgress,
    JobState,
    NotPrinted,
    Unconfirmed,
)
from device_drivers.document_printer.printer_link import PrinterLink
from device_drivers.document_printer.spooler import Job, JobNames, Look, Spooler, judge
from device_drivers.errors import DeviceFault, DeviceMissing, DeviceSilent, FaultCode
from device_drivers.ports import Port, Scheme
from device_drivers.status import DeviceKind, DeviceStatus
from device_drivers.transport.port_thread import PortThread

_DEVICE = DeviceKind.DOCUMENT_PRINTER.value

_STATUS_S = 0.95
_CALL_S = 5.0
"""A look at a job is at most three questions of 0.4 s to the printer, and CUPS's answers."""
_SUBMIT_S = 15.0
"""Some megabytes into CUPS's spool folder on a busy disk."""
_POLL_S = 0.25
_SETTLE_S = 6.0
"""CUPS passes a cancellation on within 1 s; a printer ends with the page it has drawn in."""

_Answer = TypeVar("_Answer")


class CupsDocumentPrinter:
    """One queue at `cups:NAME`.

    `server`: where CUPS listens, `/path/to/socket` or `host:port`; "" is CUPS's own default.
    `printer`: where the printer itself can be asked, in the same form; "" follows the queue's
    `ipp://` address, and a printer without one is known only by what CUPS repeats.
    `patience_s`: how long a job may stand still for paper, jam, door or cable before it is taken
    back; a door that is opened and closed takes two seconds.
    `page_within_s`: how long without any progress; a cold laser printer takes 30 s to its first
    page; twice that.
    `idle_within_s`: how long to wait for a printer that is busy with an older job.
    `sweeps`: this process owns the queue and the printer behind it, and ends at its first
    connection what an earlier life of it left there; until that is done, `connect` fails.
    `mark`: what the names of its jobs begin with, by which a sweep knows them from other people's;
    letters and digits, the same in every life of this kiosk.
    """

    def __init__(
        self,
        port: Port,
        *,
        server: str = "",
        printer: str = "",
        patience_s: float = 3.0,
        page_within_s: float = 60.0,
        idle_within_s: float = 10.0,
        sweeps: bool = False,
        mark: str = "yichuang",
    ) -> None:
        if port.scheme is not Scheme.CUPS:
            raise ValueError(f"port {port} is no CUPS queue")
        self.capabilities: Mapping[str, str] = {
            "queue": port.address,
            "server": server or "local",
            "status_source": "printer" if printer else "queue",
        }
        """Fixed by model and settings, see `Device`."""
        self._names = JobNames(mark)
        self._spooler = Spooler(
            CupsQueue(port.address, server=server, device=_DEVICE),
            PrinterLink(printer, device=_DEVICE) if printer else None,
            names=self._names,
            device=_DEVICE,
        )
        self._patience_s = patience_s
        self._page_within_s = page_within_s
        self._idle_within_s = idle_within_s
        self._sweeps = sweeps
        self._thread = PortThread(_DEVICE, name=_DEVICE)

    async def connect(self) -> None:
        """See that CUPS and the printer answer. Raises ServiceDown, DeviceMissing, DeviceSilent."""
        if self._sweeps:
            await self._thread.run_within(self._spooler.sweep, within_s=_CALL_S)
        status = await self._thread.run_within(self._spooler.status, within_s=_CALL_S)
        if status.device is DeviceStatus.UNKNOWN:
            raise DeviceSilent(_DEVICE, status.detail)

    async def close(self) -> None:
        """Let the port's thread go, not waiting for it. Safe to call twice, and after a fault."""
        self._thread.rest()

    async def status(self) -> DocumentPrinterStatus:
        """Ask CUPS and the printer now; answers within 1 s. Never raises."""
        try:
            return await self._thread.run_within(self._spooler.status, within_s=_STATUS_S)
        except DeviceMissing as fault:
            device, code, detail = DeviceStatus.NO_DEVICE, fault.code, fault.detail
        except DeviceSilent as fault:
            return DocumentPrinterStatus(device=DeviceStatus.UNKNOWN, detail=fault.detail)
        except DeviceFault as fault:
            device, code, detail = DeviceStatus.OFFLINE, fault.code, fault.detail
        return DocumentPrinterStatus(device=device, fault=code, detail=detail)

    async def print_document(
        self, pdf: bytes, *, title: str, on_progress: Callable[[JobProgress], None]
    ) -> DocumentOutcome:
        """Print one PDF. Never raises for paper, toner or cable; see `DocumentPrinter`."""
        if not pdf.startswith(b"%PDF-"):
            raise ValueError("the bytes are no PDF")
        name = self._names.draw(title)
        refusal = await self._why_not_now()
        if refusal is not None:
            return NotPrinted(refusal.value)
        # libcups waits without a limit for a CUPS that hangs, and cannot be interrupted
        sending = asyncio.ensure_future(
            self._thread.run_within(
                lambda: self._spooler.submit(pdf, name),
                within_s=_SUBMIT_S,
                when_late=self._spooler.take_back,
            )
        )
        try:
            job = await asyncio.shield(sending)
        except asyncio.CancelledError:
            await _finished(self._end_what_was_sent(sending, on_progress))
            raise
        except DeviceSilent as fault:  # CUPS may have taken the last byte, and print it yet
            return Unconfirmed(fault.code.value)
        except DeviceFault as fault:
            return NotPrinted(fault.code.value)
        return await self._follow(job, on_progress)

    async def _why_not_now(self) -> FaultCode | None:
        """Wait for an idle printer; what stands in the way of a job, None where nothing does."""
        deadline = time.monotonic() + self._idle_within_s
        while True:
            status = await self.status()
            if status.fault is not None:
                return status.fault
            if status.device is DeviceStatus.ONLINE:
                return None
            if status.device is not DeviceStatus.DEVICE_BUSY or time.monotonic() > deadline:
                return FaultCode.DEVICE_SILENT
            await asyncio.sleep(_POLL_S)

    async def _follow(
        self, job: Job, on_progress: Callable[[JobProgress], None]
    ) -> DocumentOutcome:
        """Watch a job to its end, or until it must be taken back."""
        look, told = Look(), JobProgress(JobState.UNKNOWN, 0)
        moved_at = going_at = time.monotonic()
        try:
            while True:
                look = await self._look(job, look)
                now = time.monotonic()
                if look.progress != told:
                    told, moved_at = look.progress, now
                    on_progress(told)
                if look.is_over:
                    await _finished(self._forget(job))
                    return judge(look, _cause(look))
                if look.hindrance is None:
                    going_at = now
                elif now - going_at >= self._patience_s:
                    return judge(await self._withdraw(job, look), look.hindrance)
                if now - moved_at >= self._page_within_s:
                    return judge(await self._withdraw(job, look), FaultCode.DEVICE_SILENT)
                await asyncio.sleep(_POLL_S)
        except asyncio.CancelledError:
            await _finished(self._end(job, look, on_progress))
            raise

    async def _end_what_was_sent(
        self, sending: "asyncio.Task[Job]", on_progress: Callable[[JobProgress], None]
    ) -> None:
        """The caller wants no more of a job that is on its way to CUPS, and may get there."""
        with contextlib.suppress(DeviceFault):
            await self._end(await sending, Look(), on_progress)

    async def _end(self, job: Job, look: Look, on_progress: Callable[[JobProgress], None]) -> None:
        """The caller wants no more of the job: withdraw it, and tell how it stood at the end."""
        on_progress((await self._withdraw(job, look)).progress)

    async def _withdraw(self, job: Job, look: Look) -> Look:
        """Take the job back and see what became of it; done to the end even when cancelled."""
        return await _finished(self._take_back(job, look))

    async def _take_back(self, job: Job, look: Look) -> Look:
        try:
            await self._thread.run_within(
                lambda: self._spooler.withdraw(job, look), within_s=_CALL_S
            )
        except DeviceSilent:
            self._spooler.note_unwanted(job)  # whoever hears from CUPS next takes it back
        deadline = time.monotonic() + _SETTLE_S
        look = await self._look(job, look)
        while not look.is_over and time.monotonic() < deadline:
            await asyncio.sleep(_POLL_S)
            look = await self._look(job, look)
        await self._forget(job)
        return look

    async def _look(self, job: Job, before: Look) -> Look:
        try:
            return await self._thread.run_within(
                lambda: self._spooler.look(job, before), within_s=_CALL_S
            )
        except DeviceSilent as fault:
            return Look(at_printer=before.at_printer, hindrance=fault.code)

    async def _forget(self, job: Job) -> None:
        self._spooler.note_unwanted(job)  # first, for a CUPS that hangs lets nobody in
        with contextlib.suppress(DeviceSilent):
            await self._thread.run_within(self._spooler.forget_all, within_s=_CALL_S)


def _cause(look: Look) -> FaultCode:
    """Why a job ended without a word on its paper, or was given up by nobody here."""
    return FaultCode.DEVICE_SILENT if look.at_printer is None else FaultCode.SERVICE_DOWN


async def _finished(work: Coroutine[object, object, _Answer]) -> _Answer:
    """Let `work` end however often the waiting task is cancelled, and only then say so."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        if not task.cancelled():
            task.exception()  # heard, and nobody's
        raise cancelled
    return task.result()
