"""Decoders of the two printers, and of the receipt printer's other end."""

import struct
from collections.abc import Iterator
from dataclasses import fields

from device_drivers.document_printer.interface import DocumentPrinterStatus
from device_drivers.document_printer.ipp import IppGarbled, IppReply, decode_reply
from device_drivers.document_printer.states import (
    JobSeen,
    understand_job,
    understand_printer,
    understand_queue,
)
from device_drivers.receipt_printer import code_128
from device_drivers.receipt_printer.emulator.interpreter import Interpreter
from device_drivers.receipt_printer.emulator.steps import Step
from device_drivers.receipt_printer.escpos import encode_job
from device_drivers.receipt_printer.interface import KeyValues, PrinterStatus, Receipt, Text
from device_drivers.receipt_printer.layout import PAPERS, lay_out
from device_drivers.receipt_printer.status_bytes import Heard, Hearing
from device_drivers.receipt_printer.understanding import (
    Answers,
    understand,
    understand_automatic,
    understand_full,
)
from tests.device_drivers.receipt_printer.foreign_streams import STREAMS
from tests.device_drivers.receipt_printer.sample import ACCEPTANCE
from tests.fuzz.trial import Decoder

_OURS = encode_job(lay_out(ACCEPTANCE, PAPERS[80]), PAPERS[80])


def _heard(data: bytes) -> Iterator[object]:
    """In two pieces with a half forgotten between them, of both families."""
    for knows_full_status in (False, True):
        hearing = Hearing(knows_full_status=knows_full_status)
        yield from hearing.hear(data[: len(data) // 2])
        hearing.forget_half()
        yield from hearing.hear(data[len(data) // 2 :])


def _status(data: bytes) -> Iterator[object]:
    """Four bytes as answers, where the one before each says whether it came; the rest as frames."""
    names = [each.name for each in fields(Answers) if each.name != "full"]
    heard = zip(data[0:8:2], data[1:8:2], strict=False)
    told = {name: byte for name, (came, byte) in zip(names, heard, strict=False) if came & 1}
    yield understand(Answers(**told, full=data[8:14] or None))
    yield understand_automatic(data)
    yield understand_full(data)


def _steps(data: bytes) -> Iterator[object]:
    """As a printer without a presenter and as one with it, in two pieces."""
    for interpreter in (Interpreter("gbk", presenter="none"), Interpreter(presenter="custom")):
        yield from interpreter.feed(data[: len(data) // 2])
        yield from interpreter.feed(data[len(data) // 2 :])
        yield from interpreter.finish()


def _code_128(data: bytes) -> Iterator[object]:
    yield code_128.modules(code_128.encode(data.decode("latin-1")))


def _laid_out(data: bytes) -> Iterator[object]:
    """Text from outside, all the way to the printer, which must know every byte of it."""
    words = data.decode("gb18030", "ignore")[:60]
    receipt = Receipt((Text(words), KeyValues(((words[:4], words),))))
    yield from _steps(encode_job(lay_out(receipt, PAPERS[58]), PAPERS[58]))


def _ipp(data: bytes) -> Iterator[object]:
    """An answer, and what its attributes say of the printer and its jobs."""
    reply = decode_reply(data)
    yield reply
    yield understand_printer(reply.printer)
    words = [
        each for each in reply.printer.get("printer-state-reasons", ()) if isinstance(each, str)
    ]
    yield understand_queue(reply.printer.get("printer-state", (None,))[0], words)
    yield from (understand_job(job) for job in reply.jobs)


def _ipp_attributes(data: bytes) -> Iterator[object]:
    """With a true head in front and a true end behind, so that any bytes are attributes."""
    yield from _ipp(_HEAD + b"\x04" + data + b"\x03")


def _attribute(tag: int, name: bytes, value: bytes) -> bytes:
    """RFC 8010, 3.1.4."""
    return struct.pack(">BH", tag, len(name)) + name + struct.pack(">H", len(value)) + value


_HEAD = bytes.fromhex("0200 0000 00000001")
_PRINTER = (
    _attribute(0x23, b"printer-state", struct.pack(">i", 5))
    + _attribute(0x44, b"printer-state-reasons", b"media-empty-error")
    + _attribute(0x44, b"", b"toner-low-warning")
    + _attribute(0x22, b"printer-is-accepting-jobs", b"\x01")
    + _attribute(0x33, b"copies-supported", struct.pack(">ii", 1, 99))
    + _attribute(0x30, b"printer-supply", b"class=supplyThatIsConsumed;maxcapacity=100;level=40;")
    + _attribute(0x34, b"media-col", b"")
    + _attribute(0x4A, b"", b"x-dimension")
    + _attribute(0x21, b"", struct.pack(">i", 21000))
    + _attribute(0x37, b"", b"")
    + _attribute(0x36, b"printer-name", b"\x00\x05zh-cn\x00\x04a4-1")
    + _attribute(0x12, b"printer-geo-location", b"")
)
_JOB = (
    _attribute(0x21, b"job-id", struct.pack(">i", 147))
    + _attribute(0x23, b"job-state", struct.pack(">i", 5))
    + _attribute(0x21, b"job-impressions-completed", struct.pack(">i", 2))
)

PRINTER_DECODERS = (
    Decoder(
        "receipt printer: answers",
        _heard,
        Heard,
        tuple(
            bytes.fromhex(stream)
            for stream in (
                "12 16 1e 12 00",
                "18000f00 3800030f 0f",
                "100f20040000 100f05000008 00",
                "37 25 00 12 13 37 25 11 00 00",
            )
        ),
    ),
    Decoder(
        "receipt printer: status",
        _status,
        PrinterStatus,
        tuple(
            bytes.fromhex(stream)
            for stream in (
                "0112011201120112100f20000000",
                "011a0132011a017e",
                "18080000",
                "100f05010801",
            )
        ),
    ),
    Decoder(
        "receipt printer: ESC/POS",
        _steps,
        Step,
        (*(stream.data for stream in STREAMS), _OURS[:2000]),
    ),
    Decoder(
        "receipt printer: bar code",
        _code_128,
        int,
        (b"37032120261123000417", b"AB{1234}"),
        (ValueError,),
    ),
    Decoder(
        "receipt printer: text",
        _laid_out,
        Step,
        (
            "应于 2026年11月26日 前作出决定（含配偶）".encode("gb18030"),
            b"\x1b@\x10\x04\x01ABC 12.00",
        ),
    ),
    Decoder(
        "document printer: answer",
        _ipp,
        IppReply | DocumentPrinterStatus | JobSeen,
        (_HEAD + b"\x04" + _PRINTER + b"\x03", _HEAD + b"\x02" + _JOB + b"\x02" + _JOB + b"\x03"),
        (IppGarbled,),
    ),
    Decoder(
        "document printer: attributes",
        _ipp_attributes,
        IppReply | DocumentPrinterStatus | JobSeen,
        (_PRINTER, _PRINTER + b"\x02" + _JOB),
        (IppGarbled,),
    ),
)
