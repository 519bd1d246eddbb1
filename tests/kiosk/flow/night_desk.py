"""A real kiosk but for the window: emulated devices on their wires, a real store, a far server."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_decrypt
from nacl.public import PrivateKey, PublicKey, SealedBox

from device_drivers.bench.catalogue import Catalogue
from device_drivers.cabinet.interface import LightMode, Slot
from device_drivers.document_camera.emulator import DocumentCameraEmulator
from device_drivers.document_camera.interface import Preview
from device_drivers.id_card_reader.emulator import SamVEmulator
from device_drivers.qr_scanner.emulator import LineScannerEmulator
from device_drivers.receipt_printer.emulator import ReceiptPrinterEmulator
from kiosk.config import DeviceConfig
from kiosk.contract.cases import CasePayload, CaseReceipt, CaseReply, CaseState, Certificate
from kiosk.contract.devices import DeviceKind
from kiosk.devices.fleet import Fleet
from kiosk.flow import states as st
from kiosk.flow.events import Touch
from kiosk.flow.runner import Runner
from kiosk.flow.world import Times, World
from kiosk.screens.view import view
from kiosk.screens.view_model import ViewModel
from kiosk.store.cases import CaseDesk, CaseQueue
from kiosk.store.database import Store
from kiosk.store.journal import Journal
from kiosk.store.outbox import Outbox
from kiosk.store.paper_journal import PaperJournal
from tests.kiosk.flow import visits

WITHIN_S = 20.0
"""Whatever a test waits for happens in less than 3 s on an idle machine."""


@dataclass
class PaneOfGlass:
    """Draws every page for real, into nothing, and remembers them."""

    states: list[st.State] = field(default_factory=list)
    views: list[ViewModel] = field(default_factory=list)
    previews: int = 0
    same_pages: int = 0

    def draw(self, state: st.State, world: World) -> None:
        self.states.append(state)
        self.views.append(view(state, world, visits.phrases()))

    def preview(self, preview: Preview, *, is_same: bool = False) -> None:
        self.previews += bool(preview.picture.size)
        self.same_pages += is_same


class RowOfLamps:
    """Remembers which slot was lit, in order."""

    def __init__(self) -> None:
        self.lit: list[frozenset[Slot]] = []

    def show(self, lights: Mapping[Slot, LightMode]) -> None:
        self.lit.append(
            frozenset(slot for slot, mode in lights.items() if mode is not LightMode.OFF)
        )


class FarServer:
    """What the agent and the server do together, at the store's other end, with the real seals."""

    def __init__(self, queue: CaseQueue, key: PrivateKey) -> None:
        self._queue = queue
        self._key = key
        self.received: list[CasePayload] = []

    def take(self) -> str | None:
        """Commit the oldest waiting case and receipt it; its id."""
        waiting = self._queue.waiting()
        if not waiting:
            return None
        case = waiting[0].case
        key = SealedBox(self._key).decrypt(case.sealed_key)
        plain = crypto_aead_xchacha20poly1305_ietf_decrypt(
            case.payload[24:], case.case_id.encode(), case.payload[:24], key
        )
        self.received.append(CasePayload.model_validate_json(plain))
        self._reply_key = PublicKey(case.reply_key)
        self._queue.delivered(self._receipt(case.case_id))
        return case.case_id

    def answer(self, case_id: str, *, completed: bool) -> None:
        """Send the department's word."""
        number = self._receipt(case_id).case_number
        certificate = Certificate(
            title="税收完税证明",
            number="37032611230000001",
            rows=(("纳税人名称", "张明远"),),
            issuer="国家税务总局桓台县税务局",
            issued_at=datetime.now(UTC),
        )
        reply = CaseReply(
            case_id=case_id,
            case_number=number,
            state=CaseState.COMPLETED if completed else CaseState.ACCEPTED,
            decide_by=None if completed else "2026-11-26",
            certificate=certificate if completed else None,
        )
        sealed = SealedBox(self._reply_key).encrypt(reply.model_dump_json().encode())
        self._queue.replied(self._receipt(case_id), sealed)

    def _receipt(self, case_id: str) -> CaseReceipt:
        return CaseReceipt(
            case_id=case_id,
            case_number="370321-20261123-000042",
            received_at=datetime.now(UTC),
            verify_url=f"https://127.0.0.1:8443/v/{case_id}",
            state=CaseState.RECEIVED,
        )


@dataclass
class NightDesk:
    """One kiosk under test."""

    runner: Runner
    running: asyncio.Task[None]
    glass: PaneOfGlass
    lamps: RowOfLamps
    store: Store
    outbox: Outbox
    journal: Journal
    server: FarServer
    fleet: Fleet
    reader: SamVEmulator
    scanner: LineScannerEmulator
    camera: DocumentCameraEmulator
    printer: ReceiptPrinterEmulator
    cards: Catalogue
    world: World

    def touch(self, *events: Touch) -> None:
        for event in events:
            self.runner.touch(event)

    async def until(self, state: type[st.State] | Callable[[st.State], bool]) -> st.State:
        """Wait for a state. Raises TimeoutError, naming the one it is stuck in."""

        def reached() -> bool:
            if isinstance(state, type):
                return isinstance(self.runner.state, state)
            return state(self.runner.state)

        try:
            async with asyncio.timeout(WITHIN_S):
                while not reached():
                    await self.runner.next_step()
        except TimeoutError:
            why = getattr(self.runner.state, "why", "")
            raise TimeoutError(f"still {type(self.runner.state).__name__} {why}") from None
        return self.runner.state

    async def served(self, *, completed: bool) -> str:
        """The agent and the server do their part; the case's id."""
        async with asyncio.timeout(WITHIN_S):
            async for _ in self.store.changes():
                case_id = await asyncio.to_thread(self.server.take)
                if case_id is not None:
                    await asyncio.to_thread(self.server.answer, case_id, completed=completed)
                    return case_id
        raise TimeoutError

    def kinds(self) -> list[str]:
        """The kinds of all events recorded so far."""
        return [row.event.kind for row in self.outbox.pending()]


@asynccontextmanager
async def night_desk(folder: Path, times: Times | None = None) -> AsyncIterator[NightDesk]:
    """Everything started, and everything stopped."""
    reader = SamVEmulator(folder / "id", radio_s=0.3)  # slow enough to be lifted in time
    scanner = LineScannerEmulator(folder / "qr")
    camera = DocumentCameraEmulator(folder / "desk")
    printer = ReceiptPrinterEmulator(mm_per_s=None)
    await printer.start()
    reader.plug()
    scanner.plug()
    fleet = Fleet.from_config(
        {
            DeviceKind.ID_CARD_READER: DeviceConfig(model="sam_v", port=reader.port),
            # a busy machine lets the scanner pause inside a code, so its end is the line's end
            DeviceKind.QR_SCANNER: DeviceConfig(
                model="line", port=scanner.port, settings={"framing": "line", "idle_s": 0.5}
            ),
            DeviceKind.DOCUMENT_CAMERA: DeviceConfig(
                model="opencv", port=f"images:{folder / 'desk'}"
            ),
            DeviceKind.RECEIPT_PRINTER: DeviceConfig(model="escpos", port=printer.port),
        }
    )
    store = Store.open(folder / "kiosk.sqlite")
    outbox, journal, key = Outbox(store), Journal(store), PrivateKey.generate()
    glass, lamps = PaneOfGlass(), RowOfLamps()
    around = replace(visits.world(), now=datetime.now(UTC), times=times or Times())
    runner = Runner(
        devices=fleet,
        desk=CaseDesk(store, outbox, key.public_key),
        papers=PaperJournal(store, outbox),
        events=outbox,
        journal=journal,
        changes=store.changes,
        glass=glass,
        look_around=lambda: around,
        lights=lamps,
    )
    running = asyncio.create_task(runner.run())
    await asyncio.sleep(0)
    try:
        yield NightDesk(
            runner=runner,
            running=running,
            glass=glass,
            lamps=lamps,
            store=store,
            outbox=outbox,
            journal=journal,
            server=FarServer(CaseQueue(store, outbox), key),
            fleet=fleet,
            reader=reader,
            scanner=scanner,
            camera=camera,
            printer=printer,
            cards=Catalogue.load(),
            world=around,
        )
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await fleet.close()
        await printer.stop()
        await asyncio.to_thread(reader.close)
        await asyncio.to_thread(scanner.close)
        store.close()
