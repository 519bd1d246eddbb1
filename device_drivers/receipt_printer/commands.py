"""`receipt-printer render | interpret | status`: a receipt without a printer, or asking one."""

import argparse
import asyncio
import io
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import yaml
from PIL import Image

from device_drivers.command_line import (
    RESULT,
    BadArguments,
    port_argument,
    raise_if_away,
    say,
    write_line,
)
from device_drivers.receipt_printer import escpos
from device_drivers.receipt_printer.document import ReceiptMistake, parse_receipt
from device_drivers.receipt_printer.driver import EscposReceiptPrinter
from device_drivers.receipt_printer.emulator.drawing import draw
from device_drivers.receipt_printer.emulator.paper import PrintedReceipt
from device_drivers.receipt_printer.emulator.steps import Cut, Unknown
from device_drivers.receipt_printer.interface import Receipt
from device_drivers.receipt_printer.layout import PAPERS, lay_out
from device_drivers.receipt_printer.questions import StatusSource
from device_drivers.status import DeviceKind, DeviceStatus

if TYPE_CHECKING:
    from device_drivers.command_line import Subparsers

_SPEEDS = (115200, 57600, 38400, 19200, 9600)
"""What printers on a serial line can be set to."""


def add_commands(subparsers: "Subparsers") -> None:
    """Add `receipt-printer` and what it can do."""
    parser = subparsers.add_parser("receipt-printer", help="ESC/POS receipt printers")
    actions = parser.add_subparsers(required=True, metavar="ACTION")

    render = actions.add_parser("render", help="a receipt as ESC/POS bytes and as a picture")
    render.add_argument("receipt", type=Path, metavar="RECEIPT.yaml")
    render.add_argument("--escpos", type=Path, required=True, metavar="BIN")
    render.add_argument("--png", type=Path, required=True)
    _add_paper(render)
    render.set_defaults(run=_render)

    interpret = actions.add_parser("interpret", help="what a printer would make of these bytes")
    interpret.add_argument("stream", type=Path, metavar="BIN")
    interpret.add_argument("--png", type=Path, required=True)
    _add_paper(interpret)
    interpret.set_defaults(run=_interpret)

    status = actions.add_parser("status", help="what the printer's status bytes say")
    status.add_argument(
        "--port", type=port_argument, required=True, metavar="tcp:HOST:PORT|serial:TTY"
    )
    status.add_argument("--baud", type=int, default=115200, choices=_SPEEDS, help="serial lines")
    status.add_argument(
        "--status-by", choices=get_args(StatusSource), default="real_time", help="what it answers"
    )
    status.add_argument(
        "--presenter", choices=("none", "custom"), default="none", help="whose mouth has a sensor"
    )
    status.set_defaults(run=_status)


def _add_paper(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--width", type=int, choices=sorted(PAPERS), default=80, metavar="80|58")
    parser.add_argument(
        "--encoding",
        choices=get_args(escpos.Encoding),
        default="gb18030",
        help="what the printer takes as Chinese text",
    )


def _render(chosen: argparse.Namespace) -> int:
    paper = PAPERS[chosen.width]
    try:
        parts = lay_out(_read_receipt(chosen.receipt), paper)
        job = escpos.encode_job(parts, paper, encoding=chosen.encoding)
    except ValueError as error:
        raise BadArguments(f"{chosen.receipt}: {error}") from error
    _write(chosen.escpos, job)
    write_line({"escpos": str(chosen.escpos), "bytes": len(job), **_draw(job, chosen)})
    return RESULT


def _interpret(chosen: argparse.Namespace) -> int:
    try:
        stream = chosen.stream.read_bytes()
    except OSError as error:
        raise BadArguments(f"{chosen.stream}: {error.strerror}") from error
    write_line(_draw(stream, chosen))
    return RESULT


def _read_receipt(path: Path) -> Receipt:
    try:
        mapping = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadArguments(f"{path}: {error.strerror}") from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise BadArguments(f"{path}: {error}") from error
    if not isinstance(mapping, Mapping):
        raise ReceiptMistake("receipt: must have `blocks`")
    return parse_receipt(mapping)


def _draw(stream: bytes, chosen: argparse.Namespace) -> dict[str, object]:
    """Have the emulator print the bytes; its findings, and the picture in a file."""
    pieces: list[PrintedReceipt] = []
    unknown: list[dict[str, object]] = []
    cuts = 0
    for found in draw(stream, chosen.width, encoding=chosen.encoding):
        match found:
            case PrintedReceipt():
                pieces.append(found)
            case Unknown(offset, data):
                unknown.append({"offset": offset, "bytes": data.hex()})
            case Cut():
                cuts += 1
    _write(chosen.png, _under_each_other([piece.png for piece in pieces]))
    say(f"{len(pieces)} piece(s) of paper drawn in {chosen.png}")
    return {
        "lines": [line for piece in pieces for line in piece.lines],
        "codes": [code for piece in pieces for code in piece.codes],
        "images": sum(piece.images for piece in pieces),
        "cuts": cuts,
        "unknown": unknown,
    }


def _under_each_other(pngs: list[bytes]) -> bytes:
    pictures = [Image.open(io.BytesIO(png)) for png in pngs]
    width = max((picture.width for picture in pictures), default=1)
    height = sum(picture.height for picture in pictures)
    whole = Image.new("RGB", (width, max(height, 1)), "white")
    top = 0
    for picture in pictures:
        whole.paste(picture, (0, top))
        top += picture.height
        picture.close()
    stream = io.BytesIO()
    whole.save(stream, "PNG")
    return stream.getvalue()


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise BadArguments(f"{path}: {error.strerror}") from error


def _status(chosen: argparse.Namespace) -> int:
    try:
        printer = EscposReceiptPrinter(
            chosen.port,
            baud=chosen.baud,
            status_by=chosen.status_by,
            presenter=chosen.presenter,
        )
    except ValueError as error:
        raise BadArguments(str(error)) from error
    asyncio.run(_say_status(printer))
    return RESULT


async def _say_status(printer: EscposReceiptPrinter) -> None:
    """One line, or the fault of a port that will not open or a printer that says nothing."""
    try:
        asked_at = time.monotonic()
        status = await printer.status()
    finally:
        await printer.close()
    raise_if_away(DeviceKind.RECEIPT_PRINTER, status)
    write_line(
        {
            **status.parts(),
            "online": status.device is DeviceStatus.ONLINE,
            "errors": [] if status.fault is None else [status.fault.value],
            "age_s": round(time.monotonic() - asked_at, 3),
        }
    )
