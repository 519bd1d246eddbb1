"""RapidOCR (PP-OCR by onnxruntime, models in the package) as the reading process uses it.

Its models are loaded when they are first needed: to see which way up a page lies takes a tenth of
what reading takes.
"""

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from device_drivers.document_camera.text_reading.interface import PageTurn
from device_drivers.document_camera.text_reading.strips import strips_of

if TYPE_CHECKING:
    from rapidocr import RapidOCR

_SURE = 0.9
_LEAST_VOTES = 3
_MOST_DISSENT = 0.2
_SEARCHED_PX = 1280
"""Long side of the picture on which lines are looked for; they are read from the whole one. An A4
page at 2000 px took three times as long and 880 MB, and gave the same lines."""
_LEAST_PX = 736
_MOST_PX = 2000
"""RapidOCR's own bounds: text on smaller pictures is found only when they are made larger."""


class Engine:
    """One RapidOCR, in this process."""

    def __init__(self, *, threads: int) -> None:
        self._threads = threads
        self._rapid: RapidOCR | None = None

    def warm(self) -> None:
        """Load what sees which way up a page lies: the first question is that one."""
        self._classified(np.full((48, 192, 3), 255, np.uint8))

    def text(self, picture: NDArray[np.uint8]) -> dict[str, object]:
        """`{"lines": [[text, score, [[x, y] × 4]], …]}` in the order in which RapidOCR sorts."""
        larger, scale = _readable(picture)
        found: Any = self._loaded()(larger, use_det=True, use_cls=True, use_rec=True)
        if found.txts is None or found.boxes is None or found.scores is None:
            return {"lines": []}
        lines = zip(found.txts, found.scores, found.boxes, strict=True)
        return {
            "lines": [
                [text, float(score), [[float(x) / scale, float(y) / scale] for x, y in box]]
                for text, score, box in lines
                if text.strip()
            ]
        }

    def turn(self, page: NDArray[np.uint8]) -> dict[str, object]:
        """`{"turn": PageTurn}` by the text-orientation classifier, asked about some lines."""
        strips = strips_of(page)
        across, down = (
            sum(strip.shape[1] for strip in each) for each in (strips.across, strips.down)
        )
        if across == down == 0:
            return {"turn": PageTurn.UNKNOWN.value}
        lines = strips.across if across >= down else strips.down
        votes = [label for label, score in map(self._classified, lines) if score >= _SURE]
        if len(votes) < _LEAST_VOTES:
            return {"turn": PageTurn.UNKNOWN.value}
        turned = votes.count("180") / len(votes)
        if _MOST_DISSENT < turned < 1 - _MOST_DISSENT:
            return {"turn": PageTurn.UNKNOWN.value}
        if down > across:
            return {"turn": PageTurn.SIDEWAYS.value}
        is_upside_down = turned > _MOST_DISSENT
        return {"turn": (PageTurn.UPSIDE_DOWN if is_upside_down else PageTurn.UPRIGHT).value}

    def _classified(self, line: NDArray[np.uint8]) -> tuple[str, float]:
        """`0` or `180`, and how sure the classifier is."""
        found: Any = self._loaded()(
            np.ascontiguousarray(line), use_det=False, use_cls=True, use_rec=False
        )
        return found.cls_res[0] if found.cls_res else ("", 0.0)

    def _loaded(self) -> "RapidOCR":
        if self._rapid is None:
            from rapidocr import RapidOCR  # noqa: PLC0415  half a second, and onnxruntime's memory

            self._rapid = RapidOCR(
                params={
                    "Global.log_level": "critical",
                    "EngineConfig.onnxruntime.intra_op_num_threads": self._threads,
                    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                    "Det.limit_type": "max",
                    "Det.limit_side_len": _SEARCHED_PX,
                }
            )
        return self._rapid


def _readable(picture: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], float]:
    """The picture, made larger where it is small, and by how much."""
    height, width = picture.shape[:2]
    scale = min(_LEAST_PX / min(height, width), _MOST_PX / max(height, width))
    if scale <= 1.0:
        return np.ascontiguousarray(picture), 1.0
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC), np.uint8), scale
