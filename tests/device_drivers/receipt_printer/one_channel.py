"""A printer with one channel, as a serial line is: who connects hears what is said from then on.

Written from the Epson ESC/POS reference; it prints nothing and says what a test lets it say.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from device_drivers.ports import Port
from device_drivers.receipt_printer.driver import EscposReceiptPrinter

CLEAR = bytes.fromhex("10140801031401060208")
CUT_OFF = b"\n\x1dVB\x28"
END_OF_JOB = b"\x1dr\x01"
_STOPPED = {1: 0x1A, 2: 0x32, 3: 0x12, 4: 0x7E}
_WELL = 0x12


class OneChannelPrinter:
    """Answers DLE EOT 1 to 4 the moment they come; the rest is said as set here."""

    def __init__(self) -> None:
        self.received = b""
        self.jobs = 0
        self.out_of_paper_from_job = 99
        """From the arrival of that job on it is stopped."""
        self.says_at_job: dict[int, bytes] = {}
        self.says_late = b""
        """Behind the answer to DLE EOT 1 number `late_from_round`, or at job 2 if that is first."""
        self.late_from_round = 1
        self.says_at_clear = b""
        self.hangs_up_at_job = 99
        self._rounds = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(4096):
            before, self.received = self.received, self.received + data
            for _ in range(self.received.count(END_OF_JOB) - before.count(END_OF_JOB)):
                self.jobs += 1
                writer.write(self.says_at_job.pop(self.jobs, b""))
                writer.write(self._late(is_due=self.jobs > 1))
            if self.jobs == self.hangs_up_at_job:
                self.hangs_up_at_job = 99
                break
            if self.received.count(CLEAR) > before.count(CLEAR):
                writer.write(self.says_at_clear)
            for question in re.finditer(rb"\x10\x04([\x01-\x04])", data):
                writer.write(self._answer(question.group(1)[0]))
        writer.close()

    def _answer(self, n: int) -> bytes:
        is_stopped = self.jobs >= self.out_of_paper_from_job
        self._rounds += n == 1
        is_due = n == 1 and self._rounds >= self.late_from_round
        return bytes([_STOPPED[n] if is_stopped else _WELL]) + self._late(is_due=is_due)

    def _late(self, *, is_due: bool) -> bytes:
        late = self.says_late if is_due else b""
        self.says_late = b"" if is_due else self.says_late
        return late

    @property
    def after_clear(self) -> bytes:
        """What came behind the last DLE DC4 8."""
        return self.received.rpartition(CLEAR)[2]


@asynccontextmanager
async def port_of(printer: OneChannelPrinter) -> AsyncIterator[Port]:
    """Where it is reached."""
    server = await asyncio.start_server(printer.serve, "127.0.0.1", 0)
    try:
        yield Port.parse(f"tcp:127.0.0.1:{server.sockets[0].getsockname()[1]}")
    finally:
        server.close()
        await server.wait_closed()


@asynccontextmanager
async def driver_at(
    printer: OneChannelPrinter, **settings: object
) -> AsyncIterator[EscposReceiptPrinter]:
    """A driver on a line to it."""
    async with port_of(printer) as port:
        driver = EscposReceiptPrinter(port, **settings)  # type: ignore[arg-type]
        try:
            yield driver
        finally:
            await driver.close()
