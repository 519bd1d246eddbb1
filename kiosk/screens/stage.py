"""Draws scenes with Kivy's graphics instructions, keeping what did not change."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime

from kivy.graphics import (
    BorderImage,
    Canvas,
    Color,
    InstructionGroup,
    PopMatrix,
    PushMatrix,
    Rectangle,
    ScissorPop,
    ScissorPush,
    Translate,
)

from kiosk.screens.drawing import (
    Box,
    Drawing,
    Layer,
    Live,
    LocalState,
    Moving,
    Photograph,
    Scene,
    Words,
)
from kiosk.screens.live import (
    CameraFrame,
    LiveCamera,
    LiveInk,
    LiveMotion,
    LivePart,
    LiveText,
    LiveTimeBar,
    seconds_left,
)
from kiosk.screens.textures import LineTextures, corner_texture, photograph_texture
from kiosk.screens.theme import Colour
from kiosk.screens.typeface import Typeface
from kiosk.screens.widgets.bars import BLEED_PX
from kiosk.services.wording import say_date

_THUMB_PX = 10
Key = tuple[Drawing, int]


class Stage:
    """One window's canvas. Every method is called in the window's thread."""

    def __init__(
        self,
        canvas: Canvas,
        size: tuple[int, int],
        typeface: Typeface,
        now: Callable[[], datetime],
        set_ground: Callable[[Colour], None],
        *,
        reduced_motion: bool,
    ) -> None:
        """An empty canvas."""
        self._canvas = canvas
        self._width, self._height = size
        self._typeface = typeface
        self._lines = LineTextures(typeface)
        self._now = now
        self._set_ground = set_ground
        self._reduced_motion = reduced_motion
        self._groups: dict[Key, InstructionGroup] = {}
        self._live: dict[Key, LivePart] = {}
        self._shift = Translate(0, 0, 0)
        self._scroll = Translate(0, 0, 0)
        self._thumb: Rectangle | None = None
        self._scene: Scene | None = None

    def show(self, scene: Scene, local: LocalState, scrolled: int) -> None:
        """Draw a scene; drawings seen before are not made again."""
        old_groups, old_live = self._groups, self._live
        self._groups, self._live = {}, {}
        seen: Counter[Drawing] = Counter()

        def fill(into: InstructionGroup, layer: Layer) -> None:
            for drawing in layer.drawings:
                key = (drawing, seen[drawing])
                seen[drawing] += 1
                group = old_groups.get(key)
                if group is None:
                    group = self._make(key, local)
                elif key in old_live:
                    self._live[key] = old_live[key]
                self._groups[key] = group
                into.add(group)

        # a page that wanders must show its own ground at the seam; one that scrolls must not
        view = scene.viewport if scene.scroll_range else scene.viewport.inset(-BLEED_PX)
        whole = InstructionGroup()
        self._set_ground(scene.ground)
        self._shift, self._scroll = Translate(0, 0, 0), Translate(0, scrolled, 0)
        whole.add(PushMatrix())
        whole.add(self._shift)
        whole.add(
            ScissorPush(
                x=view.x, y=self._height - view.bottom, width=view.width, height=view.height
            )
        )
        whole.add(PushMatrix())
        whole.add(self._scroll)
        fill(whole, scene.body)
        whole.add(PopMatrix())
        whole.add(ScissorPop())
        self._scene = scene
        self._add_thumb(whole, scene, scrolled)
        fill(whole, scene.bars)
        fill(whole, scene.over)
        whole.add(PopMatrix())
        self._canvas.clear()
        self._canvas.add(whole)

    def scroll_to(self, scrolled: int) -> None:
        """Move the body."""
        self._scroll.y = scrolled
        if self._thumb is not None and self._scene is not None:
            self._thumb.pos = (self._thumb.pos[0], self._thumb_bottom(self._scene, scrolled))

    def shift(self, x: int, y: int) -> None:
        """Move everything a little, against burn-in."""
        if (self._shift.x, self._shift.y) != (x, y):
            self._shift.x, self._shift.y = x, y

    def tick(self) -> None:
        """Let clocks, bars and motions go on."""
        for part in self._live.values():
            part.tick()

    def camera(self, frame: CameraFrame) -> None:
        """Show a camera picture, if the page has a place for it."""
        for part in self._live.values():
            if isinstance(part, LiveCamera):
                part.show(frame)

    def ink(self) -> LiveInk | None:
        """The page's ink, if it takes any."""
        return next((part for part in self._live.values() if isinstance(part, LiveInk)), None)

    def forget(self) -> None:
        """Drop every picture of text and photographs not on the screen now."""
        self._lines.forget()

    def _add_thumb(self, whole: InstructionGroup, scene: Scene, scrolled: int) -> None:
        self._thumb = None
        if not scene.scroll_range:
            return
        view = scene.viewport
        height = max(80, view.height * view.height // scene.body_height)
        self._thumb = Rectangle(
            pos=(self._width - 2 * _THUMB_PX, self._thumb_bottom(scene, scrolled)),
            size=(_THUMB_PX, height),
        )
        whole.add(Color(0.5, 0.55, 0.6, 1))
        whole.add(self._thumb)

    def _thumb_bottom(self, scene: Scene, scrolled: int) -> int:
        view = scene.viewport
        height = max(80, view.height * view.height // scene.body_height)
        down = (view.height - height) * scrolled // max(1, scene.scroll_range)
        return int(self._height - view.y - down - height)

    def _make(self, key: Key, local: LocalState) -> InstructionGroup:
        drawing = key[0]
        match drawing:
            case Box() | Words() | Photograph():
                group = InstructionGroup()
                self._draw(group, drawing)
                return group
            case Moving(parts, motion):
                inside = InstructionGroup()
                for part in parts:
                    self._draw(inside, part)
                if self._reduced_motion:
                    return inside
                moving = LiveMotion(motion, inside)
                self._live[key] = moving
                return moving.group
            case Live():
                live = self._make_live(drawing, local)
                self._live[key] = live
                return live.group

    def _make_live(self, live: Live, local: LocalState) -> LivePart:
        match live.kind:
            case "clock":
                return self._live_text(live, lambda: f"{self._now():%H:%M}")
            case "date":
                return self._live_text(live, lambda: say_date(live.language, self._now().date()))
            case "seconds":
                return self._live_text(live, seconds_left(live.seconds))
            case "time_bar":
                return LiveTimeBar(live, self._height)
            case "camera":
                return LiveCamera(live, self._height)
            case "ink":
                return LiveInk(live, self._height, local.strokes)

    def _live_text(self, live: Live, say: Callable[[], str]) -> LiveText:
        return LiveText(live, self._lines, self._typeface, self._height, say)

    def _draw(self, group: InstructionGroup, drawing: Box | Words | Photograph) -> None:
        rect = drawing.rect
        bottom = self._height - rect.bottom
        match drawing:
            case Box():
                radius = min(drawing.radius, rect.width // 2, rect.height // 2)
                if radius <= 0:
                    group.add(Color(*drawing.colour))
                    group.add(Rectangle(pos=(rect.x, bottom), size=(rect.width, rect.height)))
                    return
                group.add(Color(1, 1, 1, 1))
                group.add(
                    BorderImage(
                        texture=corner_texture(
                            radius, drawing.colour, drawing.edge, drawing.stroke
                        ),
                        border=(radius, radius, radius, radius),
                        pos=(rect.x, bottom),
                        size=(rect.width, rect.height),
                    )
                )
            case Words():
                texture = self._lines.of(drawing)
                top = bottom + rect.height - texture.height
                group.add(Color(*drawing.colour))
                group.add(Rectangle(texture=texture, pos=(rect.x, top), size=texture.size))
            case Photograph():
                texture = photograph_texture(drawing.jpeg, rect.width, rect.height)
                left = rect.x + (rect.width - texture.width) // 2
                low = bottom + (rect.height - texture.height) // 2
                group.add(Color(1, 1, 1, 1))
                group.add(Rectangle(texture=texture, pos=(left, low), size=texture.size))
