"""`status` answers within its second, whatever adds up: the opening, spoilt replies, the radio."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from device_drivers.id_card_reader.driver import SamVIdCardReader
from device_drivers.ports import Port
from device_drivers.status import DeviceStatus

pytestmark = pytest.mark.slow

WELL = bytes.fromhex("AAAAAA9669 0004 000090 94")
NO_CARD = bytes.fromhex("AAAAAA9669 0004 000080 84")  # DEVICES.md 1.3, ready frames
COMMAND_BYTES = 10
Answers = list[tuple[float, bytes]]


@asynccontextmanager
async def module_answering(
    answers: Answers,
) -> AsyncIterator[tuple[SamVIdCardReader, list[bytes]]]:
    """A module behind a TCP serial server, and what it was asked.

    So long it thinks and so it answers, then no more.
    """
    left, asked = iter(answers), []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                asked.append(await reader.readexactly(COMMAND_BYTES))
                think_s, answer = next(left, (0.0, b""))
                await asyncio.sleep(think_s)
                writer.write(answer)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    number = server.sockets[0].getsockname()[1]
    reader = SamVIdCardReader(Port.parse(f"tcp:127.0.0.1:{number}"))
    try:
        yield reader, asked
    finally:
        await reader.close()
        server.close()
        await server.wait_closed()


async def test_a_module_in_order_is_asked_over_tcp_too() -> None:
    async with module_answering([(0.0, WELL), (0.0, NO_CARD)]) as (reader, asked):
        status = await reader.status()
    assert (status.device, status.parts()) == (DeviceStatus.ONLINE, {"media": "notPresent"})
    assert len(asked) == 2


@pytest.mark.parametrize(
    "answers", [[], [(0.0, b""), (0.15, WELL)]], ids=["silent", "late, and its radio hangs"]
)
async def test_an_opening_that_takes_its_time_leaves_the_rest_less(
    monkeypatch: pytest.MonkeyPatch, answers: Answers
) -> None:
    connect = socket.create_connection

    def connect_late(address: tuple[str, int], timeout: float) -> socket.socket:
        time.sleep(0.75)
        return connect(address, timeout)

    async with module_answering(answers) as (reader, asked):
        monkeypatch.setattr(socket, "create_connection", connect_late)
        began = time.monotonic()
        status = await reader.status()
        took_s = time.monotonic() - began
    assert status.device in {DeviceStatus.OFFLINE, DeviceStatus.NO_DEVICE}
    assert len(asked) <= 1  # one after the other, all that is asked takes 1.2 s and 1.4 s
    assert took_s < 1.5  # 1 s, and what a busy machine adds
