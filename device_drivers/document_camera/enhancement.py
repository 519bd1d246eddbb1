"""Makes a flattened page look like a scan: even white paper, black ink, true colours. Pure."""

import cv2
import numpy as np

from device_drivers.document_camera.interface import PageLook, Picture

_LIGHT_AT_PX = 300
"""Long side at which the light on the paper is looked at: it changes slowly, ink does not."""
_INK_SHARE = 0.06
"""Wider than the widest stroke of a headline or a seal, as a share of the page's long side."""
_PAPER = 246.0
"""What the bare paper comes to before the contrast is stretched: its texture goes into white."""
_BLACK_PERCENTILE = 0.5
_LEAST_CONTRAST = 60.0
_DARKEST_LIGHT = 24


def enhance(page: Picture, look: PageLook) -> Picture:
    """The page as `look` wants it, of the same size and with three channels.

    Shadows and the lamp's fall-off are divided out, the paper becomes white, the darkest ink dark.
    A portrait or a seal keeps its hues: all three channels are divided by the light on the paper.
    """
    if look is PageLook.PLAIN or min(page.shape[:2]) < 8:
        return page
    even = cv2.divide(page, _light_on(page), scale=_PAPER)
    if look is PageLook.GREY:
        even = cv2.cvtColor(cv2.cvtColor(even, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    darkest = float(np.percentile(even[::4, ::4].min(axis=2), _BLACK_PERCENTILE))
    black = min(darkest, _PAPER - _LEAST_CONTRAST)
    steps = np.arange(256, dtype=np.float32)
    stretched = np.clip((steps - black) * (255.0 / (_PAPER - black)), 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(even, stretched), np.uint8)


def _light_on(page: Picture) -> Picture:
    """The colour of the bare paper at each pixel: ink closed over, then smoothed."""
    height, width = page.shape[:2]
    scale = min(1.0, _LIGHT_AT_PX / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(page, size, interpolation=cv2.INTER_AREA)
    reach = max(3, round(_INK_SHARE * max(size))) | 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    bare = cv2.morphologyEx(small, cv2.MORPH_CLOSE, kernel, borderType=cv2.BORDER_REPLICATE)
    smooth = cv2.GaussianBlur(bare, (0, 0), reach / 3, borderType=cv2.BORDER_REPLICATE)
    light = cv2.resize(smooth, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(np.maximum(light, _DARKEST_LIGHT), np.uint8)
