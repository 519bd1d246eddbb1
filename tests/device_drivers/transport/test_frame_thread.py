"""A camera's thread: what is under way when it is closed, a camera that hangs, and afterwards."""

import asyncio
import threading
import time
from pathlib import Path

import pytest

from device_drivers.errors import DeviceGarbled, DeviceMissing, DeviceSilent
from device_drivers.ports import Port
from device_drivers.status import DeviceStatus
from device_drivers.transport.frame_source import Frame, FrameSource
from device_drivers.transport.frame_thread import FrameThread
from device_drivers.transport.port_thread import CLOSE_S


def thread_on(source: FrameSource) -> FrameThread:
    return FrameThread(source, device="document_camera")


class HangingSource(FrameSource):
    """A camera whose driver does not come back until it is let go, as a bad USB hub makes it."""

    def __init__(self, port: Port) -> None:
        super().__init__(port, device="document_camera")
        self.is_read = threading.Event()
        self.is_let_go = threading.Event()

    def read(self) -> Frame:
        self.is_read.set()
        self.is_let_go.wait(60)
        return super().read()


@pytest.fixture
def port(tmp_path: Path) -> Port:
    return Port.parse(f"images:{tmp_path}")


@pytest.fixture
def source(port: Port) -> FrameSource:
    return FrameSource(port, device="document_camera")


async def test_everything_runs_in_one_thread_which_ends_with_closing(source: FrameSource) -> None:
    camera = thread_on(source)
    first = await camera.opening().run(threading.current_thread)
    second = await camera.opening().run(threading.current_thread)
    assert first is second
    assert first is not threading.current_thread()
    await camera.close()
    assert not first.is_alive()


async def test_what_began_before_closing_is_over_and_what_begins_afterwards_is_not(
    source: FrameSource,
) -> None:
    camera = thread_on(source)
    before = camera.opening()
    await before.run(source.read)
    await camera.close()
    await camera.close()
    with pytest.raises(DeviceMissing, match="closed"):
        await before.run(source.read)
    assert (await camera.opening().run(source.read)).size
    await camera.close()


async def test_a_camera_that_hangs_is_unknown_within_a_second_and_back_by_itself(
    port: Port,
) -> None:
    source = HangingSource(port)
    camera = thread_on(source)
    began = time.monotonic()
    report = await camera.status()
    took_s = time.monotonic() - began
    assert (report.device, report.detail) == (DeviceStatus.UNKNOWN, "no frame in time")
    assert took_s < 2  # 1 s, and a busy machine
    source.is_let_go.set()
    assert (await camera.status()).device is DeviceStatus.ONLINE
    await camera.close()


async def test_what_the_work_raises_comes_out_and_the_thread_lives(
    source: FrameSource, tmp_path: Path
) -> None:
    camera = thread_on(source)
    (tmp_path / "frame.png").write_bytes(b"no picture")
    with pytest.raises(DeviceGarbled):
        await camera.opening().run(source.read)
    assert (await camera.status()).device is DeviceStatus.HARDWARE_ERROR
    (tmp_path / "frame.png").unlink()
    assert (await camera.status()).device is DeviceStatus.ONLINE
    await camera.close()


async def test_a_cancelled_caller_leaves_its_work_to_end_before_the_next(port: Port) -> None:
    source = HangingSource(port)
    camera = thread_on(source)
    reading = asyncio.create_task(camera.opening().run(source.read))
    assert await asyncio.to_thread(source.is_read.wait, 20)
    reading.cancel()
    await asyncio.wait([reading])
    following = asyncio.create_task(camera.opening().run(threading.current_thread))
    _, waiting = await asyncio.wait([following], timeout=0.2)
    assert waiting
    source.is_let_go.set()
    assert (await asyncio.wait_for(following, 20)).is_alive()
    await camera.close()


@pytest.mark.slow
async def test_a_camera_that_hangs_is_closed_in_time_and_released_when_it_comes_back(
    port: Port,
) -> None:
    source = HangingSource(port)
    released: list[threading.Thread] = []
    source.close = lambda: released.append(threading.current_thread())  # type: ignore[method-assign]  # the real one leaves no trace
    camera = thread_on(source)
    reading = asyncio.create_task(camera.opening().run(source.read))
    assert await asyncio.to_thread(source.is_read.wait, 20)
    began = time.monotonic()
    await camera.close()
    assert time.monotonic() - began < CLOSE_S + 10  # it hangs for a minute
    with pytest.raises(DeviceMissing, match="closed"):
        await reading
    assert released == []
    assert (await camera.status()).device is DeviceStatus.UNKNOWN
    source.is_let_go.set()
    assert (await camera.opening().run(threading.current_thread)) is released[0]
    await camera.close()


async def test_a_camera_that_hangs_when_it_is_connected_is_silent(
    port: Port, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("device_drivers.transport.frame_thread.CONNECT_S", 0.2)
    source = HangingSource(port)
    camera = thread_on(source)
    with pytest.raises(DeviceSilent, match="hangs"):
        await camera.connect(source.read)
    source.is_let_go.set()
    await camera.connect(source.read)
    await camera.close()
