"""How the driver behaves beyond what every camera promises."""

import asyncio
import itertools
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from device_drivers.document_camera.driver import OpencvDocumentCamera
from device_drivers.document_camera.interface import NoPage, Page, PageProblem, Preview
from device_drivers.errors import DeviceGarbled, DeviceMissing, FaultCode
from device_drivers.ports import Port
from device_drivers.status import DeviceStatus
from tests.device_drivers.document_camera.scenes import desk_with_sheet

pytestmark = pytest.mark.slow


@pytest.fixture
async def camera(tmp_path: Path) -> AsyncIterator[OpencvDocumentCamera]:
    made = OpencvDocumentCamera(Port.parse(f"images:{tmp_path}"), steady_s=0.3, least_dpi=60)
    yield made
    await made.close()


def _put(folder: Path, seed: int) -> None:
    assert cv2.imwrite(str(folder / ".half.png"), desk_with_sheet(seed).picture)
    (folder / ".half.png").rename(folder / "frame.png")


async def test_a_paper_that_keeps_moving_is_not_taken(
    camera: OpencvDocumentCamera, tmp_path: Path
) -> None:
    drawn = [cv2.imencode(".jpg", desk_with_sheet(seed).picture)[1] for seed in range(5)]

    async def keep_moving() -> None:
        for picture in itertools.cycle(drawn):
            (tmp_path / ".half.jpg").write_bytes(picture.tobytes())
            (tmp_path / ".half.jpg").rename(tmp_path / "frame.jpg")
            await asyncio.sleep(0.05)

    moving = asyncio.create_task(keep_moving())
    result = await camera.capture(within_s=2)
    moving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await moving
    assert result == NoPage(PageProblem.MOVING)
    assert isinstance(await camera.capture(within_s=20), Page)


async def test_looking_never_blocks_the_event_loop(
    camera: OpencvDocumentCamera, tmp_path: Path
) -> None:
    _put(tmp_path, 1)
    waits = []
    taking = asyncio.create_task(camera.capture(within_s=20))
    while not taking.done():
        asked_at = time.thread_time()
        await asyncio.sleep(0.001)
        waits.append(time.thread_time() - asked_at)  # of this thread: others may be busy
    assert isinstance(taking.result(), Page)
    assert float(np.percentile(waits, 90)) < 0.016  # one frame of the screen (DESIGN.md 4)


async def test_a_cancelled_capture_leaves_the_camera_usable(
    camera: OpencvDocumentCamera, tmp_path: Path
) -> None:
    taking = asyncio.create_task(camera.capture(within_s=30))
    await asyncio.sleep(0.2)
    taking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await taking
    _put(tmp_path, 1)
    assert isinstance(await camera.capture(within_s=20), Page)


async def test_a_page_of_photographs_and_noise_still_fits_the_upload(tmp_path: Path) -> None:
    scene = desk_with_sheet(1)
    noise = np.random.default_rng(1).integers(0, 120, scene.picture.shape, np.uint8)
    mask = np.zeros(scene.picture.shape[:2], np.uint8)
    shrunk = (scene.corners - scene.corners.mean(axis=0)) * 0.8 + scene.corners.mean(axis=0)
    cv2.fillPoly(mask, [shrunk.round().astype(np.int32)], 1)
    cv2.imwrite(str(tmp_path / "frame.png"), scene.picture - noise * mask[:, :, None])
    camera = OpencvDocumentCamera(
        Port.parse(f"images:{tmp_path}"), steady_s=0.1, least_dpi=60, largest_jpeg_bytes=120_000
    )
    page = await camera.capture(within_s=20)
    await camera.close()
    assert isinstance(page, Page)
    assert len(page.jpeg) <= 120_000
    assert page.dpi < 200


async def test_a_camera_mounted_on_its_side_gives_upright_pages(tmp_path: Path) -> None:
    turned = np.rot90(desk_with_sheet(1).picture, 1)
    cv2.imwrite(str(tmp_path / "frame.png"), np.ascontiguousarray(turned))
    camera = OpencvDocumentCamera(
        Port.parse(f"images:{tmp_path}"), steady_s=0.1, least_dpi=60, quarter_turns=1
    )
    page = await camera.capture(within_s=20)
    await camera.close()
    assert isinstance(page, Page)
    assert (page.width_px, page.height_px) == (1654, 2339)


async def test_a_frame_that_is_no_picture_is_a_fault_of_the_camera(
    camera: OpencvDocumentCamera, tmp_path: Path
) -> None:
    (tmp_path / "frame.jpg").write_bytes(b"\xff\xd8\xff rubbish")
    status = await camera.status()
    assert (status.device, status.fault) == (DeviceStatus.HARDWARE_ERROR, FaultCode.DEVICE_GARBLED)
    with pytest.raises(DeviceGarbled):
        await camera.capture(within_s=1)


def _camera_threads() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name.startswith("document-camera")]


async def test_closing_ends_a_preview_and_its_thread(
    camera: OpencvDocumentCamera, tmp_path: Path
) -> None:
    _put(tmp_path, 1)
    seen: list[Preview] = []

    async def look() -> None:
        async for preview in camera.preview():
            seen.append(preview)

    looking = asyncio.create_task(look())
    async with asyncio.timeout(20):
        while not seen:  # noqa: ASYNC110 - the frame is what is waited for
            await asyncio.sleep(0.01)
    assert len(_camera_threads()) == 1
    await camera.close()
    with pytest.raises(DeviceMissing, match="closed"):
        await asyncio.wait_for(looking, 20)
    await asyncio.sleep(0.2)
    assert _camera_threads() == []
    assert (await camera.status()).device is DeviceStatus.ONLINE  # asked anew, it opens anew
    assert len(_camera_threads()) == 1


async def test_closing_ends_a_capture_and_its_thread(camera: OpencvDocumentCamera) -> None:
    taking = asyncio.create_task(camera.capture(within_s=30))
    await asyncio.sleep(0.2)
    await camera.close()
    with pytest.raises(DeviceMissing, match="closed"):
        await asyncio.wait_for(taking, 20)
    assert _camera_threads() == []


async def test_a_camera_that_is_not_there_is_missing() -> None:
    camera = OpencvDocumentCamera(Port.parse("v4l2:/dev/no-such-video"))
    with pytest.raises(DeviceMissing):
        await camera.connect()
    assert (await camera.status()).device is DeviceStatus.NO_DEVICE
    await camera.close()
