"""Camera frames from a V4L2 device, a folder of pictures or a video, all decoded by OpenCV.

Everything here blocks and belongs in the one worker thread of its driver.
"""

import contextlib
import os
import stat
import time
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from device_drivers.errors import DeviceGarbled, DeviceMissing
from device_drivers.ports import Port, Scheme

Frame = NDArray[np.uint8]
"""Height × width × 3, blue-green-red."""

_PICTURES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})
_FOLDER_FRAME_S = 1 / 15
"""A folder shows its picture at the pace of a cheap document camera."""
_WAITED_S = 0.004
"""A grab that took longer waited for the sensor: the frame is fresh, not from the queue."""
_QUEUE_FRAMES = 5
"""V4L2 keeps four buffers by default; the fifth grab is fresh in any case."""
_DESK_GREY = 96
_LEAST_SIDE_PX, _MOST_SIDE_PX = 48, 8192
"""Smaller or larger than any camera's frame: a driver that gives it gives nonsense."""
_LARGEST_FILE = 64 * 1024 * 1024


class FrameSource:
    """One camera on `v4l2:/dev/videoN`, `images:<folder>` or `images:<video file>`.

    A folder holds what lies under the camera: its newest picture, or an empty desk when it has
    none; a folder that is gone is a camera that is gone. A video plays at its own pace, for ever.
    `width_px` × `height_px` is asked of a V4L2 device, which gives the nearest it can.
    """

    def __init__(
        self, port: Port, *, device: str, width_px: int = 2592, height_px: int = 1944
    ) -> None:
        if port.scheme not in {Scheme.IMAGES, Scheme.V4L2}:
            raise ValueError(f"{port} is neither a camera nor pictures")
        self._port = port
        self._device = device
        self._wanted_size = (width_px, height_px)
        self._capture: cv2.VideoCapture | None = None
        self._seen: tuple[str, int, int] | None = None
        self._frame = np.full((height_px, width_px, 3), _DESK_GREY, np.uint8)
        self._next_at = 0.0

    def open(self) -> None:
        """Open the camera; nothing happens when it is open. Raises DeviceMissing."""
        path = Path(self._port.address)
        if not os.path.lexists(path) or not os.access(path, os.R_OK):
            self.close()
            raise self._missing("is not there, or cannot be read")
        if self._is_folder or self._capture is not None:
            return
        api = cv2.CAP_V4L2 if self._port.scheme is Scheme.V4L2 else cv2.CAP_ANY
        capture = cv2.VideoCapture(str(path), api)
        if not capture.isOpened():
            capture.release()
            raise self._missing("does not open as a camera or a video")
        if self._port.scheme is Scheme.V4L2:
            capture.set(cv2.CAP_PROP_FRAME_WIDTH, self._wanted_size[0])
            capture.set(cv2.CAP_PROP_FRAME_HEIGHT, self._wanted_size[1])
        self._capture = capture

    def read(self) -> Frame:
        """Wait for the next frame and return the newest there is. Not to be written into.

        Raises DeviceMissing when the camera is gone, DeviceGarbled when what it gave is no picture.
        """
        self.open()
        if self._is_folder:
            self._keep_pace(_FOLDER_FRAME_S)
            return self._newest_picture()
        assert self._capture is not None
        if self._port.scheme is Scheme.V4L2:
            return self._fresh_frame(self._capture)
        self._keep_pace(1 / min(max(self._capture.get(cv2.CAP_PROP_FPS), 1.0), 60.0))
        return self._next_of_video(self._capture)

    def close(self) -> None:
        """Release the camera. Safe to call twice."""
        capture, self._capture = self._capture, None
        if capture is not None:
            capture.release()

    @property
    def _is_folder(self) -> bool:
        return self._port.scheme is Scheme.IMAGES and os.path.isdir(self._port.address)

    def _missing(self, why: str) -> DeviceMissing:
        return DeviceMissing(self._device, f"{self._port} {why}")

    def _keep_pace(self, frame_s: float) -> None:
        now = time.monotonic()
        if self._next_at > now:
            time.sleep(min(self._next_at - now, frame_s))
        self._next_at = max(now, self._next_at) + frame_s

    def _newest_picture(self) -> Frame:
        """The newest picture of the folder, decoded once."""
        newest: tuple[int, str, int, int] | None = None
        try:
            with os.scandir(self._port.address) as entries:
                for entry in entries:
                    if Path(entry.name).suffix.lower() not in _PICTURES or entry.name[0] == ".":
                        continue
                    with contextlib.suppress(FileNotFoundError):  # another took its place just now
                        about = entry.stat()
                        if stat.S_ISREG(about.st_mode):  # a pipe would never end
                            found = (about.st_mtime_ns, entry.path, about.st_ino, about.st_size)
                            newest = max(newest, found) if newest else found
        except OSError as error:
            self._seen = None
            raise self._missing("is not there") from error
        if newest is None:
            if self._seen is not None:
                self._seen = None
                self._frame = np.full_like(self._frame, _DESK_GREY)
            return self._frame
        key = (newest[1], newest[0], newest[2])
        if key != self._seen:
            if newest[3] > _LARGEST_FILE:
                raise DeviceGarbled(self._device, f"{self._port} shows a file of {newest[3]} bytes")
            self._frame = self._decode(newest[1])
            self._seen = key
        return self._frame

    def _decode(self, path: str) -> Frame:
        try:
            data = np.fromfile(path, np.uint8)
        except OSError as error:
            raise self._missing("lost its picture while it was read") from error
        try:
            frame = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
        except cv2.error:  # more pixels than OpenCV takes
            frame = None
        if frame is None:
            raise DeviceGarbled(self._device, f"{self._port} shows something that is no picture")
        return self._checked(frame)

    def _next_of_video(self, capture: cv2.VideoCapture) -> Frame:
        ok, frame = capture.read()
        if not ok:
            capture.set(cv2.CAP_PROP_POS_FRAMES, 0)
            ok, frame = capture.read()
        if not ok:  # some containers cannot be wound back
            self.close()
            self.open()
            assert self._capture is not None
            ok, frame = self._capture.read()
        if not ok:
            self.close()
            raise DeviceGarbled(self._device, f"{self._port} holds no frame")
        return self._checked(frame)

    def _checked(self, frame: "NDArray[np.generic] | None") -> Frame:
        """The frame with three channels. Raises DeviceGarbled for what no camera gives."""
        if frame is None or frame.dtype != np.uint8 or frame.ndim not in {2, 3}:
            raise DeviceGarbled(self._device, f"{self._port} gave what is no frame")
        height, width = frame.shape[:2]
        if min(height, width) < _LEAST_SIDE_PX or max(height, width) > _MOST_SIDE_PX:
            raise DeviceGarbled(self._device, f"{self._port} gave a frame of {width} × {height}")
        channels = frame.shape[2] if frame.ndim == 3 else 1
        pixels = np.asarray(frame, np.uint8)
        match channels:
            case 3:
                return pixels
            case 1:
                return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR), np.uint8)
            case 4:
                return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGRA2BGR), np.uint8)
            case _:
                raise DeviceGarbled(self._device, f"{self._port} gave {channels} channels")

    def _fresh_frame(self, capture: cv2.VideoCapture) -> Frame:
        """Throw away what waited in the queue while nobody looked: the latest frame wins."""
        for _ in range(_QUEUE_FRAMES):
            asked_at = time.monotonic()
            if not capture.grab():
                self.close()
                raise self._missing("stopped giving frames")
            if time.monotonic() - asked_at > _WAITED_S:
                break
        ok, frame = capture.retrieve()
        if not ok:
            raise DeviceGarbled(self._device, f"{self._port} gave a frame that does not decode")
        return self._checked(frame)
