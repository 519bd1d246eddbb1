"""The stations for paper: the document camera and the receipt printer."""

import asyncio
import io
import shutil
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path

from PIL import Image

from device_drivers.bench.refusal import Refused, chosen
from device_drivers.bench.station import Action, Body, at_once, disturbing, in_thread, simply
from device_drivers.document_camera.emulator import DocumentCameraEmulator
from device_drivers.emulation.wire_fault import WireFault
from device_drivers.receipt_printer.emulator import PrintedReceipt, ReceiptPrinterEmulator

NEAR_END_MM = 1500.0
"""Half of where the emulated printer's sensor starts to warn."""
CAMERA_VIEW_PX = (600, 800)


class DocumentCameraStation:
    """A camera over a desk, and papers."""

    PAPERS = DocumentCameraEmulator.PAPERS

    def __init__(self, desk: Path) -> None:
        """`desk` is a folder for this station alone."""
        self._folder = desk / "camera"
        self._emulator: DocumentCameraEmulator | None = None
        self._view: tuple[tuple[str | None, WireFault], bytes] | None = None

    @property
    def port(self) -> str:
        """The folder the camera's picture appears in."""
        return f"images:{self._folder}"

    @property
    def actions(self) -> Mapping[str, Action]:
        """Put one paper, take it away, spoil the picture, cut and restore the cable."""
        return {
            "put": self._put,
            "take": in_thread(lambda: self._started().take()),
            "disturb": self._disturb,
            "unplug": at_once(lambda: self._started().unplug()),
            "plug": at_once(lambda: self._started().plug()),
        }

    def state(self) -> dict[str, object]:
        """The paper on the desk by its short name, and what is wrong with the picture."""
        camera = self._started()
        return {
            "plugged": camera.is_plugged,
            "paper": camera.paper,
            "fault": camera.fault.value,
        }

    async def start(self) -> None:
        """Clear the desk and switch the camera on; drawing the desk takes up to a second."""
        await self.stop()  # what a bench that was killed left behind
        self._emulator = await asyncio.to_thread(DocumentCameraEmulator, self._folder)

    async def stop(self) -> None:
        """Take the folder away, so that nobody takes its last picture for a living camera."""
        await asyncio.to_thread(shutil.rmtree, self._folder.parent, ignore_errors=True)

    async def view(self) -> bytes:
        """What the camera sees, small, as JPEG. Raises Refused while it is unplugged."""
        camera = self._started()
        if not camera.is_plugged:
            raise Refused(HTTPStatus.CONFLICT, "unplugged", "the camera is unplugged")
        seen = (camera.paper, camera.fault)
        if camera.fault is WireFault.WRONG:
            raise Refused(HTTPStatus.CONFLICT, "no_picture", "the camera gives no picture")
        if self._view is None or self._view[0] != seen:
            self._view = (seen, await asyncio.to_thread(self._shrink))
        return self._view[1]

    def _shrink(self) -> bytes:
        (frame,) = self._folder.glob("[!.]*")
        with Image.open(frame) as picture:
            picture.thumbnail(CAMERA_VIEW_PX)
            small = io.BytesIO()
            picture.save(small, "JPEG", quality=80)
        return small.getvalue()

    def _started(self) -> DocumentCameraEmulator:
        if self._emulator is None:
            raise Refused(HTTPStatus.CONFLICT, "starting", "the camera is not switched on")
        return self._emulator

    async def _disturb(self, body: Body) -> None:
        fault = WireFault(chosen(body, "fault", WireFault))
        await asyncio.to_thread(self._started().disturb, fault)

    async def _put(self, body: Body) -> None:
        name = chosen(body, "paper", self.PAPERS)
        await asyncio.to_thread(self._started().put, name)


class ReceiptPrinterStation:
    """A receipt printer on TCP, its paper and what came out of it."""

    def __init__(self) -> None:
        self._emulator = ReceiptPrinterEmulator()
        self._numbered: dict[int, PrintedReceipt] = {}
        self._cutter_stuck = False

    @property
    def port(self) -> str:
        """Host and number of the port."""
        return self._emulator.port

    @property
    def actions(self) -> Mapping[str, Action]:
        """What hands, and bad luck, do to a printer."""
        printer = self._emulator
        return {
            "tear_off": at_once(printer.tear_off),
            "out_of_paper": at_once(lambda: printer.set_paper(0.0)),
            "near_end": at_once(lambda: printer.set_paper(NEAR_END_MM)),
            "refill": at_once(printer.refill),
            "open_cover": at_once(lambda: printer.set_cover(is_open=True)),
            "close_cover": at_once(lambda: printer.set_cover(is_open=False)),
            "jam_cutter": at_once(lambda: self._set_cutter(is_stuck=True)),
            "free_cutter": at_once(lambda: self._set_cutter(is_stuck=False)),
            "heat_head": at_once(lambda: printer.set_head(is_hot=True)),
            "cool_head": at_once(lambda: printer.set_head(is_hot=False)),
            "unplug": simply(printer.unplug),
            "plug": simply(printer.plug),
            "disturb": disturbing(printer.disturb_wire),
        }

    def state(self) -> dict[str, object]:
        """Paper, cover, knife, the piece in the mouth, and every receipt, oldest first."""
        receipts = self.receipts()
        mouth = self._emulator.mouth
        return {
            "plugged": self._emulator.is_plugged,
            "paper": self._emulator.paper,
            "printing": self._emulator.is_printing,
            "cover_open": self._emulator.cover_open,
            "cutter_stuck": self._cutter_stuck,
            "head_hot": self._emulator.head_hot,
            "fault": self._emulator.fault.value,
            "mouth": next((n for n, receipt in receipts.items() if receipt is mouth), None),
            "receipts": [
                {"number": number, "lines": list(receipt.lines), "codes": list(receipt.codes)}
                for number, receipt in receipts.items()
            ],
            "not_understood": len(self._emulator.unknown),
        }

    def receipts(self) -> Mapping[int, PrintedReceipt]:
        """What came out, numbered from 1; the emulator remembers the last fifty."""
        present = self._emulator.receipts
        kept = {n: old for n, old in self._numbered.items() if any(old is new for new in present)}
        following = max(self._numbered, default=0) + 1
        for receipt in present:
            if not any(receipt is old for old in kept.values()):
                kept[following] = receipt
                following += 1
        self._numbered = kept
        return kept

    async def start(self) -> None:
        """Switch on."""
        await self._emulator.start()

    async def stop(self) -> None:
        """Switch off."""
        await self._emulator.stop()

    def _set_cutter(self, *, is_stuck: bool) -> None:
        self._emulator.set_cutter(is_stuck=is_stuck)
        self._cutter_stuck = is_stuck
