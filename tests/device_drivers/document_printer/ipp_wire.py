"""An IPP server at a TCP port that says what a test tells it to: to CUPS's library, or to us.

Written from RFC 8010 (bytes) and RFC 8011 (operations); takes nothing from the driver.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Self

CANCEL_JOB = 0x0008
GET_JOB_ATTRIBUTES = 0x0009
GET_JOBS = 0x000A
GET_PRINTER_ATTRIBUTES = 0x000B
GET_PRINTERS = 0x4002
"""CUPS's own (CUPS Implementation of IPP, "CUPS-Get-Printers")."""

_VERSION = b"\x02\x00"
_OPERATION, _JOB, _END, _PRINTER = b"\x01", b"\x02", b"\x03", b"\x04"
_INTEGER, _BOOLEAN, _ENUM, _NAME, _KEYWORD, _URI = 0x21, 0x22, 0x23, 0x42, 0x44, 0x45
_CHARSET, _LANGUAGE = 0x47, 0x48


def _field(tag: int, name: str, value: bytes) -> bytes:
    label = name.encode("ascii")
    return struct.pack(">BH", tag, len(label)) + label + struct.pack(">H", len(value)) + value


def job(number: int, name: str, state: int = 3, reason: str = "none") -> bytes:
    """One job's group; state 3 is pending, 5 processing, 9 completed."""
    return (
        _JOB
        + _field(_INTEGER, "job-id", struct.pack(">i", number))
        + _field(_NAME, "job-name", name.encode("utf-8"))
        + _field(_URI, "job-printer-uri", b"ipp://localhost/printers/a4")
        + _field(_ENUM, "job-state", struct.pack(">i", state))
        + _field(_KEYWORD, "job-state-reasons", reason.encode("ascii"))
        + _field(_INTEGER, "job-impressions-completed", struct.pack(">i", 1))
    )


def printer() -> bytes:
    """The group of an idle printer, or of its queue."""
    return (
        _PRINTER
        + _field(_NAME, "printer-name", b"a4")
        + _field(_ENUM, "printer-state", struct.pack(">i", 3))
        + _field(_KEYWORD, "printer-state-reasons", b"none")
        + _field(_BOOLEAN, "printer-is-accepting-jobs", b"\x01")
        + _field(_URI, "device-uri", b"usb://nobody")
    )


@dataclass(frozen=True, slots=True)
class Said:
    """One answer: a status (RFC 8011, appendix B.1) and groups of attributes."""

    groups: bytes = b""
    status: int = 0


Answer = Callable[[bytes], Said]
"""What is said to a question, whose bytes are given."""


def always(groups: bytes = b"", *, status: int = 0) -> Answer:
    """The same to whoever asks."""
    return lambda question: Said(groups, status)


def _idle() -> dict[int, Answer]:
    return {
        GET_PRINTER_ATTRIBUTES: always(printer()),
        GET_PRINTERS: always(printer()),
        GET_JOBS: always(),
        CANCEL_JOB: always(),
    }


@dataclass
class IppWire:
    """Started with `with`; idle, without jobs and obedient until `answers` says otherwise."""

    answers: dict[int, Answer] = field(default_factory=_idle)
    questions: list[tuple[int, bytes]] = field(default_factory=list)
    """Operation and bytes of all that was asked, in order."""

    @property
    def address(self) -> str:
        """Its `host:port`."""
        return f"127.0.0.1:{self._server.server_port}"

    def asked(self, operation: int) -> int:
        """How often it was asked for this."""
        return sum(1 for each, _ in self.questions if each == operation)

    def __enter__(self) -> Self:
        wire = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                question = self.rfile.read(int(self.headers["Content-Length"]))
                answer = wire.answer(question)
                self.send_response(200)
                self.send_header("Content-Type", "application/ipp")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  its own word
                del format, args

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, question: bytes) -> bytes:
        """The bytes that go back."""
        operation, request_id = struct.unpack(">HI", question[2:8])
        self.questions.append((operation, question))
        said = self.answers[operation](question)
        return (
            _VERSION
            + struct.pack(">HI", said.status, request_id)
            + _OPERATION
            + _field(_CHARSET, "attributes-charset", b"utf-8")
            + _field(_LANGUAGE, "attributes-natural-language", b"en")
            + said.groups
            + _END
        )
