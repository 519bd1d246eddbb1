"""Codes on photographs: the share read, and the time, beside the engines each alone."""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Final

import cv2
import zxingcpp
from pyzbar import pyzbar

from benchmarks.figure import Figure
from device_drivers.picture_file import read_picture
from device_drivers.qr_scanner.decode import Picture, decode_image

PHOTOGRAPHS: Final = Path(__file__).resolve().parents[2] / "shared" / "data" / "barcodes"
"""Beside the project, never in it; each with the text that stands on it, or none."""
PATIENT_MS: Final = 3000.0
"""Enough for every try also on a busy machine, so that the share does not depend on neighbours."""

OURS: Final = "ours"
Read = Callable[[Picture], list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Photograph:
    """A picture and what stands on it; an empty text for none."""

    picture: Picture
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """What one reader made of all of them."""

    right: int
    wrong: int
    """Photographs on which something was read that does not stand there."""
    ms: float
    """Mean of those with a code, of this thread's processor time."""


def measure() -> list[Figure]:
    """A row for each engine beside ours, then what is read wrongly, then the times."""
    photographs = _photographs()
    if not photographs:
        sys.stderr.write("skipped: no photographs of codes beside the project\n")
        return []
    coded = sum(1 for photograph in photographs if photograph.text)
    counts = {name: _count(read, photographs) for name, read in _READERS.items()}
    ours = counts[OURS]
    figures = [
        Figure(
            name=f"share of {coded} photographs read, ours against {peer}",
            value=100 * ours.right / coded,
            unit="%",
            against=f"{peer} + 1 picture",
            limit=100 * (count.right + 1) / coded,
            higher_is_better=True,
        )
        for peer, count in counts.items()
        if peer != OURS
    ]
    figures += [
        Figure(
            name=f"photographs of {len(photographs)} read wrongly by {name}",
            value=float(count.wrong),
            unit="",
            against="less than one",
            limit=0.5,
            is_target=name == OURS,
        )
        for name, count in counts.items()
    ]
    figures += [
        Figure(
            name=f"a photograph with a code, mean, {name}",
            value=count.ms,
            unit="ms",
            against=OURS,
            limit=ours.ms,
            is_target=False,
        )
        for name, count in counts.items()
    ]
    return [*figures, _bound(photographs)]


def _bound(photographs: list[Photograph]) -> Figure:
    """The longest look at a photograph on which there is nothing to find."""
    bare = [photograph.picture for photograph in photographs if not photograph.text]
    taken_ms = []
    for picture in bare:
        began = time.perf_counter()
        decode_image(picture)
        taken_ms.append((time.perf_counter() - began) * 1000)
    return Figure(
        name=f"longest of {len(bare)} photographs without a code",
        value=max(taken_ms, default=0.0),
        unit="ms",
        against="a second, of which the budget is 0.8",
        limit=1000.0,
    )


def _count(read: Read, photographs: list[Photograph]) -> Count:
    right = wrong = 0
    taken_ms = []
    for photograph in photographs:
        began = time.thread_time()
        texts = {text.removesuffix("\n") for text in read(photograph.picture) if text}
        if photograph.text:
            taken_ms.append((time.thread_time() - began) * 1000)
            right += photograph.text in texts
        wrong += bool(texts - {photograph.text})
    return Count(right=right, wrong=wrong, ms=mean(taken_ms))


def _photographs() -> list[Photograph]:
    manifest = PHOTOGRAPHS / "manifest.json"
    if not manifest.exists():
        return []
    facts = json.loads(manifest.read_text(encoding="utf-8"))["items"]
    return [
        Photograph(
            picture=read_picture(PHOTOGRAPHS / fact["file"]),
            text=(fact["expected_text"] or "").removesuffix("\n"),
        )
        for fact in facts
    ]


def _ours(picture: Picture) -> list[str]:
    return [code.text for code in decode_image(picture, budget_ms=PATIENT_MS)]


def _zxing(picture: Picture) -> list[str]:
    return [barcode.text for barcode in zxingcpp.read_barcodes(picture)]


def _zbar(picture: Picture) -> list[str]:
    return [found.data.decode("utf-8", "replace") for found in pyzbar.decode(picture)]


def _opencv(picture: Picture) -> list[str]:
    """The better of its two QR detectors, and its bar codes."""
    if min(picture.shape[:2]) < 21:
        return []
    texts = [
        text
        for detector in (cv2.QRCodeDetector(), cv2.QRCodeDetectorAruco())
        for text in detector.detectAndDecodeMulti(picture)[1]
    ]
    _, bars, _, _ = cv2.barcode.BarcodeDetector().detectAndDecodeWithType(picture)
    return [*texts, *bars]


_READERS: Final[dict[str, Read]] = {
    OURS: _ours,
    "zxing-cpp": _zxing,
    "pyzbar": _zbar,
    "OpenCV": _opencv,
}
