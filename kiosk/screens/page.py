"""How every page stands on the screen: the upper part tells, the lower part is touched."""

from collections.abc import Sequence
from dataclasses import dataclass

from kiosk.flow.events import Touch
from kiosk.screens.drawing import Box, Layer, Live, LocalState, PadPress, Rect, Scene, Sheet
from kiosk.screens.fold import uncut
from kiosk.screens.look import Look
from kiosk.screens.theme import Colour
from kiosk.screens.view_model import Action, Frame, Page
from kiosk.screens.widgets.bars import BLEED_PX, BottomBar, TopBar
from kiosk.screens.widgets.button import Button, Key
from kiosk.screens.widgets.card import IconTile
from kiosk.screens.widgets.layout import Beside, Column, Row, Widget
from kiosk.screens.widgets.text import Label

SIGN_PX = 144
"""Side of the department's sign above a title."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageParts:
    """What a page's builder hands over."""

    hero: Sequence[Widget]
    """On the department's colour: the title and its explanation."""
    told: Sequence[Widget] = ()
    """On paper, not touched."""
    touched: Widget | None = None
    """Begins in the lower 60 % of the screen."""
    at_bottom: bool = False
    """Put what is touched right above the navigation instead of right below what is told."""
    grows: bool = False
    """Let what is touched fill the room there is."""
    hero_takes: float = 1.0
    """Share of the room between what is told and what is touched that the hero grows into."""
    has_sign: bool = False
    """Show the department's sign above the title when the hero has grown enough for it."""
    navigation: Sequence[Button] | None = None
    """None: the frame's back and primary."""
    anywhere: Touch | None = None
    """What a touch beside every target means."""
    signs: bool = False
    """The page takes ink."""


def title(look: Look, text: str, style: str = "title") -> Label:
    """The one sentence a page is about."""
    return Label(text, look.style(style, "bold"), look.colours.on_hero, balanced=True)


@dataclass(frozen=True, slots=True)
class SignedTitle:
    """A sign above a title of one line, beside a longer one: the page's own words need the room."""

    sign: IconTile
    text: str

    def height(self, look: Look, width: int) -> int:
        """Sign and title."""
        return self._content(look, width).height(look, width)

    def draw(self, look: Look, sheet: Sheet, rect: Rect) -> None:
        """Sign first."""
        self._content(look, rect.width).draw(look, sheet, rect)

    def _content(self, look: Look, width: int) -> Widget:
        label = title(look, self.text, "display")
        gap = look.measures.space.gap
        if label.height(look, width) == label.style.line:
            return Column([self.sign, label], gap)
        return Beside(self.sign, self.sign.size, label, gap)


def explanation(look: Look, text: str) -> list[Widget]:
    """What stands under the title; nothing for an empty text."""
    return [Label(text, look.style("help"), look.colours.on_hero)] if text else []


def paragraph(look: Look, text: str, style: str = "body", colour: Colour | None = None) -> Label:
    """Text on paper."""
    return Label(text, look.style(style), colour or look.colours.ink)


def framed(frame: Frame, *between: Button) -> list[Button]:
    """The frame's own navigation, with a page's buttons between back and primary."""
    buttons = [Button(frame.back, "secondary")] if frame.back else []
    buttons += between
    if frame.primary:
        buttons.append(Button(frame.primary, "primary"))
    return buttons


def secondary(action: Action, pad: PadPress | None = None) -> Button:
    """A button beside the primary one."""
    return Button(action, "secondary", pad=pad)


def primary(action: Action, pad: PadPress | None = None) -> Button:
    """The button a page is for."""
    return Button(action, "primary", pad=pad)


def stand(
    parts: PageParts, page: Page, look: Look, local: LocalState, size: tuple[int, int]
) -> Scene:
    """Lay a page out on a screen of a size."""
    frame = page.frame
    width, height = size
    buttons = parts.navigation if parts.navigation is not None else framed(frame)
    bars = Sheet(pressed=local.pressed, prefix="bar")
    top, bottom = TopBar(frame), BottomBar(frame, buttons)
    top_height, bottom_height = top.height(look, width), bottom.height(look, width)
    top.draw(look, bars, Rect(0, 0, width, top_height))
    bottom.draw(look, bars, Rect(0, height - bottom_height, width, bottom_height))
    viewport = Rect(0, top_height, width, height - top_height - bottom_height)
    body, end = _body(parts, look, local, viewport, height)
    if end > viewport.bottom:
        strip = _scroll_strip(look)
        tall = strip.height(look, width) + 2 * look.measures.space.small
        viewport = Rect(0, top_height, width, viewport.height - tall)
        body, end = _body(parts, look, local, viewport, height)
        _draw_strip(look, bars, strip, Rect(0, viewport.bottom, width, tall))
        viewport = Rect(0, top_height, width, uncut(body.drawings, viewport.bottom) - top_height)
    ink = next(
        (part.rect for part in body.drawings if isinstance(part, Live) and part.kind == "ink"), None
    )
    return Scene(
        name=page.name,
        ground=look.colours.paper,
        viewport=viewport,
        body_height=end - viewport.y,
        body=Layer(tuple(body.drawings), tuple(body.targets)),
        bars=Layer(tuple(bars.drawings), tuple(bars.targets)),
        ink_area=ink,
        anywhere=parts.anywhere,
    )


def _body(
    parts: PageParts, look: Look, local: LocalState, viewport: Rect, height: int
) -> tuple[Sheet, int]:
    """The scrolling part and where it ends."""
    space, radius = look.measures.space, look.measures.radius.sheet
    inner = viewport.width - 2 * space.margin
    sheet = Sheet(pressed=local.pressed, prefix="body")
    touched_height = parts.touched.height(look, inner) if parts.touched else 0
    told = Column(parts.told, space.gap)
    told_height = told.height(look, inner) + space.block if parts.told else 0
    hero = Column(parts.hero, space.gap)
    hero_height = hero.height(look, inner)
    hero_end = viewport.y + space.block + hero_height + space.block
    natural_end = hero_end + space.block + told_height
    zone = round(height * look.measures.touch_zone)
    lowest = viewport.bottom - space.gap - touched_height
    start = natural_end
    if parts.touched:
        start = max(zone, natural_end, lowest if parts.at_bottom else 0)
    room = (start if parts.touched else lowest) - natural_end
    grown = max(0, int(room * parts.hero_takes))
    hero_end += grown
    if parts.has_sign and grown >= SIGN_PX + space.gap:
        sign = IconTile(look.department_icon, SIGN_PX, look.hero, look.colours.on_hero)
        hero = Column([sign, *parts.hero], space.gap)
        hero_height += SIGN_PX + space.gap
        grown -= SIGN_PX + space.gap
    top = viewport.y - BLEED_PX
    bled = viewport.width + 2 * BLEED_PX
    sheet.draw(Box(Rect(-BLEED_PX, top, bled, hero_end + radius - top), look.hero))
    sheet.draw(Box(Rect(0, hero_end, viewport.width, 2 * radius), look.colours.paper, radius))
    hero_top = viewport.y + space.block + grown // 2
    hero.draw(look, sheet, Rect(space.margin, hero_top, inner, hero_height))
    end = hero_end + space.block
    if parts.told:
        told.draw(look, sheet, Rect(space.margin, end, inner, told_height - space.block))
        end += told_height
    if parts.touched is None:
        return sheet, end
    given = touched_height + (max(0, lowest - start) if parts.grows else 0)
    parts.touched.draw(look, sheet, Rect(space.margin, start, inner, given))
    return sheet, start + given + space.gap


def _scroll_strip(look: Look) -> Row:
    keys = [
        Key(PadPress("scroll_up"), icon="chevron-up", label="scroll_up"),
        Key(PadPress("scroll_down"), icon="chevron-down", label="scroll_down"),
    ]
    return Row(keys, look.measures.space.gap)


def _draw_strip(look: Look, bars: Sheet, strip: Row, rect: Rect) -> None:
    space, stroke = look.measures.space, look.measures.stroke.line
    bars.draw(Box(Rect(rect.x, rect.y, rect.width, stroke), look.colours.line))
    place = Rect(
        rect.x + space.margin,
        rect.y + space.small,
        rect.width - 2 * space.margin,
        rect.height - 2 * space.small,
    )
    strip.draw(look, bars, place)
