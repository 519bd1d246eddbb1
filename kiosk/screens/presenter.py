"""Between view models and the window: lays out, follows the finger, emits touches. No Kivy here."""

import math
import time
from collections.abc import Callable
from typing import Protocol

from kiosk.flow.events import Answered, Signed, StillHere, TextScale, Theme, Touch
from kiosk.screens.drawing import LocalState, PadPress, Scene, Target
from kiosk.screens.fold import resting
from kiosk.screens.ink import is_signature, png_of
from kiosk.screens.look import Look
from kiosk.screens.scenes import scene_of
from kiosk.screens.theme import Themes
from kiosk.screens.touch_map import visible_targets
from kiosk.screens.typeface import Typeface
from kiosk.screens.view_model import CameraView, DigitsView, IdleView, ViewModel

SETTLING_S = 0.25
"""A touch so soon after a new page is the tail of the last one (a trembling hand double-taps
within 0.2 s) and means nothing."""
PRESENCE_EVERY_S = 1.0
"""How often a busy finger is reported: a page's patience is tens of seconds."""
_SLIP_PX = 28
"""A finger that moves further than this (7 mm at 21.5 inch) scrolls instead of pressing."""
_RELEASE_S = 0.15
"""A button that was pressed stays so while the flow answers: drawing the old page once more would
hold up the new one by a frame. Without an answer for so long it is released."""
_PAGE_SHARE = 0.8
"""How much of the viewport a scroll button moves: the last lines stay in sight."""


class Ink(Protocol):
    """Where strokes are seen at once."""

    def begin(self, x: float, y: float) -> None:
        """A new stroke."""

    def extend(self, x: float, y: float) -> None:
        """The present stroke goes on."""

    def clear(self) -> None:
        """No strokes."""


class DrawingSurface(Protocol):
    """What the presenter asks of the stage."""

    def show(self, scene: Scene, local: LocalState, scrolled: int) -> None:
        """Draw a scene."""

    def scroll_to(self, scrolled: int) -> None:
        """Move the body."""

    def ink(self) -> Ink | None:
        """The page's ink, if it takes any."""

    def forget(self) -> None:
        """Drop every remembered picture of text."""


class Presenter:
    """One window's page. Every method is called in the window's thread."""

    def __init__(
        self,
        themes: Themes,
        typeface: Typeface,
        size: tuple[int, int],
        on_touch: Callable[[Touch], None],
        stage: DrawingSurface,
    ) -> None:
        """Nothing is shown yet."""
        self._themes, self._typeface, self._size = themes, typeface, size
        self._on_touch, self._stage = on_touch, stage
        self._look: Look | None = None
        self._look_key: tuple[Theme, TextScale, str] | None = None
        self._local = LocalState()
        self._finger: tuple[float, float] | None = None
        self._finger_scroll = 0
        self._is_scrolling = False
        self._settled_at = 0.0
        self._presence_due_at = 0.0
        self._release_at = math.inf
        self.view: ViewModel | None = None
        self.scene: Scene | None = None
        self.scrolled = 0

    def show(self, view: ViewModel) -> bool:
        """Draw a view; False when it is the one already drawn."""
        if view == self.view:
            return False
        is_new = self._is_new_page(view)
        if self._release_at < math.inf:
            self._local.pressed, self._release_at = "", math.inf
        if is_new:
            self._local = LocalState(
                digits=view.page.value if isinstance(view.page, DigitsView) else ""
            )
            self.scrolled = 0
            self._finger = None
            self._settled_at = time.monotonic() + SETTLING_S
        if view.warning is not None and (self.view is None or self.view.warning is None):
            self._local.pressed, self._finger = "", None
            self._settled_at = time.monotonic() + SETTLING_S
        self.view = view
        frame = view.page.frame
        key = (frame.theme, frame.text_scale, frame.department)
        if self._look is None or key != self._look_key:
            self._look_key = key
            self._look = Look(self._themes, self._typeface, *key)
        if is_new and isinstance(view.page, IdleView):
            self._look.forget()
            self._stage.forget()
        self._lay_out()
        if self._finger is None:  # larger text, or other words, may have moved a line onto the edge
            self._rest_at(self.scrolled, began=self.scrolled)
        return True

    @property
    def is_settled(self) -> bool:
        """Do touches count yet?"""
        return time.monotonic() >= self._settled_at

    @property
    def is_idle(self) -> bool:
        """Is the idle page shown?"""
        return self.view is not None and isinstance(self.view.page, IdleView)

    def tick(self) -> None:
        """Call often: a button whose touch the flow did not answer is released."""
        if time.monotonic() >= self._release_at:
            self._release()

    def camera_problem(self, problem: str) -> None:
        """What is in the way of a good picture; the page's instruction follows."""
        if (
            self.view is not None
            and isinstance(self.view.page, CameraView)
            and problem != self._local.camera_problem
        ):
            self._local.camera_problem = problem
            self._lay_out()

    def finger_down(self, x: float, y: float) -> None:
        """A finger touches the glass; a second one is not followed."""
        if self.scene is None or self._finger is not None or not self.is_settled:
            return
        self._finger, self._finger_scroll, self._is_scrolling = (x, y), self.scrolled, False
        if self._takes_ink(x, y):
            self._report_presence()
            self._local.strokes.append([(x, y)])
            ink = self._stage.ink()
            if ink is not None:
                ink.begin(x, y)
            return
        target = self._target_at(x, y)
        self._release_at = math.inf
        if target is not None:
            self._local.pressed = target.key
            self._lay_out()
        else:
            self._release()

    def finger_moved(self, x: float, y: float) -> None:
        """It writes, scrolls, or only trembles."""
        if self.scene is None or self._finger is None:
            return
        if self._is_writing():
            self._report_presence()
            if self._takes_ink(x, y):
                self._local.strokes[-1].append((x, y))
                ink = self._stage.ink()
                if ink is not None:
                    ink.extend(x, y)
            return
        moved = self._finger[1] - y
        if not self._is_scrolling and abs(moved) > _SLIP_PX and self._can_scroll(self._finger):
            self._is_scrolling = True
            self._release()
        if self._is_scrolling:
            self._report_presence()
            self._scroll_to(self._finger_scroll + int(moved))

    def finger_up(self, x: float, y: float) -> None:
        """A touch counts when it ends where it began."""
        if self.scene is None or self._finger is None:
            return
        pressed, is_scrolling, is_writing = (
            self._local.pressed,
            self._is_scrolling,
            self._is_writing(),
        )
        self._finger = None
        if is_scrolling:
            self._rest_at(self.scrolled, began=self._finger_scroll)
            return
        if is_writing:
            return
        target = self._target_at(x, y)
        if target is not None and target.key == pressed:
            self._act(target)
            return
        self._release()
        if target is None and not pressed and self.scene.anywhere and not self._is_covered():
            self._emit(self.scene.anywhere)

    def scroll_by(self, pixels: int) -> None:
        """Down for positive numbers."""
        self._rest_at(self.scrolled + pixels, began=self.scrolled)

    def _emit(self, touch: Touch) -> None:
        """Once: the second tap of a double tap must not answer the page that is on its way."""
        self._settled_at = time.monotonic() + SETTLING_S
        self._on_touch(touch)

    def _act(self, target: Target) -> None:
        match target.act:
            case PadPress(what, digit):
                self._release()
                self._pad(what, digit)
            case touch:
                self._release_at = time.monotonic() + _RELEASE_S
                self._emit(touch)

    def _report_presence(self) -> None:
        """Somebody types, writes or reads on: no question whether they are still there."""
        now = time.monotonic()
        if now >= self._presence_due_at:
            self._presence_due_at = now + PRESENCE_EVERY_S
            self._on_touch(StillHere())

    def _pad(self, what: str, digit: str) -> None:
        local, page = self._local, self.view.page if self.view else None
        if what not in {"submit_digits", "submit_ink"}:
            self._report_presence()
        match what:
            case "digit" if isinstance(page, DigitsView):
                local.digits = (local.digits + digit)[: page.max_digits]
            case "erase":
                local.digits = "" if digit else local.digits[:-1]
            case "submit_digits":
                self._emit(Answered(local.digits))
                return
            case "clear_ink":
                local.strokes.clear()
                local.ink_missing = False
                ink = self._stage.ink()
                if ink is not None:
                    ink.clear()
            case "submit_ink":
                if is_signature(local.strokes):
                    self._emit(Signed(png_of(local.strokes)))
                    return
                local.ink_missing = True
            case "scroll_up" | "scroll_down":
                if self.scene is None:
                    return
                step = int(_PAGE_SHARE * self.scene.viewport.height)
                self.scroll_by(step if what == "scroll_down" else -step)
                return
        self._lay_out()

    def _lay_out(self) -> None:
        if self.view is None or self._look is None:
            return
        self.scene = scene_of(self.view, self._look, self._local, self._size)
        self.scrolled = min(self.scrolled, self.scene.scroll_range)
        self._stage.show(self.scene, self._local, self.scrolled)

    def _is_new_page(self, view: ViewModel) -> bool:
        if self.view is None:
            return True
        before, after = self.view.page, view.page
        return before.name != after.name or getattr(before, "title", "") != getattr(
            after, "title", ""
        )

    def _target_at(self, x: float, y: float) -> Target | None:
        if self.scene is None:
            return None
        targets = (
            list(self.scene.over.targets)
            if self._is_covered()
            else visible_targets(self.scene, self.scrolled)
        )
        found = next((target for target in targets if target.rect.holds(x, y)), None)
        is_body = found is not None and found.key.startswith("body")
        return None if is_body and not self.scene.viewport.holds(x, y) else found

    def _is_covered(self) -> bool:
        return self.scene is not None and bool(self.scene.over.drawings)

    def _is_writing(self) -> bool:
        return (
            self._finger is not None and not self._local.pressed and self._takes_ink(*self._finger)
        )

    def _takes_ink(self, x: float, y: float) -> bool:
        if self.scene is None or self.scene.ink_area is None or self._is_covered():
            return False
        return self.scene.ink_area.shifted(-self.scrolled).holds(x, y)

    def _can_scroll(self, finger: tuple[float, float]) -> bool:
        return (
            self.scene is not None
            and self.scene.scroll_range > 0
            and not self._is_covered()
            and self.scene.viewport.holds(*finger)
        )

    def _release(self) -> None:
        self._release_at = math.inf
        if self._local.pressed:
            self._local.pressed = ""
            self._lay_out()

    def _rest_at(self, scrolled: int, *, began: int) -> None:
        if self.scene is not None:
            self._scroll_to(resting(self.scene, scrolled, downwards=scrolled > began))

    def _scroll_to(self, scrolled: int) -> None:
        if self.scene is None:
            return
        wanted = max(0, min(scrolled, self.scene.scroll_range))
        if wanted != self.scrolled:
            self.scrolled = wanted
            self._stage.scroll_to(wanted)
