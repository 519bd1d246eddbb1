"""The Kivy window: importing this module opens it, so only `KioskScreen.run` does."""

import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from kivy.base import runTouchApp, stopTouchApp
from kivy.clock import Clock
from kivy.core.window import Window as KivyWindow
from kivy.graphics.opengl import GL_RGB, GL_UNSIGNED_BYTE, glReadPixels
from kivy.input.motionevent import MotionEvent
from kivy.uix.widget import Widget
from numpy.typing import NDArray

from kiosk.screens.app import CAMERA_WIDTH_PX, KioskScreen
from kiosk.screens.live import CameraFrame
from kiosk.screens.presenter import SETTLING_S, Presenter
from kiosk.screens.stage import Stage
from kiosk.screens.theme import Colour
from kiosk.screens.touch_map import SETTING, touch_map, write_touch_map

_TICK_S = 1 / 20
"""How often motions, bars and clocks move: smooth enough, and a tenth of one core at most."""
_SHIFT_PX = (0, 2, 4, 2, 0, -2, -4, -2)
"""Against burn-in the idle page wanders, one place a minute."""
_WHEEL_PX = 120


class Window:
    """Kivy's window with our presenter in it."""

    def __init__(self, screen: KioskScreen) -> None:
        """Kivy has opened the window already; wire it up."""
        self._screen = screen
        self._root = Widget()
        self._stage = Stage(
            self._root.canvas,
            screen.size,
            screen.typeface,
            screen.clock,
            self._set_ground,
            reduced_motion=screen.reduced_motion,
        )
        self._presenter = Presenter(
            screen.themes, screen.typeface, screen.size, screen.on_touch, self._stage
        )
        self._frame_lock = threading.Lock()
        self._frame: tuple[CameraFrame, str] | None = None
        self._undrawn: str | None = None
        map_file = os.environ.get(SETTING, "")
        self._map_file = Path(map_file) if map_file else None
        self._map_due = False
        self._drawn_ns = 0
        self._picture_due: tuple[Path, threading.Event] | None = None
        KivyWindow.show_cursor = not screen.hide_cursor
        KivyWindow.bind(
            on_touch_down=self._down,
            on_touch_move=self._moved,
            on_touch_up=self._up,
            on_flip=self._flip,
        )

    def run(self) -> None:
        """Until `stop`."""
        Clock.schedule_interval(self._tick, _TICK_S)
        for seconds, callback in self._screen.repeated:
            Clock.schedule_interval(lambda _, call=callback: call(), seconds)
        runTouchApp(self._root)

    def stop(self) -> None:
        """From any thread."""
        Clock.schedule_once(lambda _: stopTouchApp(), 0)

    def wake(self) -> None:
        """From any thread: there is a view to draw."""
        Clock.schedule_once(self._draw_waiting, -1)

    def offer_frame(
        self,
        picture: NDArray[np.uint8],
        quad: Sequence[tuple[float, float]] | None,
        problems: Sequence[str],
    ) -> None:
        """From any thread: shrink the picture here, hand over the newest."""
        height, width = picture.shape[:2]
        factor = min(1.0, CAMERA_WIDTH_PX / width, CAMERA_WIDTH_PX * 0.75 / height)
        size = (max(1, round(width * factor)), max(1, round(height * factor)))
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        rgb = cv2.cvtColor(small, cv2.COLOR_BGR2RGB)
        outline = tuple((x * factor, y * factor) for x, y in quad) if quad else ()
        frame = CameraFrame(size[0], size[1], rgb.tobytes(), outline)
        with self._frame_lock:
            is_first = self._frame is None
            self._frame = (frame, str(problems[0]) if problems else "")
        if is_first:
            Clock.schedule_once(self._draw_frame, -1)

    def save_frame(self, path: Path) -> threading.Event:
        """From any thread: draw once more and save it; the event tells when it is on disk."""
        saved = threading.Event()

        def ask(_: float) -> None:
            self._picture_due = (path, saved)
            KivyWindow.canvas.ask_update()

        Clock.schedule_once(ask, 2 * _TICK_S)
        return saved

    def _save_due(self) -> None:
        if self._picture_due is None:
            return
        (path, saved), self._picture_due = self._picture_due, None
        width, height = self._screen.size
        pixels = glReadPixels(0, 0, width, height, GL_RGB, GL_UNSIGNED_BYTE)
        upright = np.frombuffer(pixels, np.uint8).reshape(height, width, 3)[::-1]
        cv2.imwrite(str(path), upright[:, :, ::-1])
        saved.set()

    def _set_ground(self, colour: Colour) -> None:
        """Clearing costs a tenth of drawing a rectangle over everything."""
        KivyWindow.clearcolor = colour

    def _draw_waiting(self, _: float) -> None:
        view = self._screen.take_waiting()
        if view is not None and self._presenter.show(view):
            self._undrawn = view.page.frame.content
            KivyWindow.canvas.ask_update()

    def _draw_frame(self, _: float) -> None:
        with self._frame_lock:
            waiting, self._frame = self._frame, None
        if waiting is not None:
            self._presenter.camera_problem(waiting[1])
            self._stage.camera(waiting[0])

    def _flip(self, window: object) -> bool:
        """Flip here and now, so that what follows is true: the citizen sees it."""
        self._save_due()
        KivyWindow.flip()
        if self._undrawn is not None:
            self._drawn_ns = time.monotonic_ns()
            content, self._undrawn = self._undrawn, None
            for callback in self._screen.drawn_callbacks:
                callback(content)
        if self._map_file is not None and not self._map_due:
            self._map_due = True
            Clock.schedule_once(self._write_map, SETTLING_S)
        return True

    def _write_map(self, _: float) -> None:
        """Once touches count: a scripted citizen must not be quicker than the page."""
        if not self._presenter.is_settled:
            Clock.schedule_once(self._write_map, SETTLING_S / 5)
            return
        self._map_due = False
        scene, view = self._presenter.scene, self._presenter.view
        if self._map_file is not None and scene is not None and view is not None:
            content = view.page.frame.content
            facts = touch_map(scene, content, self._presenter.scrolled, drawn_ns=self._drawn_ns)
            write_touch_map(self._map_file, facts)

    def _tick(self, _: float) -> None:
        self._stage.tick()
        self._presenter.tick()
        minute = int(time.monotonic() // 60)
        is_idle = self._presenter.is_idle
        across = _SHIFT_PX[minute % len(_SHIFT_PX)] if is_idle else 0
        down = _SHIFT_PX[minute // 3 % len(_SHIFT_PX)] if is_idle else 0
        self._stage.shift(across, down)

    def _down(self, window: object, touch: MotionEvent) -> bool:
        if touch.is_mouse_scrolling:
            self._presenter.scroll_by(_WHEEL_PX if touch.button == "scrollup" else -_WHEEL_PX)
        elif "button" not in touch.profile or touch.button == "left":
            self._presenter.finger_down(*self._place(touch))
        return True

    def _moved(self, window: object, touch: MotionEvent) -> bool:
        self._presenter.finger_moved(*self._place(touch))
        return True

    def _up(self, window: object, touch: MotionEvent) -> bool:
        if not touch.is_mouse_scrolling:
            self._presenter.finger_up(*self._place(touch))
        return True

    def _place(self, touch: MotionEvent) -> tuple[float, float]:
        return float(touch.x), self._screen.size[1] - float(touch.y)
