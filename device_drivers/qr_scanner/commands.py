"""`qr-scanner listen` and `qr-scanner decode`."""

import argparse
import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from device_drivers.command_line import (
    BAD_ARGUMENTS,
    RESULT,
    BadArguments,
    baud_argument,
    port_argument,
    say,
    write_line,
)
from device_drivers.ports import Scheme
from device_drivers.qr_scanner.framing.arrival import FRAMINGS
from device_drivers.qr_scanner.interface import QrScanner, Scan
from device_drivers.qr_scanner.keys import LAYOUTS
from device_drivers.qr_scanner.serial_driver import SerialQrScanner

if TYPE_CHECKING:
    from device_drivers.command_line import Subparsers


def add_commands(subparsers: "Subparsers") -> None:
    """Add `qr-scanner`."""
    scanner = subparsers.add_parser("qr-scanner", help="listen to a scanner, or decode pictures")
    commands = scanner.add_subparsers(required=True, metavar="COMMAND")
    listen = commands.add_parser("listen", help="every code shown, until Ctrl-C")
    listen.add_argument("--port", type=port_argument, required=True)
    listen.add_argument(
        "--framing",
        choices=FRAMINGS,
        default="auto",
        help="what the scanner speaks; auto asks it",
    )
    listen.add_argument("--baud", type=baud_argument, default=115200)
    listen.add_argument(
        "--layout", choices=LAYOUTS, default="us", help="of a scanner in keyboard mode"
    )
    listen.set_defaults(run=_listen)
    decode = commands.add_parser("decode", help="the codes on pictures")
    decode.add_argument("--budget-ms", type=float, default=800.0, metavar="MS", help="per picture")
    decode.add_argument("images", nargs="+", type=Path, metavar="IMAGE")
    decode.set_defaults(run=_decode)


def _listen(arguments: argparse.Namespace) -> int:
    try:
        scanner = _scanner_at(arguments)
    except ValueError as error:
        raise BadArguments(str(error)) from error
    asyncio.run(_write_scans(scanner))
    return RESULT


def _scanner_at(arguments: argparse.Namespace) -> "ListeningScanner":
    """The driver for the port given. Each needs packages the others do not, so imports are late."""
    match arguments.port.scheme:
        case Scheme.EVDEV:
            from device_drivers.qr_scanner.hid_driver import HidQrScanner  # noqa: PLC0415

            return HidQrScanner(arguments.port, layout=arguments.layout)
        case Scheme.V4L2 | Scheme.IMAGES:
            from device_drivers.qr_scanner.camera_driver import CameraQrScanner  # noqa: PLC0415

            return CameraQrScanner(arguments.port)
        case _:
            return SerialQrScanner(arguments.port, baud=arguments.baud, framing=arguments.framing)


class ListeningScanner(QrScanner, Protocol):
    """Any scanner that can also tell everything it is shown."""

    def listen(self) -> AsyncGenerator[Scan, None]:
        """Every code shown from now on, until closed."""


async def _write_scans(scanner: ListeningScanner) -> None:
    try:
        await scanner.connect()
        say("show codes to the scanner; Ctrl-C ends")
        async with aclosing(scanner.listen()) as scans:
            async for scan in scans:
                write_line(
                    {"text": scan.text, "symbology": scan.symbology, "raw_hex": scan.raw.hex()}
                )
    finally:
        await scanner.close()


def _decode(arguments: argparse.Namespace) -> int:
    # OpenCV, numpy and zxing-cpp are wanted for this command only: a technician without them can
    # still listen to a scanner
    from device_drivers.picture_file import UnreadablePicture, read_picture  # noqa: PLC0415
    from device_drivers.qr_scanner.decode import decode_image  # noqa: PLC0415

    outcome = RESULT
    for path in arguments.images:
        try:
            picture = read_picture(path)
        except UnreadablePicture as error:
            write_line({"file": str(path), "error": str(error)})
            outcome = BAD_ARGUMENTS
            continue
        before = time.perf_counter()
        codes = decode_image(picture, budget_ms=arguments.budget_ms)
        took_ms = (time.perf_counter() - before) * 1000
        write_line(
            {
                "file": str(path),
                "codes": [
                    {
                        "format": code.format,
                        "text": code.text,
                        "raw_hex": code.raw.hex(),
                        "quad": [list(corner) for corner in code.quad],
                    }
                    for code in codes
                ],
                "ms": round(took_ms, 2),
            }
        )
    return outcome
