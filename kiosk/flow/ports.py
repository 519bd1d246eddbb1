"""What the runner needs of the world outside: devices, the case desk, the records, the glass."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from device_drivers.cabinet.interface import LightMode, Slot
from device_drivers.document_camera.interface import DocumentCamera, Preview
from device_drivers.document_printer.interface import DocumentPrinter
from device_drivers.id_card_reader.interface import IdCardReader
from device_drivers.qr_scanner.interface import QrScanner
from device_drivers.receipt_printer.interface import ReceiptPrinter
from device_drivers.social_security_card.interface import SocialSecurityCardReader
from kiosk.contract.cases import CasePayload, CaseReceipt, CaseReply
from kiosk.contract.uplink import EventFields
from kiosk.flow.states import State
from kiosk.flow.world import World
from kiosk.store.cases import CaseIntent, SubmittedCase, TurnedAway
from kiosk.store.vault import Paper


class DevicePool(Protocol):
    """The kiosk's devices, lent to one effect at a time.

    Entering connects where needed and waits while a status question is under way (≤ 1 s).
    Raises DeviceFault, also where the kiosk has no such device.
    """

    def id_card_reader(self) -> AbstractAsyncContextManager[IdCardReader]:
        """The ID card reader."""

    def social_security_card_reader(
        self,
    ) -> AbstractAsyncContextManager[SocialSecurityCardReader]:
        """The social security card's slot."""

    def qr_scanner(self) -> AbstractAsyncContextManager[QrScanner]:
        """The scanner."""

    def document_camera(self) -> AbstractAsyncContextManager[DocumentCamera]:
        """The camera."""

    def receipt_printer(self) -> AbstractAsyncContextManager[ReceiptPrinter]:
        """The printer for receipts."""

    def document_printer(self) -> AbstractAsyncContextManager[DocumentPrinter]:
        """The printer for A4."""


class Desk(Protocol):
    """Cases: `kiosk.store.cases.CaseDesk`. Blocking; called in worker threads."""

    def submit(
        self,
        payload: CasePayload,
        papers: Sequence[Paper],
        *,
        service_id: str,
        service_version: int,
        content: str,
        intent: CaseIntent,
    ) -> SubmittedCase:
        """Durable when it returns. Raises StoreError: then it may be tried again as one case."""

    def look(self, submitted: SubmittedCase) -> CaseReceipt | CaseReply | TurnedAway | None:
        """What is known of it now."""

    def receipt(self, submitted: SubmittedCase) -> CaseReceipt | None:
        """The server's receipt, once there is one."""


class PaperLog(Protocol):
    """Papers: `kiosk.store.paper_journal.PaperJournal`. Blocking."""

    def intend(self, case_id: str, title: str) -> int:
        """A paper will be printed; its id. Durable on return."""

    def mark(self, paper_id: int, stage: str) -> None:
        """How far it has come. Durable on return."""


class EventLog(Protocol):
    """Facts for the server: `kiosk.store.outbox.Outbox`. Blocking."""

    def record(self, make: Callable[..., EventFields], **fields: object) -> int:
        """Append one event."""


class JournalBook(Protocol):
    """Facts for technicians and inspectors: `kiosk.store.journal.Journal`. Blocking."""

    def write(self, kind: str, **facts: str | float | bool) -> int:
        """Append one entry."""


class Glass(Protocol):
    """The screen; every method returns at once."""

    def draw(self, state: State, world: World) -> None:
        """Show the page of this state."""

    def preview(self, preview: Preview, *, is_same: bool = False) -> None:
        """Show one live camera frame on the page that is drawn.

        `is_same`: what lies there has been taken already, and the next page is waited for.
        """


class GuidanceLights(Protocol):
    """The lights at the slots; fire and forget."""

    def show(self, lights: Mapping[Slot, LightMode]) -> None:
        """Have the lights be so; returns at once, whatever becomes of it."""


LookAround = Callable[[], World]
"""The world at this moment; cheap, never blocks."""

Changes = Callable[[], AsyncGenerator[None, None]]
"""Yields at once, then after each change of the store (`Store.changes`)."""
