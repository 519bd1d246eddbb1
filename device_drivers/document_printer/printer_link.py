"""Asks the printer itself, by IPP over HTTP (RFC 8010, 4). Blocking, each question with a limit."""

import http.client
import itertools
import re
import socket
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from device_drivers.document_printer.interface import JobState
from device_drivers.document_printer.ipp import (
    MAX_MESSAGE_BYTES,
    Attributes,
    IppGarbled,
    IppReply,
    Operation,
    decode_reply,
    encode_request,
)
from device_drivers.document_printer.states import (
    JOB_ATTRIBUTES,
    PRINTER_ATTRIBUTES,
    JobSeen,
    understand_job,
)
from device_drivers.errors import DeviceGarbled, DeviceMissing, DeviceSilent, ServiceDown

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

_IPP_PORT = 631
_USUAL_PATH = "/ipp/print"
"""PWG 5100.14, 4.2: where an IPP Everywhere printer listens."""
_ANSWER_S = 0.4
"""Printers answer Get-Printer-Attributes in 20 to 150 ms; CUPS and it still fit into 1 s."""


_IS_ENDING = "processing-to-stop-point"
"""Of a job that was cancelled and has not stopped yet (RFC 8011, 5.3.8)."""
_NUMBER_OF_CUPS = re.compile(r"\A[0-9]+ - ")
"""CUPS 2.4.2 puts its own number in front of a job's name where a printer has no Create-Job."""
NOTHING_TO_CANCEL = frozenset({0x0404, 0x0406})
"""client-error-not-possible, said of a job that has ended, and client-error-not-found (RFC 8011,
appendix B.1)."""
_FIRST_SERVER_ERROR = 0x0500
"""From here on the printer says that it cannot now (RFC 8011, appendix B.1)."""


class _Conversation(socket.socket):
    """A connection whose every wait ends at one deadline, however it is given to us in drips.

    Takes over an open socket. What comes too late is a TimeoutError, as with any socket.
    """

    def __init__(self, opened: socket.socket, deadline: float) -> None:
        super().__init__(opened.family, opened.type, opened.proto, fileno=opened.detach())
        self._deadline = deadline

    def sendall(self, data: "ReadableBuffer", flags: int = 0, /) -> None:
        self.settimeout(_left_s(self._deadline))
        super().sendall(data, flags)

    def recv_into(self, buffer: "WriteableBuffer", nbytes: int = 0, flags: int = 0) -> int:
        self.settimeout(_left_s(self._deadline))
        return super().recv_into(buffer, nbytes, flags)


def _left_s(deadline: float) -> float:
    left_s = deadline - time.monotonic()
    if left_s <= 0:
        raise TimeoutError
    return left_s


class _Connection(http.client.HTTPConnection):
    """HTTP over TCP, or over a socket in the file system, as CUPS itself offers it."""

    def __init__(self, address: str, deadline: float) -> None:
        host, port = ("localhost", None) if _is_path(address) else _host_and_port(address)
        super().__init__(host, port)
        self._address = address
        self._deadline = deadline

    def connect(self) -> None:
        self.sock = _Conversation(self._opened(), self._deadline)

    def _opened(self) -> socket.socket:
        if not _is_path(self._address):
            place = (self.host, self.port)
            opened = socket.create_connection(place, timeout=_left_s(self._deadline))
            # head and body go out one by one, and the body must not wait for the head's receipt
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return opened
        opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            opened.settimeout(_left_s(self._deadline))
            opened.connect(self._address)
        except OSError:
            opened.close()
            raise
        return opened


class PrinterLink:
    """One printer at `/path/to/socket` or `host:port`.

    Every call raises DeviceMissing where nothing listens, DeviceSilent where nothing answers in
    time, DeviceGarbled where the answer is no IPP. What must not be refused raises ServiceDown for
    a printer that cannot now, and DeviceGarbled for one that will not.
    """

    def __init__(
        self, address: str, *, path: str = _USUAL_PATH, device: str, answer_s: float = _ANSWER_S
    ) -> None:
        self._address = address
        self._answer_s = answer_s
        self._path = path
        self._device = device
        self._uri = f"ipp://{'localhost' if address.startswith('/') else address}{path}"
        self._request_ids = itertools.count(1)

    def attributes(self, names: tuple[str, ...] = PRINTER_ATTRIBUTES) -> Attributes:
        """What the printer says of itself; nothing where it cannot now, which soon passes."""
        reply = self._ask(Operation.GET_PRINTER_ATTRIBUTES, requested=names)
        if reply.status < _FIRST_SERVER_ERROR:
            self._refuse(reply)
        return reply.printer

    def find_job(self, name: str) -> JobSeen | None:
        """The job of this name, under way or ended; None where the printer lists none."""
        for which in ("not-completed", "completed"):
            reply = self._ask(Operation.GET_JOBS, requested=JOB_ATTRIBUTES, which_jobs=which)
            for job in reply.jobs:
                if _name_of(job) == name:
                    return understand_job(job)
        return None

    def unfinished(self, names: re.Pattern[str]) -> list[JobSeen]:
        """The jobs that nobody has ended yet and whose names match wholly.

        One that was cancelled may stay for long, such as in a printer without paper, but may not
        go on. A printer that refuses its list has not said that there are none.
        """
        reply = self._ask(Operation.GET_JOBS, requested=JOB_ATTRIBUTES, which_jobs="not-completed")
        self._refuse(reply)
        return [
            understand_job(job)
            for job in reply.jobs
            if names.fullmatch(_name_of(job)) and _IS_ENDING not in job.get("job-state-reasons", ())
        ]

    def job(self, number: int, *, name: str) -> JobSeen:
        """One job; in state `unknown` where the printer has none of this number and name."""
        reply = self._ask(Operation.GET_JOB_ATTRIBUTES, requested=JOB_ATTRIBUTES, job_id=number)
        if not reply.is_ok or not reply.jobs or _name_of(reply.jobs[0]) != name:
            return JobSeen(number, JobState.UNKNOWN, 0)
        return understand_job(reply.jobs[0])

    def cancel(self, number: int) -> None:
        """Ask for the end of one job; one that has ended, or that nobody knows, stays as it is."""
        reply = self._ask(Operation.CANCEL_JOB, requested=(), job_id=number)
        if reply.status not in NOTHING_TO_CANCEL:
            self._refuse(reply)

    def _refuse(self, reply: IppReply) -> None:
        """Raise what a refusal means."""
        if reply.is_ok:
            return
        kind = ServiceDown if reply.status >= _FIRST_SERVER_ERROR else DeviceGarbled
        raise kind(self._device, f"{self._address} refuses with 0x{reply.status:04x}")

    def _ask(
        self,
        operation: Operation,
        *,
        requested: tuple[str, ...],
        job_id: int | None = None,
        which_jobs: str | None = None,
    ) -> IppReply:
        request_id = next(self._request_ids)
        question = encode_request(
            operation,
            request_id,
            printer_uri=self._uri,
            requested=requested,
            job_id=job_id,
            which_jobs=which_jobs,
        )
        try:
            reply = decode_reply(self._post(question))
        except IppGarbled as error:
            raise DeviceGarbled(self._device, f"{self._address}: {error}") from None
        if reply.request_id != request_id:
            raise DeviceGarbled(self._device, f"{self._address} answers another question")
        return reply

    def _post(self, question: bytes) -> bytes:
        connection = _Connection(self._address, time.monotonic() + self._answer_s)
        try:
            connection.request("POST", self._path, question, {"Content-Type": "application/ipp"})
            return connection.getresponse().read(MAX_MESSAGE_BYTES + 1)
        except TimeoutError:
            raise DeviceSilent(self._device, f"{self._address}: no answer in time") from None
        except http.client.RemoteDisconnected:
            raise DeviceMissing(self._device, f"{self._address} hangs up") from None
        except http.client.HTTPException as error:
            raise DeviceGarbled(self._device, f"{self._address}: {error!r}") from None
        except OSError as error:
            raise DeviceMissing(self._device, f"{self._address}: {error.strerror}") from None
        finally:
            connection.close()


def _name_of(job: Attributes) -> str:
    """As it was given to CUPS."""
    told = job.get("job-name", (None,))[0]
    return _NUMBER_OF_CUPS.sub("", told) if isinstance(told, str) else ""


def _is_path(address: str) -> bool:
    return address.startswith("/")


def _host_and_port(address: str) -> tuple[str, int]:
    """Split `host:port`. Raises ValueError where it is none."""
    host, _, port = address.rpartition(":")
    if not host or not (port.isascii() and port.isdigit()) or not 1 <= int(port) <= 65535:
        raise ValueError(f"{address!r} is neither a socket's path nor host:port")
    return host.strip("[]"), int(port)


def link_to(device_uri: str, *, device: str) -> PrinterLink | None:
    """The printer a CUPS queue leads to; None for one that speaks no plain IPP, such as on USB."""
    try:
        parts = urlsplit(device_uri)
        port = parts.port or _IPP_PORT
    except ValueError:
        return None
    if parts.scheme != "ipp" or not parts.hostname:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return PrinterLink(f"{host}:{port}", path=parts.path or _USUAL_PATH, device=device)
