"""`document-printer print | status`: one PDF on paper, or how printer and print service are."""

import argparse
import asyncio
import time
from pathlib import Path
from typing import TYPE_CHECKING

from device_drivers.command_line import (
    RESULT,
    BadArguments,
    port_argument,
    raise_if_away,
    write_line,
)
from device_drivers.document_printer.driver import CupsDocumentPrinter
from device_drivers.document_printer.interface import (
    DocumentOutcome,
    DocumentPrinterStatus,
    JobProgress,
    NotPrinted,
    Printed,
    Unconfirmed,
)
from device_drivers.status import DeviceKind, DeviceStatus

if TYPE_CHECKING:
    from device_drivers.command_line import Subparsers

_TITLE = "command-line"
"""What the job is called in the queue; the file's name may name somebody."""


def add_commands(subparsers: "Subparsers") -> None:
    """Add `document-printer` and what it can do."""
    parser = subparsers.add_parser("document-printer", help="A4 printers through CUPS")
    actions = parser.add_subparsers(required=True, metavar="ACTION")

    printing = actions.add_parser("print", help="print a PDF and follow the job to its end")
    _add_printer(printing)
    printing.add_argument("pdf", type=Path, metavar="PDF")
    printing.set_defaults(run=_print)

    status = actions.add_parser("status", help="paper, toner and door by the printer's own word")
    _add_printer(status)
    status.set_defaults(run=_status)


def _add_printer(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=port_argument, required=True, metavar="cups:NAME")
    parser.add_argument("--server", default="", metavar="SOCKET|HOST:PORT", help="where CUPS is")
    parser.add_argument(
        "--printer", default="", metavar="SOCKET|HOST:PORT", help="where the printer itself is"
    )


def _made(chosen: argparse.Namespace) -> CupsDocumentPrinter:
    try:
        return CupsDocumentPrinter(chosen.port, server=chosen.server, printer=chosen.printer)
    except ValueError as error:
        raise BadArguments(str(error)) from error


def _print(chosen: argparse.Namespace) -> int:
    printer = _made(chosen)
    try:
        pdf = chosen.pdf.read_bytes()
    except OSError as error:
        raise BadArguments(f"{chosen.pdf}: {error.strerror}") from error
    if not pdf.startswith(b"%PDF-"):
        raise BadArguments(f"{chosen.pdf} is no PDF")
    asyncio.run(_say_print(printer, pdf))
    return RESULT


async def _say_print(printer: CupsDocumentPrinter, pdf: bytes) -> None:
    """A line for each state of the job, and one for how it ended."""
    try:
        outcome = await printer.print_document(pdf, title=_TITLE, on_progress=_say_progress)
        status = await printer.status()
    finally:
        await printer.close()
    if isinstance(outcome, NotPrinted):
        raise_if_away(DeviceKind.DOCUMENT_PRINTER, status)
    write_line({**_as_json(outcome), "supplies": _supplies(status)})


def _say_progress(progress: JobProgress) -> None:
    write_line({"job": progress.state.value, "pages": progress.pages})


def _as_json(outcome: DocumentOutcome) -> dict[str, object]:
    match outcome:
        case Printed(pages):
            return {"result": "printed", "pages": pages}
        case NotPrinted(why):
            return {"result": "not_printed", "pages": 0, "why": why}
        case Unconfirmed(why, pages):
            return {"result": "unconfirmed", "pages": pages, "why": why}


def _supplies(status: DocumentPrinterStatus) -> dict[str, object]:
    return {
        "paper": status.paper.value,
        "toner": status.toner.value,
        "toner_percent": status.toner_percent,
    }


def _status(chosen: argparse.Namespace) -> int:
    asyncio.run(_say_status(_made(chosen)))
    return RESULT


async def _say_status(printer: CupsDocumentPrinter) -> None:
    """One line, or the fault of a print service or printer that is not there."""
    try:
        asked_at = time.monotonic()
        status = await printer.status()
    finally:
        await printer.close()
    raise_if_away(DeviceKind.DOCUMENT_PRINTER, status)
    write_line(
        {
            **status.parts(),
            "toner_percent": status.toner_percent,
            "online": status.device in {DeviceStatus.ONLINE, DeviceStatus.DEVICE_BUSY},
            "errors": [] if status.fault is None else [status.fault.value],
            "age_s": round(time.monotonic() - asked_at, 3),
        }
    )
