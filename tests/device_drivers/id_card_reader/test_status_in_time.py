"""`status` answers within its second, whatever adds up: the opening, spoilt replies, the radio."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from device_drivers.errors import FaultCode
from device_drivers.id_card_reader.driver import SamVIdCardReader
from device_drivers.ports import Port
from device_drivers.status import DeviceStatus

pytestmark = pytest.mark.slow

WELL = bytes.fromhex("AAAAAA9669 0004 000090 94")
NO_CARD = bytes.fromhex("AAAAAA9669 0004 000080 84")  # DEVICES.md 1.3, ready frames
AILS = bytes.fromhex("AAAAAA9669 0004 000060 64")  # DEVICES.md 1.3, self-test failed
RESET = bytes.fromhex("10 FF")
COMMAND_BYTES = 10
Answers = list[tuple[float, bytes]]
Module = Callable[[bytes], tuple[float, bytes]]
"""How long it thinks about a command, and what it answers then; nothing, where that is empty."""


def in_turn(answers: Answers) -> Module:
    """These one after the other, whatever is asked; then nothing more."""
    left = iter(answers)
    return lambda command: next(left, (0.0, b""))


def ailing_and_silent_behind_its_reset() -> Module:
    """It says that it ails, takes the reset, and is never heard of again."""
    answers = {False: AILS, True: WELL}
    was_reset: list[bool] = []

    def answer(command: bytes) -> tuple[float, bytes]:
        is_reset = RESET in command
        said = b"" if was_reset else answers[is_reset]
        was_reset.extend([True] * is_reset)
        return 0.0, said

    return answer


@asynccontextmanager
async def module_answering(
    answer_to: Module,
) -> AsyncIterator[tuple[SamVIdCardReader, list[bytes]]]:
    """A module behind a TCP serial server, and what it was asked."""
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                asked.append(await reader.readexactly(COMMAND_BYTES))
                think_s, answer = answer_to(asked[-1])
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
    async with module_answering(in_turn([(0.0, WELL), (0.0, NO_CARD)])) as (reader, asked):
        status = await reader.status()
    assert (status.device, status.parts()) == (DeviceStatus.ONLINE, {"media": "notPresent"})
    assert len(asked) == 2


async def test_a_module_that_ails_and_falls_silent_behind_its_reset_counts_as_broken() -> None:
    async with module_answering(ailing_and_silent_behind_its_reset()) as (reader, asked):
        status = await reader.status()
    assert any(RESET in command for command in asked)
    assert (status.device, status.fault) == (
        DeviceStatus.HARDWARE_ERROR,
        FaultCode.SELF_TEST_FAILED,
    )


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

    async with module_answering(in_turn(answers)) as (reader, asked):
        monkeypatch.setattr(socket, "create_connection", connect_late)
        began = time.monotonic()
        status = await reader.status()
        took_s = time.monotonic() - began
    assert status.device in {DeviceStatus.OFFLINE, DeviceStatus.NO_DEVICE}
    assert len(asked) <= 1  # one after the other, all that is asked takes 1.2 s and 1.4 s
    assert took_s < 1.5  # 1 s, and what a busy machine adds
