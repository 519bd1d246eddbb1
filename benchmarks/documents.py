"""Pages under the camera: finding and judging them, how well they are placed, reading them."""

import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path
from statistics import mean
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from rapidocr import RapidOCR

from benchmarks.figure import Figure, percentile
from benchmarks.overlap import overlap
from device_drivers.document_camera.emulator import DocumentCameraEmulator
from device_drivers.document_camera.interface import Picture, Quad
from device_drivers.document_camera.judgement import judge
from device_drivers.document_camera.page import find_page
from device_drivers.document_camera.papers import employer_letter
from device_drivers.document_camera.proposals import clockwise_from_top_left
from device_drivers.document_camera.text_reading.reader import TextReader

PHOTOGRAPHS: Final = Path(__file__).resolve().parents[2] / "shared" / "data" / "documents"
"""Beside the project, never in it; corners were annotated by hand, about ± 3 px."""
WIDTH_PX, HEIGHT_PX = 1920, 1080
"""A preview frame of the document camera."""
ROUNDS: Final = 6

FOUND_MS: Final = 33.0
MEAN_IOU: Final = 0.95
"""`DESIGN.md` section 7; 33 ms is also the time between two frames."""

Corners = NDArray[np.float32]


def measure() -> list[Figure]:
    """Time on frames of a preview's size; the place on whole photographs, where there are any."""
    photographs = _photographs()
    if photographs:
        frames = [_as_frame(picture) for picture, _ in photographs]
    else:
        sys.stderr.write(
            "skipped: no photographs beside the project, so no IoU; time on a drawn one\n"
        )
        frames = [_drawn_frame()]
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        _found_ms(frames[0])  # a stream's first frame also loads OpenCV's tables
        taken_ms = [_found_ms(frame) for _ in range(ROUNDS) for frame in frames]
        looked_ms = [_looked_ms(frame) for _ in range(ROUNDS) for frame in frames]
    finally:
        cv2.setNumThreads(threads)
    figures = [
        Figure(
            name=f"page found in a {WIDTH_PX} × {HEIGHT_PX} frame, one core, p95",
            value=percentile(taken_ms, 0.95),
            unit="ms",
            against="DESIGN.md 7",
            limit=FOUND_MS,
        ),
        Figure(
            name="a preview's frame looked at whole: page followed and judged, one core, p95",
            value=percentile(looked_ms, 0.95),
            unit="ms",
            against="DESIGN.md 7",
            limit=FOUND_MS,
        ),
    ]
    if photographs:
        placed = [overlap(find_page(picture), corners) for picture, corners in photographs]
        naive = [overlap(_first_four_gon(picture), corners) for picture, corners in photographs]
        figures += [
            Figure(
                name=f"page placed, mean IoU of {len(placed)} photographs",
                value=mean(placed),
                unit="",
                against="DESIGN.md 7",
                limit=MEAN_IOU,
                higher_is_better=True,
            ),
            Figure(
                name=f"page placed, worst of {len(placed)} photographs",
                value=min(placed),
                unit="",
                against="Canny, first quadrilateral: mean",
                limit=mean(naive),
                higher_is_better=True,
                is_target=False,
            ),
        ]
    return [*figures, *asyncio.run(_reading())]


async def _reading() -> list[Figure]:
    """A page read in a process of its own, one thread, beside RapidOCR in this one."""
    letter = np.asarray(cv2.cvtColor(np.asarray(employer_letter()), cv2.COLOR_RGB2BGR), np.uint8)
    reader = TextReader()
    await reader.read(letter)
    began = time.perf_counter()
    await reader.read(letter)
    read_ms = (time.perf_counter() - began) * 1000
    await reader.turn_of(letter)
    began = time.perf_counter()
    await reader.turn_of(letter)
    turn_ms = (time.perf_counter() - began) * 1000
    await reader.close()
    rapid = RapidOCR(params={"Global.log_level": "critical"})
    rapid(letter)
    began = time.perf_counter()
    rapid(letter)
    peer_ms = (time.perf_counter() - began) * 1000
    return [
        Figure(
            name="A4 page read, in a process of its own, one thread, nice 5",
            value=read_ms,
            unit="ms",
            against="RapidOCR as it comes, here, all threads",
            limit=peer_ms,
            is_target=False,
        ),
        Figure(
            name="which way up an A4 page lies, in the same process",
            value=turn_ms,
            unit="ms",
            against="RapidOCR as it comes, here, all threads",
            limit=peer_ms,
            is_target=False,
        ),
    ]


def _first_four_gon(picture: Picture) -> Quad | None:
    """The finder of a hundred tutorials: Canny, then the largest outline with four corners."""
    grey = cv2.GaussianBlur(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), (5, 5), 0)
    outlines, _ = cv2.findContours(cv2.Canny(grey, 75, 200), cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    for outline in sorted(outlines, key=cv2.contourArea, reverse=True)[:5]:
        corners = cv2.approxPolyDP(outline, 0.02 * cv2.arcLength(outline, True), True)
        if len(corners) == 4 and cv2.isContourConvex(corners):
            return clockwise_from_top_left(corners.reshape(4, 2).astype(np.float32))
    return None


def _photographs() -> list[tuple[Picture, Corners]]:
    manifest = PHOTOGRAPHS / "manifest.json"
    if not manifest.exists():
        return []
    facts = json.loads(manifest.read_text(encoding="utf-8"))
    return [
        (_decoded(PHOTOGRAPHS / entry["file"]), np.array(entry["corners"], np.float32))
        for entry in facts["quads"]
    ]


def _decoded(path: Path) -> Picture:
    picture = cv2.imread(str(path))
    if picture is None:
        raise FileNotFoundError(path)
    return np.asarray(picture, np.uint8)


def _as_frame(picture: Picture) -> Picture:
    """The photograph as the camera would show it: lying, whole, the desk going on at both sides."""
    height, width = picture.shape[:2]
    lying = picture if width >= height else cv2.rotate(picture, cv2.ROTATE_90_CLOCKWISE)
    factor = min(WIDTH_PX / lying.shape[1], HEIGHT_PX / lying.shape[0])
    size = (round(lying.shape[1] * factor), round(lying.shape[0] * factor))
    scaled = cv2.resize(lying, size, interpolation=cv2.INTER_AREA)
    left, top = (WIDTH_PX - size[0]) // 2, (HEIGHT_PX - size[1]) // 2
    right, bottom = WIDTH_PX - size[0] - left, HEIGHT_PX - size[1] - top
    framed = cv2.copyMakeBorder(scaled, top, bottom, left, right, cv2.BORDER_REPLICATE)
    return np.ascontiguousarray(framed, dtype=np.uint8)


def _drawn_frame() -> Picture:
    """The emulated desk with a letter on it."""
    with tempfile.TemporaryDirectory() as folder:
        emulator = DocumentCameraEmulator(Path(folder) / "desk")
        emulator.put("employer_letter")
        return _as_frame(_decoded(next((Path(folder) / "desk").glob("*.jpg"))))


def _found_ms(frame: Picture) -> float:
    """Of this thread's processor time: neighbours on the machine do not count."""
    began = time.thread_time()
    find_page(frame)
    return (time.thread_time() - began) * 1000


def _looked_ms(frame: Picture) -> float:
    """What a frame costs while the page lies where it lay on the one before."""
    near = find_page(frame)
    began = time.thread_time()
    judge(frame, find_page(frame, near=near))
    return (time.thread_time() - began) * 1000
