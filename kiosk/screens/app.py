"""The kiosk's one window. Importing this opens nothing; `KioskScreen.run` does.

`show`, `show_frame`, `every` and `stop` may be called from any thread; the rest happens in the
thread that called `run`, which must be the main one.
"""

import ctypes
import os
import tempfile
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from kiosk.contract.dates import CHINA
from kiosk.flow.events import Touch
from kiosk.screens.theme import load_themes
from kiosk.screens.typeface import Typeface
from kiosk.screens.view_model import ViewModel

if TYPE_CHECKING:
    from kiosk.screens.window import Window

ASSETS: Final = Path(__file__).resolve().parent.parent.parent / "assets"
CAMERA_WIDTH_PX: Final = 960
"""Camera pictures are made this narrow before they reach the window: a page's place is 984."""

_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8
"""Numbers of malloc.h (glibc)."""

Point = tuple[float, float]


def china_now() -> datetime:
    """The hall's time, whatever zone the machine is set to."""
    return datetime.now(CHINA)


class KioskScreen:
    """Draws view models and emits what the citizen touches."""

    def __init__(
        self,
        on_touch: Callable[[Touch], None],
        *,
        assets: Path = ASSETS,
        size: tuple[int, int] = (1080, 1920),
        fullscreen: bool = False,
        hide_cursor: bool = False,
        reduced_motion: bool = False,
        clock: Callable[[], datetime] = china_now,
    ) -> None:
        """Load themes and fonts (≈ 50 ms). Raises BadTheme or TypefaceMissing.

        `on_touch` is called in the window's thread and must return within a frame.
        """
        self.on_touch = on_touch
        self.size = size
        self.fullscreen = fullscreen
        self.hide_cursor = hide_cursor
        self.reduced_motion = reduced_motion
        self.clock = clock
        self.themes = load_themes(assets / "theme")
        self.typeface = Typeface(assets / "fonts")
        self.drawn_callbacks: list[Callable[[str], None]] = []
        self.repeated: list[tuple[float, Callable[[], None]]] = []
        self._lock = threading.Lock()
        self._waiting: ViewModel | None = None
        self._is_stopped = False
        self._window: Window | None = None

    def show(self, view: ViewModel) -> None:
        """Draw this view as soon as possible; a newer one overtakes it. Returns at once."""
        with self._lock:
            self._waiting = view
            window = self._window
        if window is not None:
            window.wake()

    def show_frame(
        self,
        picture: NDArray[np.uint8],
        quad: Sequence[Point] | None = None,
        problems: Sequence[str] = (),
    ) -> None:
        """Show a camera picture (height × width × 3, blue-green-red) on the camera page.

        `quad` outlines the page found, in the picture's pixels; of `problems` (PageProblem
        values) the first one's instruction is shown. Shrinking happens in the caller's thread,
        about 2 ms; older pictures not yet drawn are dropped.
        """
        with self._lock:
            window = self._window
        if window is not None:
            window.offer_frame(picture, quad, problems)

    def on_drawn(self, callback: Callable[[str], None]) -> None:
        """Call back with `frame.content` each time a view has really been flipped to the panel.

        In the window's thread. Register before `run`.
        """
        self.drawn_callbacks.append(callback)

    def every(self, seconds: float, callback: Callable[[], None]) -> None:
        """Call regularly in the window's thread: it stops when the screen is frozen.

        Register before `run`.
        """
        self.repeated.append((seconds, callback))

    def run(self) -> None:
        """Open the window and stay until `stop`. Main thread only."""
        _return_memory_early()
        with tempfile.TemporaryDirectory(prefix="kivy-", ignore_cleanup_errors=True) as home:
            _prepare_kivy(home, self.size, fullscreen=self.fullscreen, hide_cursor=self.hide_cursor)
            from kiosk.screens.window import Window  # noqa: PLC0415 - importing it opens the window

            self._run(Window(self))

    def _run(self, window: "Window") -> None:
        with self._lock:
            self._window = window
            is_stopped = self._is_stopped
        try:
            if not is_stopped:
                window.wake()
                window.run()
        finally:
            with self._lock:
                self._window = None

    def stop(self) -> None:
        """Close the window; `run` returns within a frame. Safe to call twice."""
        with self._lock:
            self._is_stopped = True
            window = self._window
        if window is not None:
            window.stop()

    def take_picture(self, path: Path, *, within_s: float) -> Path:
        """Save the next frame drawn as PNG; not from the window's thread.

        Raises TimeoutError when the window does not draw in time.
        """
        with self._lock:
            window = self._window
        if window is None or not window.save_frame(path).wait(within_s):
            raise TimeoutError("the window drew no frame")
        return path

    def take_waiting(self) -> ViewModel | None:
        """The newest view not drawn yet; for the window."""
        with self._lock:
            view, self._waiting = self._waiting, None
            return view


def _return_memory_early() -> None:
    """Let glibc give pictures' memory back as soon as they are gone: 60 MB less after a day.

    Without it, one large free piece between small used ones is kept for ever (mallopt(3)).
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return  # another C library
    mallopt(_M_MMAP_THRESHOLD, 64 * 1024)
    mallopt(_M_TRIM_THRESHOLD, 128 * 1024)
    mallopt(_M_ARENA_MAX, 2)


def _prepare_kivy(home: str, size: tuple[int, int], *, fullscreen: bool, hide_cursor: bool) -> None:
    """Kivy reads argv, `~/.kivy` and its configuration on import (DESIGN.md 9): none of them."""
    os.environ.update(
        KIVY_HOME=home,
        KIVY_NO_ARGS="1",
        KIVY_NO_CONFIG="1",
        KIVY_NO_FILELOG="1",
        KIVY_NO_CONSOLELOG="1",
        KIVY_LOG_MODE="PYTHON",
        KIVY_TEXT="pil",
        KIVY_WINDOW="sdl2",
    )
    from kivy.config import Config  # noqa: PLC0415 - only after the environment is set

    width, height = size
    settings: dict[str, dict[str, str | int]] = {
        "graphics": {
            "width": width,
            "height": height,
            "borderless": 1,
            "resizable": 0,
            "fullscreen": 1 if fullscreen else 0,
            "position": "custom",
            "left": 0,
            "top": 0,
            "multisamples": 0,
            "maxfps": 60,
            "show_cursor": 0 if hide_cursor else 1,
        },
        "kivy": {"exit_on_escape": 0, "log_level": "warning", "keyboard_mode": ""},
    }
    for section, options in settings.items():
        for option, value in options.items():
            Config.set(section, option, value)
    for name, _ in Config.items("input"):
        Config.remove_option("input", name)
    # the window itself brings fingers; the mouse must not leave multi-touch dots
    Config.set("input", "mouse", "mouse,disable_multitouch")
