"""What stands around every page: place, clock and path above, navigation and settings below."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from kiosk.screens.drawing import Box, Live, Rect, Sheet
from kiosk.screens.look import Look
from kiosk.screens.view_model import Action, Frame
from kiosk.screens.widgets.button import Button
from kiosk.screens.widgets.layout import Beside, Column, Grid, Row, Widget
from kiosk.screens.widgets.text import Icon, Label

BLEED_PX: Final = 8
"""The hero's colour beyond the screen's edges: the idle page wanders 4 px against burn-in, and no
strip of paper may show beside it."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Hours and minutes, kept right by the window; at the right of its place."""

    style_name: str

    def height(self, look: Look, width: int) -> int:
        """One line."""
        return look.style(self.style_name).line

    def draw(self, look: Look, sheet: Sheet, rect: Rect) -> None:
        """Leave the place to the window."""
        style = look.style(self.style_name, "bold")
        sheet.draw(Live("clock", rect, look.colours.on_hero, look.hero, style.size, right=True))


@dataclass(frozen=True, slots=True)
class TopBar:
    """The place at the left, the time at the right, on the department's colour."""

    frame: Frame

    def height(self, look: Look, width: int) -> int:
        """One line and, inside a service, the breadcrumb."""
        margin = look.measures.space.margin
        return self._content(look).height(look, width - 2 * margin) + 2 * self._padding(look)

    def draw(self, look: Look, sheet: Sheet, rect: Rect) -> None:
        """The ground over the whole width, a line below it."""
        bled = Rect(rect.x - BLEED_PX, -BLEED_PX, rect.width + 2 * BLEED_PX, rect.bottom + BLEED_PX)
        sheet.draw(Box(bled, look.hero))
        margin, padding = look.measures.space.margin, self._padding(look)
        place = Rect(
            rect.x + margin, rect.y + padding, rect.width - 2 * margin, rect.height - 2 * padding
        )
        self._content(look).draw(look, sheet, place)
        stroke = look.measures.stroke.line
        line = Rect(rect.x + margin, rect.bottom - stroke, rect.width - 2 * margin, stroke)
        sheet.draw(Box(line, look.colours.hero_line))

    def _padding(self, look: Look) -> int:
        return look.measures.space.gap

    def _content(self, look: Look) -> Widget:
        colour, style = look.colours.on_hero, look.style("bar", "bold")
        clock_width = look.width("00:00", style)
        place = Label(self.frame.place, style, colour)
        gap = look.measures.space.gap
        line = Beside(Clock("bar"), clock_width, place, gap, at_right=True)
        if not self.frame.where:
            return line
        return Column([line, Breadcrumb(self.frame)], look.measures.space.small)


@dataclass(frozen=True, slots=True)
class Breadcrumb:
    """Where am I, and how far along: in one line, or in two when the text is large."""

    frame: Frame

    def height(self, look: Look, width: int) -> int:
        """One or two lines."""
        return self._content(look, width).height(look, width)

    def draw(self, look: Look, sheet: Sheet, rect: Rect) -> None:
        """The department's sign, the path, the step."""
        self._content(look, rect.width).draw(look, sheet, rect)

    def _content(self, look: Look, width: int) -> Widget:
        colour, style = look.colours.on_hero, look.style("bar")
        icon = round(style.size * 1.25)
        space = look.measures.space
        where = Beside(
            Icon(look.department_icon, icon, colour),
            icon,
            Label(self.frame.where, style, colour),
            space.small,
        )
        if not self.frame.progress:
            return where
        step_width = look.width(self.frame.progress, style)
        needed = icon + space.small + look.width(self.frame.where, style) + space.gap + step_width
        step = Label(self.frame.progress, style, colour, "right")
        if needed <= width:
            return Beside(step, step_width, where, space.gap, at_right=True)
        return Column([where, Label(self.frame.progress, style, colour)])


@dataclass(frozen=True, slots=True)
class BottomBar:
    """Navigation at the same place on every page; under it settings, the way out, and help."""

    frame: Frame
    buttons: Sequence[Button]
    """Back first, the primary one last."""

    def height(self, look: Look, width: int) -> int:
        """Everything, with its padding."""
        space = look.measures.space
        inner = self._content(look, width - 2 * space.margin)
        return inner.height(look, width - 2 * space.margin) + 2 * space.gap

    def draw(self, look: Look, sheet: Sheet, rect: Rect) -> None:
        """A line above; the ground is the screen's own."""
        space = look.measures.space
        stroke = look.measures.stroke.line
        sheet.draw(Box(Rect(rect.x, rect.y, rect.width, stroke), look.colours.line))
        place = Rect(
            rect.x + space.margin,
            rect.y + space.gap,
            rect.width - 2 * space.margin,
            rect.height - 2 * space.gap,
        )
        self._content(look, place.width).draw(look, sheet, place)

    def _content(self, look: Look, width: int) -> Widget:
        parts: list[Widget] = []
        if self.buttons:
            parts.append(navigation(look, self.buttons, width))
        small = [Button(action, "quiet", style_name="bar_small") for action in self._small()]
        if small:
            gap = look.measures.space.gap
            columns = _columns(look, small, width)
            cell = (width - gap * (columns - 1)) // columns
            if not all(button.fits_one_line(look, cell) for button in small):
                small = [replace(b, action=replace(b.action, icon="")) for b in small]
            parts.append(Grid(small, columns, gap))
        if self.frame.help_line:
            parts.append(_help_line(look, self.frame.help_line, width))
        return Column(parts, look.measures.space.gap)

    def _small(self) -> list[Action]:
        leave = [self.frame.quit] if self.frame.quit else []
        return [*self.frame.settings, *leave]


def navigation(look: Look, buttons: Sequence[Button], width: int) -> Widget:
    """Side by side, the primary one widest; under each other when a label would break."""
    gap = look.measures.space.gap
    if len(buttons) == 1 and buttons[0].kind != "primary":
        if buttons[0].words_fit(look, int((width - gap) / 2.6)):
            return Row([*buttons, _Nothing()], gap, (1, 1.6))
        return Row(buttons)
    shares = [1.6 if button.kind == "primary" else 1.0 for button in buttons]
    room = width - gap * (len(buttons) - 1)
    if all(
        button.words_fit(look, int(room * share / sum(shares)))
        for button, share in zip(buttons, shares, strict=True)
    ):
        return Row(buttons, gap, shares)
    if len(buttons) > 2:
        others = [button for button in buttons if button.kind != "primary"]
        main = [button for button in buttons if button.kind == "primary"]
        return Column([*main, Row(others, gap)], gap)
    return Row(buttons, gap)


class _Nothing:
    """An empty place in a row."""

    def height(self, look: Look, width: int) -> int:
        return 0

    def draw(self, look: Look, sheet: Sheet, rect: Rect) -> None:
        return


def _columns(look: Look, buttons: Sequence[Button], width: int) -> int:
    """All in one row when the words fit in one line each, else two rows."""
    gap, count = look.measures.space.gap, len(buttons)
    one = (width - gap * (count - 1)) // count
    if all(look.width(b.action.label, look.style("bar_small")) + 2 * gap <= one for b in buttons):
        return count
    return min(2, count)


def _help_line(look: Look, text: str, width: int) -> Widget:
    style = look.style("bar_small")
    colours = look.colours
    icon = round(style.size * 1.2)
    space = look.measures.space
    label = Label(text, style, colours.quiet)
    if look.width(text, style) + icon + space.small <= width:
        used = look.width(text, style) + icon + space.small
        line = Beside(Icon("phone", icon, colours.quiet), icon, label, space.small)
        return _Centred(line, used)
    return Label(text, style, colours.quiet, "centre", balanced=True)


@dataclass(frozen=True, slots=True)
class _Centred:
    """A widget of a known width in the middle of its place."""

    child: Widget
    width: int

    def height(self, look: Look, width: int) -> int:
        return self.child.height(look, self.width)

    def draw(self, look: Look, sheet: Sheet, rect: Rect) -> None:
        left = rect.x + (rect.width - self.width) // 2
        self.child.draw(look, sheet, Rect(left, rect.y, self.width, rect.height))


@dataclass(frozen=True, slots=True)
class Today:
    """The date, kept right over midnight by the window."""

    language: str

    def height(self, look: Look, width: int) -> int:
        """One line."""
        return look.style("body").line

    def draw(self, look: Look, sheet: Sheet, rect: Rect) -> None:
        """Leave the place to the window."""
        colours, size = look.colours, look.style("body").size
        date = Live("date", rect, colours.on_hero, look.hero, size, language=self.language)
        sheet.draw(date)


class BigClock:
    """The time across the idle page."""

    def height(self, look: Look, width: int) -> int:
        """One line of the clock's own size, which does not grow with the text."""
        return round(look.style("clock").size * 1.1)

    def draw(self, look: Look, sheet: Sheet, rect: Rect) -> None:
        """Leave the place to the window."""
        colours, size = look.colours, look.style("clock").size
        sheet.draw(Live("clock", rect, colours.on_hero, look.hero, size))
