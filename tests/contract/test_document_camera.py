"""What every document camera promises; the same for the emulator and, on a bench, for hardware."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, Literal, Protocol

import pytest
from PIL import Image

from device_drivers.document_camera.emulator import DocumentCameraEmulator
from device_drivers.document_camera.interface import (
    DocumentCamera,
    NoPage,
    Page,
    PageProblem,
    PaperSize,
)
from device_drivers.errors import DeviceMissing
from device_drivers.ports import Port
from device_drivers.registry import make_device
from device_drivers.status import DeviceKind, DeviceStatus
from tests.conftest import Technician

pytestmark = pytest.mark.slow

DEVICE: Final[Literal[DeviceKind.DOCUMENT_CAMERA]] = DeviceKind.DOCUMENT_CAMERA


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


class TechniciansHand:
    """The hand of a person beside a real camera, with papers of their own."""

    WORDS: Final = {
        "employer_letter": "Lay a good printed A4 letter under the camera, its text upright",
        "application_form": "Lay another printed A4 page under the camera, a little askew",
        "blurred_letter": "Lay an A4 page right under the lens, where it is out of focus",
        "cut_off_letter": "Lay an A4 page so that a third of it is out of the picture",
        "upside_down_letter": "Lay a printed A4 page under the camera, upside down",
        "curled_letter": "Lay a page under the camera whose middle stands up by two fingers",
        "shining_letter": "Lay a page in a plastic sleeve so that the lamp shines in it",
        "dim_letter": "Darken the desk: lamp off, a hand over the light",
        "id_card_front": "Lay a card of ID size under the camera, its text upright",
    }

    def __init__(self, technician: Technician) -> None:
        self._technician = technician

    async def put(self, paper: str) -> None:
        await self._technician.please(self.WORDS[paper])

    async def take(self) -> None:
        await self._technician.please("Take everything away from under the camera")

    async def pull_the_cable(self) -> None:
        await self._technician.please("Pull the camera's cable")

    async def put_the_cable_back(self) -> None:
        await self._technician.please("Put the camera's cable back and wait five seconds")


Stand = tuple[Port, Hand]


@pytest.fixture
async def stand(
    stand_kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[Stand]:
    """A camera with nothing under it, and the hand beside it."""
    async with STANDS[stand_kind](request, tmp_path) as standing:
        yield standing


@asynccontextmanager
async def emulated(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stand]:
    del request
    emulator = await asyncio.to_thread(DocumentCameraEmulator, tmp_path / "desk")
    yield Port.parse(emulator.port), EmulatorsHand(emulator)


@asynccontextmanager
async def real(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stand]:
    del tmp_path
    hand = TechniciansHand(request.getfixturevalue("technician"))
    await hand.take()
    yield request.getfixturevalue("hardware_port"), hand


STANDS: Final = {"emulator": emulated, "hardware": real}


@pytest.fixture
def hand(stand: Stand) -> Hand:
    return stand[1]


@pytest.fixture
async def camera(stand: Stand) -> AsyncIterator[DocumentCamera]:
    made = make_device(DEVICE, "opencv", stand[0], upright_within_s=60.0)
    await made.connect()
    yield made
    await made.close()


async def test_says_so_when_no_paper_comes(camera: DocumentCamera) -> None:
    assert await camera.capture(within_s=0.5) == NoPage(PageProblem.NO_PAGE)
    assert (await camera.status()).device is DeviceStatus.ONLINE


async def test_takes_a_paper_by_itself_once_it_lies_there(
    camera: DocumentCamera, hand: Hand
) -> None:
    taking = asyncio.create_task(camera.capture(within_s=40))
    await asyncio.sleep(0.2)
    assert not taking.done()
    await hand.put("employer_letter")
    page = await asyncio.wait_for(taking, 110)
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
    [
        ("blurred_letter", PageProblem.BLURRED),
        ("cut_off_letter", PageProblem.CUT_OFF),
        ("curled_letter", PageProblem.NOT_FLAT),
        ("shining_letter", PageProblem.GLARE),
        ("dim_letter", PageProblem.TOO_DARK),
        ("upside_down_letter", PageProblem.UPSIDE_DOWN),
        ("id_card_front", PageProblem.TOO_SMALL),
    ],
)
async def test_says_what_is_wrong_with_a_paper_it_will_not_take(
    camera: DocumentCamera, hand: Hand, paper: str, problem: PageProblem
) -> None:
    await hand.put(paper)
    assert await camera.capture(within_s=3) == NoPage(problem)


async def test_takes_a_card_in_its_own_size(camera: DocumentCamera, hand: Hand) -> None:
    await hand.put("id_card_front")
    page = await asyncio.wait_for(camera.capture(within_s=40, paper=PaperSize.ID_CARD), 110)
    assert isinstance(page, Page)
    assert (page.width_px, page.height_px, page.dpi) == (1011, 638, 300)


async def test_the_preview_shows_the_paper_coming_and_going(
    camera: DocumentCamera, hand: Hand
) -> None:
    frames = camera.preview()
    empty = await anext(frames)
    assert (empty.quad, empty.problems) == (None, (PageProblem.NO_PAGE,))
    await hand.put("application_form")
    coming = [await anext(frames)]
    while coming[-1].problems:
        coming.append(await anext(frames))
    assert any(PageProblem.MOVING in each.problems for each in coming)
    assert coming[-1].quad is not None
    await hand.take()
    while (gone := await anext(frames)).quad is not None:
        assert gone.picture.ndim == 3
    assert gone.problems == (PageProblem.NO_PAGE,)


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
