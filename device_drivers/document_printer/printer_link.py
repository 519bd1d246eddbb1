"""Asks the printer itself, by IPP over HTTP (RFC 8010, 4). Blocking, each answer with a limit."""

import http.client
import itertools
import re
import socket
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
from device_drivers.errors import DeviceGarbled, DeviceMissing, DeviceSilent

_IPP_PORT = 631
_USUAL_PATH = "/ipp/print"
"""PWG 5100.14, 4.2: where an IPP Everywhere printer listens."""
_ANSWER_S = 0.4
"""Printers answer Get-Printer-Attributes in 20 to 150 ms; CUPS and it still fit into 1 s."""


class _SocketConnection(http.client.HTTPConnection):
    """HTTP over a socket in the file system, as CUPS itself offers it."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class PrinterLink:
    """One printer at `/path/to/socket` or `host:port`.

    Every call raises DeviceMissing where nothing listens, DeviceSilent where nothing answers in
    time, DeviceGarbled where the answer is no IPP.
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
        """What the printer says of itself."""
        return self._ask(Operation.GET_PRINTER_ATTRIBUTES, requested=names).printer

    def find_job(self, name: str) -> JobSeen | None:
        """The job of this name, under way or ended; None where the printer lists none."""
        for which in ("not-completed", "completed"):
            reply = self._ask(Operation.GET_JOBS, requested=JOB_ATTRIBUTES, which_jobs=which)
            for job in reply.jobs:
                if job.get("job-name") == (name,):
                    return understand_job(job)
        return None

    def unfinished(self, names: re.Pattern[str]) -> list[JobSeen]:
        """The jobs that are under way or waiting and whose names match wholly."""
        reply = self._ask(Operation.GET_JOBS, requested=JOB_ATTRIBUTES, which_jobs="not-completed")
        return [
            understand_job(job)
            for job in reply.jobs
            if any(names.fullmatch(str(name)) for name in job.get("job-name", ()))
        ]

    def job(self, number: int) -> JobSeen:
        """One job; one that the printer has forgotten is in state `unknown`."""
        reply = self._ask(Operation.GET_JOB_ATTRIBUTES, requested=JOB_ATTRIBUTES, job_id=number)
        if not reply.is_ok or not reply.jobs:
            return JobSeen(number, JobState.UNKNOWN, 0)
        return understand_job(reply.jobs[0])

    def cancel(self, number: int) -> None:
        """Ask for the end of one job; an ended one stays as it is."""
        self._ask(Operation.CANCEL_JOB, requested=(), job_id=number)

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
        connection = self._connection()
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

    def _connection(self) -> http.client.HTTPConnection:
        if self._address.startswith("/"):
            return _SocketConnection(self._address, self._answer_s)
        host, port = _host_and_port(self._address)
        return http.client.HTTPConnection(host, port, timeout=self._answer_s)


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
