"""Prints through a CUPS queue, and believes the printer where CUPS only guesses.

CUPS takes the job and converts it; what became of it on paper is asked of the printer itself by
IPP, because CUPS counts pages that left its filters, and repeats the last job's
printer-state-reasons until the next job (`DECISIONS.md` 1). `spooler.judge` says how a job ended.
"""

import asyncio
import contextlib
import re
import secrets
import time
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future
from functools import partial
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
from device_drivers.document_printer.spooler import Job, Look, Spooler, judge
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
_TITLE = re.compile(r"[A-Za-z0-9-]{1,60}")

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
    ) -> None:
        if port.scheme is not Scheme.CUPS:
            raise ValueError(f"port {port} is no CUPS queue")
        self.capabilities: Mapping[str, str] = {
            "queue": port.address,
            "server": server or "local",
            "status_source": "printer" if printer else "queue",
        }
        """Fixed by model and settings, see `Device`."""
        self._spooler = Spooler(
            CupsQueue(port.address, server=server, device=_DEVICE),
            PrinterLink(printer, device=_DEVICE) if printer else None,
            device=_DEVICE,
        )
        self._patience_s = patience_s
        self._page_within_s = page_within_s
        self._idle_within_s = idle_within_s
        self._sweeps = sweeps
        self._thread = PortThread(_DEVICE, name=_DEVICE)
        self._has_come_back: Callable[[], bool] | None = None
        """Asks after a call that missed its time; until it is back, nothing else is asked."""

    async def connect(self) -> None:
        """See that CUPS and the printer answer. Raises ServiceDown, DeviceMissing, DeviceSilent."""
        if self._sweeps:
            await self._in_thread(self._spooler.sweep, within_s=_CALL_S)
        status = await self._in_thread(self._spooler.status, within_s=_CALL_S)
        if status.device is DeviceStatus.UNKNOWN:
            raise DeviceSilent(_DEVICE, status.detail)

    async def close(self) -> None:
        """Let the port's thread go, not waiting for it. Safe to call twice, and after a fault."""
        self._thread.rest()

    async def status(self) -> DocumentPrinterStatus:
        """Ask CUPS and the printer now; answers within 1 s. Never raises."""
        try:
            return await self._in_thread(self._spooler.status, within_s=_STATUS_S)
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
        if _TITLE.fullmatch(title) is None:
            raise ValueError("a title is letters, digits and - only, at most 60")
        refusal = await self._why_not_now()
        if refusal is not None:
            return NotPrinted(refusal.value)
        name = f"{title}-{secrets.token_hex(4)}"
        sending = asyncio.ensure_future(
            self._in_thread(
                lambda: self._spooler.submit(pdf, name),
                within_s=_SUBMIT_S,
                when_late=self._spooler.take_back,
            )
        )
        try:
            job = await asyncio.shield(sending)
        except asyncio.CancelledError:
            with contextlib.suppress(DeviceFault):
                await self._end(await sending, Look(), on_progress)
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
            await self._end(job, look, on_progress)
            raise

    async def _end(self, job: Job, look: Look, on_progress: Callable[[JobProgress], None]) -> None:
        """The caller wants no more of the job: withdraw it, and tell how it stood at the end."""
        on_progress((await self._withdraw(job, look)).progress)

    async def _withdraw(self, job: Job, look: Look) -> Look:
        """Take the job back and see what became of it; done to the end even when cancelled."""
        return await _finished(self._take_back(job, look))

    async def _take_back(self, job: Job, look: Look) -> Look:
        with contextlib.suppress(DeviceSilent):
            await self._in_thread(lambda: self._spooler.withdraw(job, look), within_s=_CALL_S)
        deadline = time.monotonic() + _SETTLE_S
        look = await self._look(job, look)
        while not look.is_over and time.monotonic() < deadline:
            await asyncio.sleep(_POLL_S)
            look = await self._look(job, look)
        await self._forget(job)
        return look

    async def _look(self, job: Job, before: Look) -> Look:
        try:
            return await self._in_thread(lambda: self._spooler.look(job, before), within_s=_CALL_S)
        except DeviceSilent as fault:
            return Look(at_printer=before.at_printer, hindrance=fault.code)

    async def _forget(self, job: Job) -> None:
        with contextlib.suppress(DeviceSilent):
            await self._in_thread(lambda: self._spooler.forget(job), within_s=_CALL_S)

    async def _in_thread(
        self,
        call: Callable[[], _Answer],
        *,
        within_s: float,
        when_late: Callable[[_Answer], None] | None = None,
    ) -> _Answer:
        """Run in the one thread of this port. Raises DeviceSilent when it takes too long.

        `when_late` is then given the answer that nobody awaits any more, in that thread.

        libcups waits without a limit for a CUPS that hangs, and cannot be interrupted: such a call
        keeps the thread, and everything asked meanwhile gets "silent" at once.
        """
        if self._has_come_back is not None and not self._has_come_back():
            raise DeviceSilent(_DEVICE, "CUPS still owes an earlier answer")
        self._has_come_back = None
        running = self._thread.submit(call)
        answer = asyncio.wrap_future(running)
        answer.add_done_callback(_heard)
        done, _ = await asyncio.wait([answer], timeout=within_s)
        if done:
            return answer.result()
        if not running.cancel():
            self._has_come_back = running.done
            if when_late is not None:
                running.add_done_callback(partial(_late, when_late))
        raise DeviceSilent(_DEVICE, f"no answer in {within_s:g} s")


def _cause(look: Look) -> FaultCode:
    """Why a job ended without a word on its paper, or was given up by nobody here."""
    return FaultCode.DEVICE_SILENT if look.at_printer is None else FaultCode.SERVICE_DOWN


def _late(when_late: Callable[[_Answer], None], answer: "Future[_Answer]") -> None:
    if not answer.cancelled() and answer.exception() is None:
        when_late(answer.result())


def _heard(answer: "asyncio.Future[_Answer]") -> None:
    """What comes after its time is nobody's; asyncio would complain that nobody took it."""
    if not answer.cancelled():
        answer.exception()


async def _finished(work: Coroutine[object, object, _Answer]) -> _Answer:
    """Let `work` end even when the waiting task is cancelled, and only then say so."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
