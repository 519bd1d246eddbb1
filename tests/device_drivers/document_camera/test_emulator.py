import asyncio
from pathlib import Path

import cv2
import numpy as np
import pytest

from device_drivers.document_camera.emulator import DocumentCameraEmulator
from device_drivers.document_camera.interface import PageProblem
from device_drivers.document_camera.judgement import judge
from device_drivers.document_camera.page import find_page
from device_drivers.document_camera.papers import application_form, employer_letter
from device_drivers.emulation.wire_fault import WireFault
from device_drivers.errors import DeviceGarbled
from device_drivers.ports import Port
from device_drivers.transport.frame_source import FrameSource

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("paper", "problems"),
    [
        ("employer_letter", ()),
        ("application_form", ()),
        ("blurred_letter", (PageProblem.BLURRED,)),
        ("cut_off_letter", (PageProblem.CUT_OFF,)),
        ("upside_down_letter", ()),  # its text is looked at only when it is taken
        ("curled_letter", (PageProblem.NOT_FLAT,)),
        ("shining_letter", (PageProblem.GLARE,)),
        ("dim_letter", (PageProblem.TOO_DARK,)),
        ("id_card_front", ()),
        ("id_card_back", ()),
    ],
)
def test_each_paper_is_good_or_bad_in_just_the_way_its_name_says(
    tmp_path: Path, paper: str, problems: tuple[PageProblem, ...]
) -> None:
    emulator = DocumentCameraEmulator(tmp_path / "desk")
    emulator.put(paper)
    picture = np.asarray(cv2.imread(str(tmp_path / "desk" / "frame.jpg")), np.uint8)
    assert judge(picture, find_page(picture)).problems == problems


def test_taking_the_paper_leaves_an_empty_desk(tmp_path: Path) -> None:
    emulator = DocumentCameraEmulator(tmp_path / "desk")
    emulator.put("employer_letter")
    emulator.take()
    picture = np.asarray(cv2.imread(str(tmp_path / "desk" / "frame.jpg")), np.uint8)
    assert emulator.paper is None
    assert find_page(picture) is None


async def test_no_reader_ever_sees_half_a_picture(tmp_path: Path) -> None:
    emulator = DocumentCameraEmulator(tmp_path / "desk")
    frame = tmp_path / "desk" / "frame.jpg"
    emulator.put("employer_letter")
    letter = frame.read_bytes()
    emulator.take()
    desk = frame.read_bytes()

    def lay_and_take() -> None:
        for _ in range(100):
            emulator.put("employer_letter")
            emulator.take()

    moving = asyncio.create_task(asyncio.to_thread(lay_and_take))
    seen = set()
    while not moving.done():
        seen.add(frame.read_bytes())
        await asyncio.sleep(0)
    assert seen <= {letter, desk}
    assert len(seen) == 2


def test_what_lies_on_the_desk_survives_a_pulled_cable(tmp_path: Path) -> None:
    emulator = DocumentCameraEmulator(tmp_path / "desk")
    emulator.unplug()
    assert not (tmp_path / "desk").exists()
    emulator.put("employer_letter")
    emulator.plug()
    assert emulator.paper == "employer_letter"
    picture = np.asarray(cv2.imread(str(tmp_path / "desk" / "frame.jpg")), np.uint8)
    assert find_page(picture) is not None


def test_a_paper_it_does_not_know_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        DocumentCameraEmulator(tmp_path / "desk").put("passport")


@pytest.mark.parametrize("draw", [employer_letter, application_form])
def test_drawn_papers_are_a4_at_200_dpi(draw: object) -> None:
    assert callable(draw)
    assert draw().size == (1654, 2339)


def watched(emulator: DocumentCameraEmulator) -> FrameSource:
    return FrameSource(Port.parse(emulator.port), device="document_camera")


def test_a_noisy_camera_drowns_the_letters_and_a_mended_one_does_not(tmp_path: Path) -> None:
    emulator = DocumentCameraEmulator(tmp_path / "desk")
    emulator.put("employer_letter")
    camera = watched(emulator)
    clean = camera.read().astype(int)
    emulator.disturb(WireFault.NOISY)
    assert np.abs(camera.read() - clean).mean() > 20
    emulator.disturb(WireFault.NONE)
    assert (camera.read() == clean).all()


def test_a_silent_camera_goes_on_showing_what_it_saw_last(tmp_path: Path) -> None:
    emulator = DocumentCameraEmulator(tmp_path / "desk")
    camera = watched(emulator)
    empty = camera.read().copy()
    emulator.disturb(WireFault.SILENT)
    emulator.put("employer_letter")
    assert (camera.read() == empty).all()
    emulator.disturb(WireFault.NONE)
    assert (camera.read() != empty).any()


def test_a_camera_that_is_wrong_gives_no_picture_and_says_so(tmp_path: Path) -> None:
    emulator = DocumentCameraEmulator(tmp_path / "desk")
    emulator.disturb(WireFault.WRONG)
    camera = watched(emulator)
    with pytest.raises(DeviceGarbled):
        camera.read()
    emulator.disturb(WireFault.NONE)
    assert camera.read().size
