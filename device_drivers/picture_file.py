"""Picture files, as the commands that look at photographs take them."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

_LEAST_BYTES = 64
"""OpenCV refuses a WebP file of a few pixels, which has 30 bytes; zeros behind it do no harm."""


class UnreadablePicture(Exception):
    """The file cannot be read or is no picture; the words, without the file's name, say which."""


def read_picture(path: Path) -> NDArray[np.uint8]:
    """The picture in a file: height × width × 3, blue-green-red. Raises UnreadablePicture."""
    try:
        content = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise UnreadablePicture(error.strerror or "cannot be read") from error
    padded = np.pad(content, (0, max(0, _LEAST_BYTES - content.size)))
    try:
        picture = cv2.imdecode(padded, cv2.IMREAD_COLOR) if content.size else None
    except cv2.error as error:  # more pixels than OpenCV takes
        raise UnreadablePicture("a picture too large to read") from error
    if picture is None:
        raise UnreadablePicture("no picture OpenCV can read")
    return np.asarray(picture, np.uint8)
