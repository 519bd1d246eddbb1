"""Takes pictures of screens as they are really drawn, one after the other."""

import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kiosk.contract.dates import CHINA
from kiosk.screens.app import ASSETS, KioskScreen
from kiosk.screens.view_model import CameraView, ViewModel

NIGHT: Final = datetime(2026, 11, 23, 3, 12, tzinfo=CHINA)
"""The moment on every picture, so that two are equal when the pages are."""

Picture = NDArray[np.uint8]


class ShotsFailed(Exception):
    """The window or the virtual display did not answer; the message says which."""


@contextmanager
def a_display(size: tuple[int, int]) -> Iterator[None]:
    """The display there is, or a virtual one while inside. Raises ShotsFailed."""
    if os.environ.get("DISPLAY"):
        yield
        return
    read_end, write_end = os.pipe()
    command = ["Xvfb", "-displayfd", str(write_end), "-screen", "0", f"{size[0]}x{size[1]}x24"]
    server = subprocess.Popen(
        [*command, "-nolisten", "tcp"], pass_fds=[write_end], stderr=subprocess.DEVNULL
    )
    os.close(write_end)
    try:
        with os.fdopen(read_end) as answer:
            number = answer.readline().strip()
        if not number:
            raise ShotsFailed("Xvfb did not start")
        os.environ["DISPLAY"] = f":{number}"
        yield
    finally:
        os.environ.pop("DISPLAY", None)
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=10)


def take(
    named: Sequence[tuple[str, ViewModel]],
    out: Path,
    *,
    size: tuple[int, int] = (1080, 1920),
    assets: Path = ASSETS,
    camera_picture: Picture | None = None,
    within_s: float = 20,
) -> list[Path]:
    """Draw each view and save it as `<name>.png`. Raises ShotsFailed. Once per process."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ShotsFailed(f"{out}: {error.strerror}") from error
    screen = KioskScreen(
        lambda _: None, assets=assets, size=size, reduced_motion=True, clock=lambda: NIGHT
    )
    drawn: SimpleQueue[str] = SimpleQueue()
    screen.on_drawn(drawn.put)
    saved: list[Path] = []

    def walk() -> None:
        try:
            before: ViewModel | None = None
            for name, view in named:
                screen.show(view)
                if view != before:  # an equal one is on the screen already
                    drawn.get(timeout=within_s)
                before = view
                if isinstance(view.page, CameraView) and camera_picture is not None:
                    screen.show_frame(camera_picture, _outline(camera_picture))
                target = out / f"{name}.png"
                target.parent.mkdir(parents=True, exist_ok=True)
                saved.append(screen.take_picture(target, within_s=within_s))
        except (Empty, TimeoutError):
            return  # counted below
        finally:
            screen.stop()

    with a_display(size):
        walker = Thread(target=walk, name="shots")
        walker.start()
        screen.run()
        walker.join()
    if len(saved) != len(named):
        raise ShotsFailed(f"{len(saved)} of {len(named)} pictures taken")
    return saved


def _outline(picture: Picture) -> list[tuple[float, float]]:
    """Around what is bright on the dark desk, as the camera would find it."""
    rows, columns = np.nonzero(picture.max(axis=2) > 128)
    left, right = float(columns.min()), float(columns.max())
    top, bottom = float(rows.min()), float(rows.max())
    return [(left, top), (right, top), (right, bottom), (left, bottom)]
