"""The strict printer: what breaks the document is refused, and CUPS's library reads its answers."""

import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import cups
import pytest

from device_drivers.document_printer.emulator import StrictPrinter
from device_drivers.document_printer.emulator.strict_printer import PROCESSING

_CHARSET = bytes.fromhex("47 0012") + b"attributes-charset" + bytes.fromhex("0005") + b"utf-8"
_LANGUAGE = bytes.fromhex("48 001b") + b"attributes-natural-language" + b"\x00\x02en"
_TARGET = bytes.fromhex("45 000b") + b"printer-uri" + b"\x00\x11ipp://p/ipp/print"
_USER = bytes.fromhex("42 0014") + b"requesting-user-name" + b"\x00\x05kiosk"
_WANTED = bytes.fromhex("44 0014") + b"requested-attributes" + b"\x00\x0dprinter-state"
_RIGHT = _CHARSET + _LANGUAGE + _TARGET + _USER + _WANTED
_OK, _OK_IGNORED, _BAD_REQUEST, _NOT_FOUND = 0x0000, 0x0001, 0x0400, 0x0406
_CHARSET_NOT_SUPPORTED = 0x040D
_VERSION_NOT_SUPPORTED, _OPERATION_NOT_SUPPORTED = 0x0503, 0x0501


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[StrictPrinter]:
    with StrictPrinter(tmp_path / "p") as standing:
        yield standing


def _question(
    attributes: bytes, *, head: str = "0200 000b 00000007 01", end: bytes = b"\x03"
) -> bytes:
    return bytes.fromhex(head) + attributes + end


def _status(answer: bytes) -> tuple[int, int]:
    """Status and request-id."""
    status, request_id = struct.unpack(">HI", answer[2:8])
    return status, request_id


def test_a_question_as_the_document_wants_it_is_answered(strict: StrictPrinter) -> None:
    strict.show(PROCESSING)
    answer = strict.answer(_question(_RIGHT))
    assert _status(answer) == (_OK, 7)
    assert answer.endswith(
        bytes.fromhex("04 23 000d") + b"printer-state" + bytes.fromhex("0004 00000004 03")
    )


@pytest.mark.parametrize(
    "question",
    [
        b"",
        _question(_RIGHT, head="0200 000b 00000000 01"),
        _question(_RIGHT, head="0200 000b 00000007 02"),
        _question(_RIGHT, head="0200 000b 00000007"),
        _question(_RIGHT, end=b""),
        _question(_RIGHT[:-1], end=b""),
        _question(_LANGUAGE + _CHARSET + _TARGET),
        _question(_CHARSET + _TARGET),
        _question(_TARGET + _CHARSET + _LANGUAGE),
        _question(_CHARSET + _LANGUAGE),
        _question(_CHARSET + _LANGUAGE + _USER + _TARGET),
        _question(_RIGHT.replace(b"\x42\x00\x14requesting", b"\x43\x00\x14requesting")),
        _question(_RIGHT.replace(b"\x42\x00\x14requesting", b"\x44\x00\x14requesting")),
        _question(_RIGHT.replace(b"\x44\x00\x14requested", b"\x45\x00\x14requested")),
        _question(_RIGHT.replace(b"printer-state", b"Printer-State")),
        _question(_RIGHT.replace(b"\x02en", b"\x02EN")),
        _question(_RIGHT + bytes.fromhex("22 0007") + b"my-jobs" + b"\x00\x02\x00\x01"),
        _question(_CHARSET + _LANGUAGE + _TARGET + bytes.fromhex("45 0000 0001 61") + _USER),
        _question(_RIGHT + bytes.fromhex("21 0006") + b"job-id" + bytes.fromhex("0004 00000001")),
    ],
)
def test_a_question_that_breaks_the_document_is_refused(
    strict: StrictPrinter, question: bytes
) -> None:
    assert _status(strict.answer(question))[0] == _BAD_REQUEST
    assert len(strict.refused) == 1


@pytest.mark.parametrize(
    ("question", "status"),
    [
        (_question(_RIGHT.replace(b"utf-8", b"utf-9")), _CHARSET_NOT_SUPPORTED),
        (_question(_RIGHT, head="0300 000b 00000007 01"), _VERSION_NOT_SUPPORTED),
        (_question(_RIGHT, head="0200 003b 00000007 01"), _OPERATION_NOT_SUPPORTED),
        (_question(_RIGHT.replace(b"printer-state", b"printer-stare")), _OK_IGNORED),
        (_question(_RIGHT.replace(b"/ipp/print", b"/ipp/other")), _NOT_FOUND),
    ],
)
def test_what_it_does_not_know_has_the_status_of_the_document(
    strict: StrictPrinter, question: bytes, status: int
) -> None:
    assert _status(strict.answer(question)) == (status, 7)


def test_the_library_of_cups_reads_every_syntax_it_writes(strict: StrictPrinter) -> None:
    """CUPS wrote its own reader: what both understand is IPP."""
    strict.is_talkative = True
    strict.show(PROCESSING, "media-low-report", "toner-low-warning")
    said = cups.Connection(host=strict.address).getPrinterAttributes(
        uri="ipp://localhost/ipp/print"
    )
    assert said["printer-state"] == PROCESSING
    assert said["printer-state-reasons"] == ["media-low-report", "toner-low-warning"]
    assert said["printer-is-accepting-jobs"] is True
    assert said["printer-info"] == "打印机"
    assert said["copies-supported"] == (1, 99)
    assert len(said["media-col-database"]) > 100


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"POST /ipp/print HTTP/1.1\r\nContent-Type: text/plain\r\n", b"415"),
        (b"GET /ipp/print HTTP/1.1\r\n", b"501"),
    ],
)
def test_what_is_no_question_at_its_door_gets_the_status_of_http(
    strict: StrictPrinter, line: bytes, status: bytes
) -> None:
    with socket.socket(socket.AF_UNIX) as wire:
        wire.connect(strict.address)
        wire.sendall(line + b"Content-Length: 0\r\n\r\n")
        assert wire.recv(100).split()[1] == status
