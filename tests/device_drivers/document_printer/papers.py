"""PDFs to print, and a printer of our own to print them on."""

import asyncio
import io
from collections.abc import Iterator

import pypdfium2
import pytest

from device_drivers.document_printer.driver import CupsDocumentPrinter
from device_drivers.document_printer.emulator import PrivatePrinting
from device_drivers.document_printer.emulator.room import FAULT_REASONS
from device_drivers.document_printer.interface import JobProgress
from device_drivers.ports import Port

A4_POINTS = (595, 842)


def blank_pdf(pages: int = 1) -> bytes:
    """A4 papers with nothing on them, which count all the same."""
    document = pypdfium2.PdfDocument.new()
    for _ in range(pages):
        document.new_page(*A4_POINTS)
    stream = io.BytesIO()
    document.save(stream)
    document.close()
    return stream.getvalue()


def pages_of(pdf: bytes) -> int:
    """How many pages a PDF has."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        return len(document)
    finally:
        document.close()


def driver_at(
    printing: PrivatePrinting,
    *,
    name: str = "document_printer",
    printer: str | None = None,
    patience_s: float = 1.0,
    page_within_s: float = 60.0,
    sweeps: bool = False,
) -> CupsDocumentPrinter:
    """The driver of a queue there, with less patience than on a kiosk.

    `printer`: where the printer itself can be asked, there unless told otherwise.
    """
    settings = printing.settings
    return CupsDocumentPrinter(
        Port.parse(f"cups:{name}"),
        server=settings["server"],
        printer=settings["printer"] if printer is None else printer,
        patience_s=patience_s,
        page_within_s=page_within_s,
        sweeps=sweeps,
    )


class Told:
    """What a job told, and the moment its first page was out."""

    def __init__(self) -> None:
        self.progress: list[JobProgress] = []
        self.begun = asyncio.Event()
        self.page_is_out = asyncio.Event()

    def __call__(self, progress: JobProgress) -> None:
        self.progress.append(progress)
        self.begun.set()
        if progress.pages:
            self.page_is_out.set()


@pytest.fixture(scope="module")
def printing_of_module() -> Iterator[PrivatePrinting]:
    """Started once; whoever takes `printing` finds it in order."""
    with PrivatePrinting() as started:
        yield started


@pytest.fixture
def printing(printing_of_module: PrivatePrinting) -> Iterator[PrivatePrinting]:
    """Paper, toner, cable and service as they should be, before and after a test."""
    yield printing_of_module
    printing_of_module.take_per_page()
    printing_of_module.start_service()
    printing_of_module.unplug()  # whatever hangs in it is gone
    printing_of_module.put_paper()
    printing_of_module.set_toner(75)
    for fault in FAULT_REASONS:
        printing_of_module.set_fault(fault, is_there=False)
    printing_of_module.plug()
