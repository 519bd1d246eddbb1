"""How the driver behaves beyond what every camera promises."""

import asyncio
import itertools
import os
import threading
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import cv2
import numpy as np
import pytest
import segno

from device_drivers.document_camera.driver import OpencvDocumentCamera
from device_drivers.document_camera.emulator import DocumentCameraEmulator
from device_drivers.document_camera.interface import (
    NoPage,
    Page,
    PageProblem,
    PaperSize,
    Picture,
    Preview,
)
from device_drivers.document_camera.pages_pdf import both_sides
from device_drivers.document_camera.papers import application_form
from device_drivers.document_camera.text_reading.interface import TextRead, TextReading
from device_drivers.document_camera.text_reading.reader import TextReader
from device_drivers.errors import DeviceGarbled, DeviceMissing, FaultCode
from device_drivers.ports import Port
from device_drivers.registry import make_device, settings_of
from device_drivers.status import DeviceKind, DeviceStatus
from device_drivers.transport.port_thread import CLOSE_S
from tests.device_drivers.document_camera.scenes import desk_with_sheet

pytestmark = pytest.mark.slow


@pytest.fixture
async def camera(tmp_path: Path) -> AsyncIterator[OpencvDocumentCamera]:
    made = OpencvDocumentCamera(
        Port.parse(f"images:{tmp_path}"), steady_s=0.3, least_dpi=60, checks_upright=False
    )
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
        Port.parse(f"images:{tmp_path}"),
        steady_s=0.1,
        least_dpi=60,
        largest_jpeg_bytes=120_000,
        look="plain",
        checks_upright=False,
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
        Port.parse(f"images:{tmp_path}"),
        steady_s=0.1,
        least_dpi=60,
        quarter_turns=1,
        checks_upright=False,
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


async def test_a_camera_that_hangs_in_a_frame_is_closed_in_time_and_used_again_afterwards(
    camera: OpencvDocumentCamera, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_read, is_let_go = threading.Event(), threading.Event()
    read = camera._source.read

    def hang() -> Picture:
        is_read.set()
        is_let_go.wait(60)
        return read()

    monkeypatch.setattr(camera._source, "read", hang)
    taking = asyncio.create_task(camera.capture(within_s=60))
    assert await asyncio.to_thread(is_read.wait, 20)
    began = time.monotonic()
    await camera.close()
    assert time.monotonic() - began < CLOSE_S + 20  # it hangs for a minute
    with pytest.raises(DeviceMissing, match="closed"):
        await taking
    assert (await camera.status()).device is DeviceStatus.UNKNOWN
    assert len(_camera_threads()) == 1
    _put(tmp_path, 1)
    is_let_go.set()
    assert isinstance(await camera.capture(within_s=30), Page)


async def test_a_camera_that_is_not_there_is_missing() -> None:
    camera = OpencvDocumentCamera(Port.parse("v4l2:/dev/no-such-video"))
    with pytest.raises(DeviceMissing):
        await camera.connect()
    assert (await camera.status()).device is DeviceStatus.NO_DEVICE
    await camera.close()


async def _first(camera: OpencvDocumentCamera, problem: PageProblem) -> Preview:
    """The first preview with that problem; pytest's own time limit ends a wait in vain."""
    async with aclosing(camera.preview()) as frames:
        async for preview in frames:
            if problem in preview.problems:
                return preview
    raise AssertionError


async def test_an_upside_down_letter_is_refused_until_it_is_turned(tmp_path: Path) -> None:
    emulator = DocumentCameraEmulator(tmp_path / "desk")
    camera = OpencvDocumentCamera(Port.parse(emulator.port), steady_s=0.1, upright_within_s=90)
    emulator.put("upside_down_letter")
    result = await camera.capture(within_s=5)
    assert result == NoPage(PageProblem.UPSIDE_DOWN)
    # the citizen sees why while the paper still lies there
    assert (await _first(camera, PageProblem.UPSIDE_DOWN)).quad is not None
    emulator.take()
    await _first(camera, PageProblem.NO_PAGE)
    emulator.put("employer_letter")
    assert isinstance(await camera.capture(within_s=30), Page)
    await camera.close()


async def test_a_page_is_taken_as_it_lies_where_the_reading_process_hangs(tmp_path: Path) -> None:
    emulator = DocumentCameraEmulator(tmp_path / "desk")
    camera = OpencvDocumentCamera(Port.parse(emulator.port), steady_s=0.1, upright_within_s=0.5)
    camera._reader = TextReader(program=("/bin/sleep", "600"))
    emulator.put("upside_down_letter")
    assert isinstance(await camera.capture(within_s=20), Page)
    await camera.close()


async def test_previews_go_on_at_their_pace_while_a_page_is_read(tmp_path: Path) -> None:
    """The control is in the reading's own length: read in the camera's process or thread, no
    frame at all would come while it lasts."""
    emulator = DocumentCameraEmulator(tmp_path / "desk")
    emulator.put("application_form")
    camera = OpencvDocumentCamera(Port.parse(emulator.port), checks_upright=False)
    reader = TextReader()
    form = np.asarray(cv2.cvtColor(np.asarray(application_form()), cv2.COLOR_RGB2BGR), np.uint8)
    form = np.ascontiguousarray(form[180:420])
    await reader.read(form, within_s=100)
    at_rest: list[float] = []
    beside_reading: list[float] = []
    reading: asyncio.Task[TextReading] | None = None
    last_at = time.monotonic()
    async with aclosing(camera.preview()) as frames:
        async for _ in frames:
            now = time.monotonic()
            (at_rest if reading is None else beside_reading).append(now - last_at)
            last_at = now
            if len(at_rest) == 10 and reading is None:
                reading = asyncio.create_task(reader.read(form, within_s=100))
            if reading is not None and reading.done():
                break
    assert reading is not None
    answer = await reading
    assert isinstance(answer, TextRead)
    assert [line.text for line in answer.lines][0] == "无犯罪记录证明申请表"
    assert len(beside_reading) >= 3
    assert np.median(beside_reading) < 2 * np.median(at_rest) + 0.05
    await reader.close()
    await camera.close()


async def test_a_card_is_taken_in_its_own_size_and_never_as_a_page(tmp_path: Path) -> None:
    emulator = DocumentCameraEmulator(tmp_path / "desk")
    camera = OpencvDocumentCamera(Port.parse(emulator.port), steady_s=0.1, checks_upright=False)
    emulator.put("id_card_front")
    assert await camera.capture(within_s=2) == NoPage(PageProblem.TOO_SMALL)
    front = await camera.capture(within_s=30, paper=PaperSize.ID_CARD)
    emulator.put("id_card_back")
    back = await camera.capture(within_s=30, paper=PaperSize.ID_CARD)
    await camera.close()
    assert isinstance(front, Page)
    assert isinstance(back, Page)
    assert (front.width_px, front.height_px, front.dpi) == (1011, 638, 300)
    assert front.jpeg != back.jpeg
    assert both_sides(front, back).dpi == 300


async def test_codes_on_the_paper_are_read_by_the_camera_a_kiosk_has(tmp_path: Path) -> None:
    scene = desk_with_sheet(2, width=2560)
    matrix = np.array(list(segno.make("ycq1:2026-1120-017", micro=False).matrix_iter(border=4)))
    code = np.kron(np.where(matrix, 20, 230).astype(np.uint8), np.ones((12, 12), np.uint8))
    x, y = scene.corners.mean(axis=0).astype(int) - code.shape[0] // 2
    picture = scene.picture.copy()  # the scene is every test's
    picture[y : y + code.shape[0], x : x + code.shape[1]] = code[:, :, None]
    assert cv2.imwrite(str(tmp_path / "frame.png"), picture)
    camera = make_device(
        DeviceKind.DOCUMENT_CAMERA,
        "opencv",
        Port.parse(f"images:{tmp_path}"),
        steady_s=0.1,
        least_dpi=60,
        checks_upright=False,
    )
    page = await camera.capture(within_s=20)
    await camera.close()
    assert isinstance(page, Page)
    assert page.codes == ("ycq1:2026-1120-017",)
    assert "2026-1120" not in repr(page)


async def test_what_reads_codes_is_no_setting_of_a_configuration() -> None:
    assert "read_codes" not in settings_of(OpencvDocumentCamera)


async def test_fifty_openings_leave_no_thread_and_no_descriptor(tmp_path: Path) -> None:
    _put(tmp_path, 1)
    camera = OpencvDocumentCamera(Port.parse(f"images:{tmp_path}"), checks_upright=False)

    async def open_and_close(times: int) -> tuple[int, int]:
        for _ in range(times):
            await camera.connect()
            await camera.close()
        return len(os.listdir("/proc/self/fd")), len(_camera_threads())

    before = await open_and_close(3)
    assert await open_and_close(50) == before
