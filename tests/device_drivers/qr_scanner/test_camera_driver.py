"""The camera that looks for codes: what it sees once, what stays in view, what is no picture."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import cv2
import numpy as np
import pytest

from device_drivers.errors import DeviceGarbled, DeviceMissing
from device_drivers.ports import Port
from device_drivers.qr_scanner.camera_driver import CameraQrScanner
from device_drivers.qr_scanner.decode import Picture
from device_drivers.qr_scanner.interface import NothingShown, Scan
from device_drivers.status import DeviceStatus
from device_drivers.transport.port_thread import CLOSE_S
from tests.device_drivers.qr_scanner.pictures import drawn


def put(folder: Path, picture: Picture) -> None:
    half = folder / ".half.png"
    cv2.imwrite(str(half), picture)
    half.replace(folder / "frame.png")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "frames").mkdir()
    return tmp_path / "frames"


@pytest.fixture
async def scanner(folder: Path) -> AsyncIterator[CameraQrScanner]:
    made = CameraQrScanner(Port.parse(f"images:{folder}"))
    await made.connect()
    yield made
    await made.close()


async def test_what_is_in_view_is_read_with_its_symbology(
    scanner: CameraQrScanner, folder: Path
) -> None:
    put(folder, drawn("完税".encode("gbk")))
    assert await scanner.read_code(within_s=20) == Scan(
        text="完税", raw="完税".encode("gbk"), symbology="qr"
    )


async def test_what_stays_in_view_is_told_once_and_the_next_code_too(
    scanner: CameraQrScanner, folder: Path
) -> None:
    put(folder, drawn("first"))
    async with aclosing(scanner.listen()) as scans:
        assert (await asyncio.wait_for(anext(scans), 20)).text == "first"
        following = asyncio.ensure_future(anext(scans))
        await asyncio.sleep(0.7)
        assert not following.done()
        put(folder, drawn("second"))
        assert (await asyncio.wait_for(following, 20)).text == "second"


async def test_something_that_is_no_picture_is_a_fault_and_the_thread_lives(
    scanner: CameraQrScanner, folder: Path
) -> None:
    (folder / "frame.png").write_bytes(b"no picture")
    with pytest.raises(DeviceGarbled):
        await scanner.read_code(within_s=1)
    assert (await scanner.status()).device is DeviceStatus.HARDWARE_ERROR
    put(folder, drawn("alive"))
    assert isinstance(await scanner.read_code(within_s=20), Scan)


async def test_an_empty_view_ends_with_nothing_shown(scanner: CameraQrScanner) -> None:
    assert await scanner.read_code(within_s=0.1) == NothingShown()


async def test_a_frame_costs_its_budget_and_no_more_than_one_try_on_top(folder: Path) -> None:
    noise = np.random.default_rng(5).integers(0, 256, (720, 1280, 3), dtype=np.uint8)
    put(folder, np.asarray(noise, np.uint8))
    scanner = CameraQrScanner(Port.parse(f"images:{folder}"), budget_ms=20)
    began = asyncio.get_running_loop().time()
    assert await scanner.read_code(within_s=0) == NothingShown()
    assert asyncio.get_running_loop().time() - began < 10
    await scanner.close()


async def test_closed_while_looking_it_is_missing(scanner: CameraQrScanner) -> None:
    reading = asyncio.create_task(scanner.read_code(within_s=30))
    await asyncio.sleep(0.2)
    await scanner.close()
    with pytest.raises(DeviceMissing):
        await reading


@pytest.mark.slow
async def test_a_camera_that_hangs_in_a_frame_is_closed_in_time_and_used_again_afterwards(
    scanner: CameraQrScanner, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_read, is_let_go = threading.Event(), threading.Event()
    read = scanner._source.read

    def hang() -> Picture:
        is_read.set()
        is_let_go.wait(60)
        return read()

    monkeypatch.setattr(scanner._source, "read", hang)
    reading = asyncio.create_task(scanner.read_code(within_s=60))
    assert await asyncio.to_thread(is_read.wait, 20)
    began = time.monotonic()
    await scanner.close()
    assert time.monotonic() - began < CLOSE_S + 20  # it hangs for a minute
    with pytest.raises(DeviceMissing, match="closed"):
        await reading
    put(folder, drawn("again"))
    is_let_go.set()
    assert isinstance(await scanner.read_code(within_s=20), Scan)
