"""What every document camera promises; the same for the emulator and, on a bench, for hardware."""

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol

import pytest
from PIL import Image

from device_drivers.document_camera.driver import OpencvDocumentCamera
from device_drivers.document_camera.emulator import DocumentCameraEmulator
from device_drivers.document_camera.interface import DocumentCamera, NoPage, Page, PageProblem
from device_drivers.errors import DeviceMissing
from device_drivers.ports import Port
from device_drivers.status import DeviceStatus

pytestmark = pytest.mark.slow


class Hand(Protocol):
    """Lays papers under the camera and sees to its cable."""

    async def put(self, paper: str) -> None: ...
    async def take(self) -> None: ...
    async def pull_the_cable(self) -> None: ...
    async def put_the_cable_back(self) -> None: ...


class EmulatorsHand:
    """The hand at the emulated desk."""

    def __init__(self, emulator: DocumentCameraEmulator) -> None:
        self._emulator = emulator

    async def put(self, paper: str) -> None:
        await asyncio.to_thread(self._emulator.put, paper)

    async def take(self) -> None:
        await asyncio.to_thread(self._emulator.take)

    async def pull_the_cable(self) -> None:
        self._emulator.unplug()

    async def put_the_cable_back(self) -> None:
        self._emulator.plug()


@pytest.fixture
def emulator(tmp_path: Path) -> DocumentCameraEmulator:
    return DocumentCameraEmulator(tmp_path / "desk")


@pytest.fixture
def hand(emulator: DocumentCameraEmulator) -> Hand:
    return EmulatorsHand(emulator)


@pytest.fixture
async def camera(emulator: DocumentCameraEmulator) -> AsyncIterator[DocumentCamera]:
    made = OpencvDocumentCamera(Port.parse(emulator.port))
    await made.connect()
    yield made
    await made.close()


async def test_says_so_when_no_paper_comes(camera: DocumentCamera) -> None:
    assert await camera.capture(within_s=0.5) == NoPage(PageProblem.NO_PAGE)
    assert (await camera.status()).device is DeviceStatus.ONLINE


async def test_takes_a_paper_by_itself_once_it_lies_there(
    camera: DocumentCamera, hand: Hand
) -> None:
    taking = asyncio.create_task(camera.capture(within_s=20))
    await asyncio.sleep(0.2)
    assert not taking.done()
    await hand.put("employer_letter")
    page = await taking
    assert isinstance(page, Page)
    with Image.open(io.BytesIO(page.jpeg)) as picture:
        assert picture.format == "JPEG"
        assert picture.size == (page.width_px, page.height_px) == (1654, 2339)
    assert page.dpi == 200
    assert len(page.jpeg) <= 300_000
    assert page.sharpness > 0.5
    assert page.glare == 0


@pytest.mark.parametrize(
    ("paper", "problem"),
    [("blurred_letter", PageProblem.BLURRED), ("cut_off_letter", PageProblem.CUT_OFF)],
)
async def test_says_what_is_wrong_with_a_paper_it_will_not_take(
    camera: DocumentCamera, hand: Hand, paper: str, problem: PageProblem
) -> None:
    await hand.put(paper)
    assert await camera.capture(within_s=1.5) == NoPage(problem)


async def test_the_preview_shows_the_paper_coming_and_going(
    camera: DocumentCamera, hand: Hand
) -> None:
    seen = []
    async for preview in camera.preview():
        seen.append(preview)
        if len(seen) == 2:
            await hand.put("application_form")
        if len(seen) == 4:
            break
    assert seen[0].quad is None
    assert seen[0].problems == (PageProblem.NO_PAGE,)
    assert seen[2].quad is not None
    assert seen[2].problems == (PageProblem.MOVING,)
    assert seen[3].problems == ()
    assert seen[3].picture.shape == (2592, 1944, 3)


async def test_a_pulled_cable_is_no_device_and_a_fault_until_it_is_back(
    camera: DocumentCamera, hand: Hand
) -> None:
    await hand.pull_the_cable()
    assert (await camera.status()).device is DeviceStatus.NO_DEVICE
    with pytest.raises(DeviceMissing):
        await camera.capture(within_s=1)
    await hand.put_the_cable_back()
    assert (await camera.status()).device is DeviceStatus.ONLINE


async def test_closing_twice_does_no_harm(camera: DocumentCamera) -> None:
    await camera.close()
    await camera.close()
    assert (await camera.status()).device is DeviceStatus.ONLINE
