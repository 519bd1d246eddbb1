"""Does what an effect asks and says what came of it, as events."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from functools import partial
from typing import Final

from device_drivers.document_camera.interface import (
    DocumentCamera,
    NoPage,
    Page,
    PageProblem,
    Preview,
)
from device_drivers.document_camera.likeness import are_alike
from device_drivers.document_printer import interface as a4
from device_drivers.errors import DeviceFault, FaultCode
from device_drivers.receipt_printer.document import parse_receipt
from device_drivers.receipt_printer.interface import (
    NotPrinted,
    Printed,
    PrintOutcome,
    PrintProgress,
    Receipt,
    TicketEnd,
    Unconfirmed,
)
from device_drivers.social_security_card.interface import MediaStatus, SocialSecurityCardReader
from kiosk.contract.cases import CaseReceipt, CaseReply
from kiosk.contract.devices import DeviceKind
from kiosk.flow import effects as ef
from kiosk.flow import events as ev
from kiosk.flow.clerk import Clerk
from kiosk.flow.kept_papers import kept_papers
from kiosk.flow.ports import Changes, Desk, DevicePool, Glass, PaperLog
from kiosk.store.cases import CaseIntent, SubmittedCase, TurnedAway
from kiosk.store.database import StoreError
from kiosk.store.vault import VaultError

_LOG: Final = logging.getLogger(__name__)

Feed = Callable[[ev.Event], None]
"""Hands an event to the flow, unless the state that asked for the effect has gone."""

STEADY_FRAMES: Final = 3
"""Good previews in a row before the camera is asked to take the page."""
ASK_SLOT_EVERY_S: Final = 0.5
"""A citizen who takes the card sees the page go within this."""
CAPTURE_WITHIN_S: Final = 3.0
"""The camera waits 0.6 s for stillness by itself; five times that."""

SAME_PAGE_S: Final = 12.0
"""Whoever leaves it there for so long after being asked for the next page means it: two copies."""

Give = Callable[[int, Feed], Awaitable[tuple[ev.PaperEnded, str]]]
"""Prints one journaled paper; how it ended, for the flow and for the journal."""

_DOCUMENT_TITLE: Final = "certificate"
"""What a job is called in the print queue, where it must name nobody."""

Task = (
    ef.ReadIdCard
    | ef.ReadSocialSecurityCard
    | ef.ScanCode
    | ef.CapturePage
    | ef.StoreCase
    | ef.AwaitReply
    | ef.PrintPaper
    | ef.PrintDocument
    | ef.AwaitCardTaken
)
"""The effects that take time."""

DURABLE: Final = (ef.StoreCase, ef.PrintPaper, ef.PrintDocument)
"""Never cancelled by a page change: the disk is being written or paper is in motion."""


class Performer:
    """Holds, besides its tools, the one secret of the session: the key that opens the reply."""

    def __init__(
        self,
        *,
        devices: DevicePool,
        desk: Desk,
        papers: PaperLog,
        changes: Changes,
        glass: Glass,
        clerk: Clerk,
    ) -> None:
        self._devices = devices
        self._desk = desk
        self._papers = papers
        self._changes = changes
        self._glass = glass
        self._clerk = clerk
        self._submitted: SubmittedCase | None = None
        self._intended: tuple[ef.StoreCase, CaseIntent] | None = None
        self._has_old_card = True
        """There may be a card in the slot that is not this citizen's: nobody has seen it empty. So
        it is at the start, too: an app that was killed may have left its citizen's card there."""

    def forget(self) -> None:
        """Drop the session's key and what it was about to submit."""
        self._submitted = None
        self._intended = None

    async def perform(self, effect: Task, feed: Feed) -> None:
        """Do it and feed its events. Cancelling leaves the device idle."""
        try:
            match effect:
                case ef.ReadIdCard(within_s):
                    async with self._devices.id_card_reader() as reader:
                        feed(ev.IdCardRead(await reader.read_card(within_s=within_s)))
                case ef.ReadSocialSecurityCard(within_s):
                    async with self._devices.social_security_card_reader() as slot:
                        feed(await self._read_social_security_card(slot, within_s))
                case ef.ScanCode(within_s):
                    async with self._devices.qr_scanner() as scanner:
                        feed(ev.CodeScanned(await scanner.read_code(within_s=within_s)))
                case ef.CapturePage():
                    async with self._devices.document_camera() as camera:
                        feed(await self._capture(camera, effect))
                case ef.StoreCase():
                    await self._store(effect, feed)
                case ef.AwaitReply(wait_s):
                    await self._await_reply(wait_s, feed)
                case ef.PrintPaper():
                    await self._print(effect, feed)
                case ef.PrintDocument():
                    await self._issue(effect, partial(self._document_outcome, effect.pdf), feed)
                case ef.AwaitCardTaken(within_s):
                    await self._await_card_taken(within_s, feed)
        except DeviceFault as fault:
            _LOG.warning("%s", fault)
            feed(ev.DeviceFailed(DeviceKind(fault.device), fault.code.value))

    async def _read_social_security_card(
        self, slot: SocialSecurityCardReader, within_s: float
    ) -> ev.Event:
        """Never a card that the citizen before left behind: it must have been seen to be out."""
        if self._has_old_card:
            status = await slot.status()
            if status.media is MediaStatus.PRESENT:
                return ev.OldCardInSlot()
            if status.media is not MediaStatus.NOT_PRESENT:
                why = status.fault or FaultCode.DEVICE_SILENT
                return ev.DeviceFailed(DeviceKind.SOCIAL_SECURITY_CARD, why.value)
            self._has_old_card = False
        return ev.SocialSecurityCardRead(await slot.read_card(within_s=within_s))

    async def _await_card_taken(self, within_s: float, feed: Feed) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within_s
        is_seen = False
        while True:
            self._has_old_card = True  # unless it is seen to be out, whatever happens here
            async with self._devices.social_security_card_reader() as slot:
                media = (await slot.status()).media
            self._has_old_card = media is not MediaStatus.NOT_PRESENT
            if media is not MediaStatus.PRESENT:
                feed(ev.CardTaken())
                return
            if not is_seen:
                is_seen = True
                feed(ev.CardSeen())
            if loop.time() >= deadline:
                feed(ev.CardStayed())
                return
            await asyncio.sleep(ASK_SLOT_EVERY_S)

    async def _capture(self, camera: DocumentCamera, effect: ef.CapturePage) -> ev.Event:
        problem = PageProblem.NO_PAGE
        loop = asyncio.get_running_loop()
        began = loop.time()
        deadline = began + effect.within_s
        is_same = False
        while loop.time() < deadline:
            steady = 0
            async with aclosing(_closable(camera.preview(paper=effect.paper))) as frames:
                async for preview in frames:
                    is_same = is_same and preview.quad is not None
                    self._glass.preview(preview, is_same=is_same)
                    problem = preview.problems[0] if preview.problems else PageProblem.MOVING
                    steady = 0 if preview.problems or preview.quad is None else steady + 1
                    if steady >= STEADY_FRAMES or loop.time() >= deadline:
                        break
            if steady < STEADY_FRAMES:
                break
            match await camera.capture(within_s=CAPTURE_WITHIN_S, paper=effect.paper):
                case Page() as page:
                    is_same = bool(effect.before) and await asyncio.to_thread(
                        are_alike, effect.before, page.jpeg
                    )
                    if not is_same or loop.time() - began >= SAME_PAGE_S:
                        return ev.PageCaptured(page)
                case NoPage(problem=seen):
                    problem = seen
        return ev.PageNotCaptured(problem.value)

    async def _store(self, effect: ef.StoreCase, feed: Feed) -> None:
        try:
            # a second for a card: its sheet is drawn and compressed
            papers = await asyncio.to_thread(kept_papers, effect.papers)
        except ValueError as error:
            _LOG.error("a paper could not be put together: %s", type(error).__name__)  # noqa: TRY400  its text may quote
            feed(ev.CaseNotStored())
            return
        submit = partial(
            self._desk.submit,
            effect.payload,
            papers,
            service_id=effect.service_id,
            service_version=effect.service_version,
            content=effect.content,
            intent=self._intent_for(effect),
        )
        try:
            # after what was noted before: the session's beginning comes first in the records
            self._submitted = await self._clerk.write(submit)
        except StoreError as error:
            _LOG.error("a case could not be stored: %s", type(error).__name__)  # noqa: TRY400  its text is in the journal
            feed(ev.CaseNotStored())
            return
        self._intended = None
        feed(ev.CaseStored(self._submitted.case_id))

    def _intent_for(self, effect: ef.StoreCase) -> CaseIntent:
        """Made with the first try; the next tries of the same case are that case (DESIGN.md 4)."""
        if self._intended is None or self._intended[0] != effect:
            self._intended = (effect, CaseIntent())
        return self._intended[1]

    async def _await_reply(self, wait_s: float, feed: Feed) -> None:
        submitted = self._submitted
        if submitted is None:
            feed(ev.WaitOver())
            return
        receipt: CaseReceipt | None = None
        try:
            async with asyncio.timeout(wait_s), aclosing(self._changes()) as changes:
                async for _ in changes:
                    if receipt is None:
                        receipt = await asyncio.to_thread(self._desk.receipt, submitted)
                        if receipt is not None:
                            feed(ev.CaseReceived(receipt))
                    match await asyncio.to_thread(self._desk.look, submitted):
                        case CaseReply() as reply:
                            if receipt is None:
                                continue  # both were written together: the next look has it
                            feed(ev.CaseAnswered(reply))
                            return
                        case TurnedAway(code):
                            feed(ev.CaseTurnedAway(code))
                            return
                        case _:
                            continue
        except TimeoutError:
            feed(ev.WaitOver())
        except (StoreError, VaultError) as error:
            _LOG.error("the reply could not be read: %s", type(error).__name__)  # noqa: TRY400  its text is free of data, its trace is not
            feed(ev.WaitOver())

    async def _print(self, effect: ef.PrintPaper, feed: Feed) -> None:
        try:
            receipt = parse_receipt(effect.receipt)
        except ValueError as error:
            _LOG.error("a paper was not begun: %s", type(error).__name__)  # noqa: TRY400  ReceiptMistake may quote
            feed(ev.PaperEnded("not_printed", FaultCode.MISUSED.value))
            return
        await self._issue(effect, partial(self._receipt_outcome, receipt), feed)

    async def _issue(
        self, effect: ef.PrintPaper | ef.PrintDocument, give: Give, feed: Feed
    ) -> None:
        """Journal each stage of a paper before the next happens to it (DESIGN.md 4, Paper)."""
        try:
            intend = partial(self._papers.intend, effect.case_id, effect.title)
            paper_id = await self._clerk.write(intend)
        except StoreError as error:
            _LOG.error("a paper was not begun: %s", type(error).__name__)  # noqa: TRY400  its text is in the journal
            feed(ev.PaperEnded("not_printed", FaultCode.MISUSED.value))
            return
        try:
            # before the first byte goes: after a power cut it may have reached the printer
            await self._clerk.write(partial(self._papers.mark, paper_id, PrintProgress.SENT.value))
        except StoreError as error:
            _LOG.error("a paper was not sent: %s", type(error).__name__)  # noqa: TRY400  its text is in the journal
            self._clerk.note(partial(self._papers.mark, paper_id, "not_printed"))
            feed(ev.PaperEnded("not_printed", FaultCode.MISUSED.value))
            return
        ended, stage = await give(paper_id, feed)
        self._clerk.note(partial(self._papers.mark, paper_id, stage))
        await self._clerk.settle()
        feed(ended)

    async def _receipt_outcome(
        self, receipt: Receipt, paper_id: int, feed: Feed
    ) -> tuple[ev.PaperEnded, str]:
        last: PrintProgress | None = None

        def on_progress(progress: PrintProgress) -> None:
            nonlocal last
            last = progress
            self._clerk.note(partial(self._papers.mark, paper_id, progress.value))
            feed(ev.PaperProgressed(progress.value))

        outcome: PrintOutcome
        try:
            async with self._devices.receipt_printer() as printer:
                outcome = await printer.print_receipt(receipt, on_progress=on_progress)
        except ValueError:  # it cannot be laid out, and no byte of it went to the printer
            _LOG.exception("a receipt was not printed")
            outcome = NotPrinted(FaultCode.MISUSED.value)
        except DeviceFault as fault:
            _LOG.warning("%s", fault)
            why = fault.code.value
            outcome = Unconfirmed(why) if last else NotPrinted(why)
        match outcome:
            case Printed(ticket):
                if last is PrintProgress.TAKEN:  # seen by a presenter, and never taken back
                    return ev.PaperEnded("printed"), "taken"
                self._clerk.note(partial(self._papers.mark, paper_id, "presented"))
                is_back = ticket is TicketEnd.RETRACTED
                return ev.PaperEnded("printed"), "retracted" if is_back else "presented"
            case NotPrinted(why):
                return ev.PaperEnded("not_printed", why), "not_printed"
            case Unconfirmed(why):
                return ev.PaperEnded("unconfirmed", why), "unconfirmed"

    async def _document_outcome(
        self, pdf: bytes, paper_id: int, feed: Feed
    ) -> tuple[ev.PaperEnded, str]:
        """An A4 printer has no presenter: that the paper is out is the last that is known."""
        del paper_id

        def on_progress(progress: a4.JobProgress) -> None:
            feed(ev.PaperProgressed("presented" if progress.pages else "sent"))

        is_lent = False
        try:
            async with self._devices.document_printer() as printer:
                is_lent = True
                outcome = await printer.print_document(
                    pdf, title=_DOCUMENT_TITLE, on_progress=on_progress
                )
        except (DeviceFault, ValueError) as error:
            # a fault before the job, or bytes that are no PDF: nothing went to the printer
            _LOG.warning("an A4 paper was not printed: %s", type(error).__name__)
            code = error.code if isinstance(error, DeviceFault) else FaultCode.MISUSED
            is_unclear = is_lent and isinstance(error, DeviceFault)
            outcome = a4.Unconfirmed(code.value) if is_unclear else a4.NotPrinted(code.value)
        match outcome:
            case a4.Printed():
                return ev.PaperEnded("printed"), "presented"
            case a4.NotPrinted(why):
                return ev.PaperEnded("not_printed", why), "not_printed"
            case a4.Unconfirmed(why):
                return ev.PaperEnded("unconfirmed", why), "unconfirmed"


async def _closable(frames: AsyncIterator[Preview]) -> AsyncGenerator[Preview, None]:
    """The same frames; closing this closes the camera's own iterator where it has an end."""
    try:
        async for each in frames:
            yield each
    finally:
        if isinstance(frames, AsyncGenerator):
            await frames.aclose()
