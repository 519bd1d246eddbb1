"""A signature becomes a picture; a slip of the finger does not."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from kiosk.screens.ink import is_signature, png_of

STROKES = [[(100.0, 100.0), (300.0, 100.0)], [(200.0, 50.0), (200.0, 200.0)]]


def test_ink_is_black_on_transparent_and_cut_to_what_was_drawn() -> None:
    with Image.open(BytesIO(png_of(STROKES))) as picture:
        assert picture.mode == "RGBA"
        assert picture.size == (232, 182)
        pixels = np.asarray(picture)
    opaque = pixels[pixels[:, :, 3] > 0]
    assert 0 < len(opaque) < pixels[:, :, 3].size / 4
    assert opaque[:, :3].max() == 0
    assert pixels[0, 0, 3] == 0
    assert pixels[66, 116, 3] == 255


def test_a_dot_is_no_signature() -> None:
    assert is_signature(STROKES)
    assert not is_signature([])
    assert not is_signature([[(10.0, 10.0)], [(20.0, 20.0), (21.0, 22.0)]])


def test_without_ink_there_is_no_picture() -> None:
    with pytest.raises(ValueError, match="nothing was drawn"):
        png_of([])
