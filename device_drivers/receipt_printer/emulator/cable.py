"""The printer's cable: a TCP port on 127.0.0.1, who is connected to it, what is wrong with it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from device_drivers.emulation.free_port import free_port
from device_drivers.emulation.wire_fault import Disturber
from device_drivers.receipt_printer.emulator.real_time import Overhearing

_log = logging.getLogger(__name__)

_CHUNK_BYTES = 4096
"""Read at a time, while there is room in the buffer; when it is full the printer stops reading."""

Taker = Callable[[bytes, Overhearing, asyncio.StreamWriter], Awaitable[None]]


class Cable:
    """`take` gets every piece that comes, with its connection; `number` 0 is a free port."""

    def __init__(self, number: int, take: Taker) -> None:
        self.number = number or free_port()
        self.wire = Disturber()
        self._take = take
        self._server: asyncio.Server | None = None
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    @property
    def is_plugged(self) -> bool:
        """Does it connect the printer to the network?"""
        return self._server is not None

    async def plug(self) -> None:
        """Put it in; nothing happens when it is in."""
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.number)

    async def unplug(self) -> None:
        """Pull it: connections drop, new ones are refused."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        for writer in self._connections.values():
            writer.transport.abort()
        serving = tuple(self._connections)
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)
        if server is not None:
            await server.wait_closed()

    def say(self, writer: asyncio.StreamWriter, answer: bytes) -> None:
        """Send to who is still there, as the wire lets it through; an empty answer is none."""
        if answer:
            said = self.wire.says(answer)
            asyncio.get_running_loop().call_later(said.delay_s, _write, writer, said.data)

    def say_all(self, report: bytes) -> None:
        """Send to whoever is connected."""
        for writer in self._connections.values():
            self.say(writer, report)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections[task] = writer
        listening = Overhearing()
        try:
            while sent := await reader.read(_CHUNK_BYTES):
                await self._take(self.wire.hears(sent), listening, writer)
        except (ConnectionError, asyncio.CancelledError):
            # ends here also when unplugged: asyncio reports a cancelled connection as an error
            _log.debug("a connection was dropped")
        finally:
            del self._connections[task]
            writer.close()


def _write(writer: asyncio.StreamWriter, data: bytes) -> None:
    if not writer.is_closing():
        writer.write(data)
