"""The port against a real pty and a real TCP connection."""

import asyncio
import os
import pty
import socket
import threading
import tty
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import serial

from device_drivers.errors import DeviceMissing, DeviceSilent
from device_drivers.ports import Port
from device_drivers.transport.serial_port import SerialPort


class FarEnd:
    """The device's side of a pty."""

    def __init__(self) -> None:
        self.master, slave = pty.openpty()
        tty.setraw(slave)
        self.port = Port.parse(f"serial:{os.ttyname(slave)}")
        self._slave = slave

    def hang_up(self) -> None:
        if self.master >= 0:
            os.close(self._slave)
            os.close(self.master)
            self.master = -1


@pytest.fixture
def far_end() -> Iterator[FarEnd]:
    end = FarEnd()
    yield end
    end.hang_up()


@pytest.fixture
async def port(far_end: FarEnd) -> AsyncIterator[SerialPort]:
    opened = SerialPort(far_end.port, device="test")
    await opened.open()
    yield opened
    await opened.close()


async def test_carries_bytes_both_ways(port: SerialPort, far_end: FarEnd) -> None:
    await port.write(b"\x00\xff\r\n\x11\x13", within_s=20)
    assert os.read(far_end.master, 100) == b"\x00\xff\r\n\x11\x13"
    os.write(far_end.master, b"\x03\x04\r\n\xaa")
    assert await port.read(within_s=20) == b"\x03\x04\r\n\xaa"


async def test_returns_nothing_when_the_time_is_up(port: SerialPort) -> None:
    before = asyncio.get_running_loop().time()
    assert await port.read(within_s=0.05) == b""
    assert asyncio.get_running_loop().time() - before > 0.04


async def test_a_wait_does_not_hold_up_the_event_loop(port: SerialPort) -> None:
    waiting = asyncio.create_task(port.read(within_s=0.2))
    turns = 0
    while not waiting.done():
        await asyncio.sleep(0.01)
        turns += 1
    assert turns > 5


async def test_a_cancelled_read_ends_at_once_and_loses_no_byte(
    port: SerialPort, far_end: FarEnd
) -> None:
    for round_number in range(20):
        waiting = asyncio.create_task(port.read(within_s=30))
        await asyncio.sleep(0.001 * (round_number % 3))
        os.write(far_end.master, b"keep me")
        waiting.cancel()
        got = b""
        try:
            got = await asyncio.wait_for(waiting, 20)
        except asyncio.CancelledError:
            got = await port.read(within_s=20)
        assert got == b"keep me"


async def test_a_wake_for_one_read_does_not_shorten_the_next(port: SerialPort) -> None:
    for _ in range(10):
        waiting = asyncio.create_task(port.read(within_s=30))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])
    before = asyncio.get_running_loop().time()
    assert await port.read(within_s=0.1) == b""
    assert asyncio.get_running_loop().time() - before > 0.09


async def test_discards_what_came_before(port: SerialPort, far_end: FarEnd) -> None:
    os.write(far_end.master, b"old")
    await asyncio.sleep(0.02)
    assert await port.discard_input() == 3
    os.write(far_end.master, b"new")
    assert await port.read(within_s=20) == b"new"


async def test_a_line_that_hangs_up_is_missing_and_can_be_opened_again_elsewhere(
    port: SerialPort, far_end: FarEnd
) -> None:
    waiting = asyncio.create_task(port.read(within_s=30))
    await asyncio.sleep(0.02)
    far_end.hang_up()
    with pytest.raises(DeviceMissing):
        await waiting
    assert not port.is_open
    with pytest.raises(DeviceMissing):
        await port.open()


async def test_a_port_that_does_not_exist_is_missing(tmp_path: Path) -> None:
    port = SerialPort(Port.parse(f"serial:{tmp_path}/nothing"), device="test")
    with pytest.raises(DeviceMissing, match="No such file"):
        await port.open()


async def test_a_file_that_is_no_tty_is_missing(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    port = SerialPort(Port.parse(f"serial:{tmp_path}/file"), device="test")
    with pytest.raises(DeviceMissing, match=r"^(?!.*another program)"):
        await port.open()


async def test_a_tty_is_opened_by_one_program_at_a_time(port: SerialPort, far_end: FarEnd) -> None:
    second = SerialPort(far_end.port, device="test")
    with pytest.raises(DeviceMissing, match="in use by another program"):
        await second.open()
    await port.close()
    await second.open()
    await second.close()


async def test_a_closed_port_is_missing_and_closing_twice_is_safe(port: SerialPort) -> None:
    waiting = asyncio.create_task(port.read(within_s=30))
    await asyncio.sleep(0.02)
    await port.close()
    await port.close()
    with pytest.raises(DeviceMissing):
        await waiting
    with pytest.raises(DeviceMissing):
        await port.read(within_s=0)
    with pytest.raises(DeviceMissing):
        await port.write(b"x", within_s=0)


async def test_a_device_that_takes_no_more_bytes_is_silent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = SerialPort(Port.parse(f"tcp:127.0.0.1:{server.getsockname()[1]}"), device="test")
        await port.open()
        far, _ = server.accept()
        with far:
            with pytest.raises(DeviceSilent, match=r"took \d+ of 50000000 bytes"):
                await port.write(bytes(50_000_000), within_s=0.2)
            await port.close()


async def test_talks_over_tcp_and_notices_the_far_end_leaving() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = SerialPort(Port.parse(f"tcp:127.0.0.1:{server.getsockname()[1]}"), device="test")
        await port.open()
        far, _ = server.accept()
        with far:
            await port.write(b"\x10\x04\x01", within_s=20)
            assert far.recv(10) == b"\x10\x04\x01"
            far.sendall(b"\x12")
        assert await port.read(within_s=20) == b"\x12"
        with pytest.raises(DeviceMissing):
            await port.read(within_s=20)
    with pytest.raises(DeviceMissing, match="refused"):
        await port.open()


async def test_conversations_take_turns(port: SerialPort) -> None:
    order: list[str] = []

    async def talk(name: str) -> None:
        async with port.conversation():
            order.append(name)
            await port.read(within_s=0.01)
            order.append(name)

    await asyncio.gather(talk("a"), talk("b"))
    assert order == ["a", "a", "b", "b"]


def test_refuses_a_port_that_carries_no_bytes() -> None:
    with pytest.raises(ValueError, match="neither"):
        SerialPort(Port.parse("pcsc:Reader"), device="test")


async def test_an_opening_cancelled_half_way_leaves_the_tty_free_at_once(far_end: FarEnd) -> None:
    for turn in range(40):
        left = SerialPort(far_end.port, device="test")
        opening = asyncio.create_task(left.open())
        await asyncio.sleep(turn % 8 * 0.0001)  # somewhere between asking and having
        opening.cancel()
        await asyncio.gather(opening, return_exceptions=True)
        await left.close()
        after = SerialPort(far_end.port, device="test")
        await after.open()
        await after.close()


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


async def test_tried_again_and_again_while_an_opening_hangs_it_collects_nothing(
    far_end: FarEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_let_go = threading.Event()
    open_tty = serial.Serial

    def hang(*args: object, **settings: object) -> serial.Serial:
        is_let_go.wait(120)
        return open_tty(*args, **settings)  # type: ignore[arg-type]  # passed on as they are

    monkeypatch.setattr("device_drivers.transport.serial_port.serial.Serial", hang)
    monkeypatch.setattr("device_drivers.transport.serial_port.TCP_CONNECT_S", -0.09)
    port = SerialPort(far_end.port, device="test")
    before = descriptors()
    for _ in range(50):
        with pytest.raises(DeviceMissing):
            await port.open()
        await port.close()
    assert descriptors() <= before + 2  # the wake pipe of the one that hangs
    assert len(port._thread._calls) <= 2  # its release, and the last that had no turn
    monkeypatch.undo()
    is_let_go.set()
    async with asyncio.timeout(20):
        await port.open()
    await port.write(b"x", within_s=20)
    assert os.read(far_end.master, 1) == b"x"
    await port.close()
    assert descriptors() == before
