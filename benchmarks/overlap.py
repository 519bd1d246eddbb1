"""How well four corners were found."""

import cv2
import numpy as np
from numpy.typing import NDArray

from device_drivers.document_camera.interface import Quad


def overlap(found: Quad | None, corners: NDArray[np.float32]) -> float:
    """Intersection over union; 0 for no answer."""
    if found is None:
        return 0.0
    quad = np.array(found, np.float32)
    shared, _ = cv2.intersectConvexConvex(quad, corners)
    return float(shared / (cv2.contourArea(quad) + cv2.contourArea(corners) - shared))
