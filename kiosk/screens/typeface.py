"""Measures, breaks and draws text with our own faces, and with others for rare name characters.

Kivy's own text opens one face and has no fallback (DESIGN.md 9); citizens' names need one.
"""

import json
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from PIL import Image, ImageDraw, ImageFont

Weight = Literal["regular", "bold", "icon"]

_NOT_FIRST = "、。，．：；！？）》」』】〉〕”’…—·,.:;!?)]}%℃元"
"""Never at the start of a line (GB/T 15834, CLREQ 3.1.3)."""
_PAUSES = "，。；：！？"
_NOT_LAST = "（《「『【〈〔“‘([{"
"""Never at the end of a line."""

_LEAST_LAST_EM = 3.5
"""A last line shorter than this would stand there lost: the lines before it give it company."""

OPEN_FONTS = 12
"""Text sizes kept open: a page uses about ten, and each costs FreeType some 4 MB."""
OPEN_ICON_FONTS = 12
"""Icon sizes kept open, some 1 MB each."""


class TypefaceMissing(Exception):
    """The fonts were not made yet: run `python -m provisioning.assets`."""


@dataclass(frozen=True, slots=True)
class _Coverage:
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    @classmethod
    def of(cls, ranges: list[list[int]]) -> "_Coverage":
        return cls(tuple(first for first, _ in ranges), tuple(last for _, last in ranges))

    def holds(self, character: str) -> bool:
        place = bisect_right(self.starts, ord(character)) - 1
        return place >= 0 and ord(character) <= self.ends[place]


class Typeface:
    """Noto Sans CJK SC in two weights, the icon family, and the rare-character fallbacks."""

    def __init__(self, fonts: Path) -> None:
        """Read the tables made at set-up. Raises TypefaceMissing."""
        try:
            facts = json.loads((fonts / "fonts.json").read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise TypefaceMissing(f"{error.filename}: run python -m provisioning.assets") from error
        self._files: dict[Weight, Path] = {
            "regular": fonts / "regular.otf",
            "bold": fonts / "bold.otf",
            "icon": fonts / "icons.ttf",
        }
        self._icons: dict[str, int] = facts["icons"]
        self._coverage = _Coverage.of(facts["coverage"])
        self._rare = [
            (Path(rare["path"]), _Coverage.of(rare["coverage"])) for rare in facts["rare"]
        ]
        self._advances: dict[tuple[int, Weight], dict[str, float]] = {}

    def icon(self, name: str) -> str:
        """The character of an icon. Raises KeyError for a name the family does not have."""
        return chr(self._icons[name])

    def has_icon(self, name: str) -> bool:
        """Does the family have it?"""
        return name in self._icons

    def can_draw(self, character: str) -> bool:
        """Does any face hold this character?"""
        return self._coverage.holds(character) or any(
            coverage.holds(character) for _, coverage in self._rare
        )

    def width(self, text: str, size: int, weight: Weight = "regular") -> float:
        """How wide one line is, in pixels."""
        known = self._advances.setdefault((size, weight), {})
        total = 0.0
        for character in text:
            advance = known.get(character)
            if advance is None:
                advance = known[character] = self._font(character, size, weight).getlength(
                    character
                )
            total += advance
        return total

    def wrap(
        self, text: str, size: int, weight: Weight, width: float, *, balanced: bool = False
    ) -> tuple[str, ...]:
        """Lines no wider than `width`; balanced ones share the words evenly.

        Latin words and numbers stay whole where they fit; punctuation stays with its word.
        """
        lines: list[str] = []
        for paragraph in text.split("\n"):
            lines += self._balanced(paragraph, size, weight, width, balanced=balanced)
        return tuple(lines)

    def mask(self, text: str, size: int, weight: Weight, line_height: int) -> Image.Image:
        """One line as opacity ("L"), `line_height` high, text standing where it would be read."""
        image = Image.new("L", (max(1, int(self.width(text, size, weight) + 0.999)), line_height))
        pen = ImageDraw.Draw(image)
        if weight == "icon":
            pen.text((size / 2, line_height / 2), text, 255, self._font(text, size, weight), "mm")
            return image
        # Noto Sans CJK: the ideographic box reaches 0.88 em above and 0.12 em below the baseline
        baseline = (line_height - size) / 2 + size * 0.88
        left = 0.0
        for run, font in self._runs(text, size, weight):
            pen.text((left, baseline), run, 255, font, "ls")
            left += self.width(run, size, weight)
        return image

    def _balanced(
        self, text: str, size: int, weight: Weight, width: float, *, balanced: bool
    ) -> list[str]:
        lines = self._greedy(text, size, weight, width)
        if len(lines) < 2:
            return lines
        if not balanced and not self._is_lost(lines[-1], size, weight):
            return lines
        if len(lines) == 2:
            parted = self._at_punctuation(text, size, weight, width)
            if parted:
                return parted
        if not balanced:
            return self._with_company(text, size, weight, width)
        narrow, wide = width / 2, width
        while wide - narrow > size / 2:
            middle = (narrow + wide) / 2
            if len(self._greedy(text, size, weight, middle)) > len(lines):
                narrow = middle
            else:
                wide = middle
        return self._greedy(text, size, weight, wide)

    def _is_lost(self, last: str, size: int, weight: Weight) -> bool:
        return self.width(last, size, weight) < _LEAST_LAST_EM * size

    def _with_company(self, text: str, size: int, weight: Weight, width: float) -> list[str]:
        """As many lines, narrower by as little as brings a lost last one company."""
        full = self._greedy(text, size, weight, width)
        narrower = width
        while narrower > width / 2:
            narrower -= size / 2
            lines = self._greedy(text, size, weight, narrower)
            if len(lines) > len(full):
                break
            if not self._is_lost(lines[-1], size, weight):
                return lines
        return full

    def _at_punctuation(self, text: str, size: int, weight: Weight, width: float) -> list[str]:
        """Two lines parted where one would pause reading aloud; empty where none fits."""
        best, best_share = 0, 0.3 * width
        for place in range(1, len(text)):
            if text[place - 1] not in _PAUSES or text[place] in _NOT_FIRST:
                continue
            first = self.width(text[:place], size, weight)
            second = self.width(text[place:].strip(), size, weight)
            if max(first, second) <= width and min(first, second) > best_share:
                best, best_share = place, min(first, second)
        return [text[:best].rstrip(), text[best:].strip()] if best else []

    def _greedy(self, text: str, size: int, weight: Weight, width: float) -> list[str]:
        lines: list[str] = []
        line = ""
        for piece in _pieces(text):
            if self.width(line + piece.rstrip(), size, weight) <= width:
                line += piece
                continue
            if line:
                lines.append(line.rstrip())
            line = piece.lstrip()
            while self.width(line.rstrip(), size, weight) > width and len(line) > 1:
                fits = next(
                    count
                    for count in range(len(line) - 1, 0, -1)
                    if count == 1 or self.width(line[:count], size, weight) <= width
                )
                hyphen = line.rfind("-", 1, fits) + 1
                fits = hyphen or fits
                while fits > 1 and line[fits] in _NOT_FIRST:
                    fits -= 1
                lines.append(line[:fits])
                line = line[fits:]
        return [*lines, line.rstrip()]

    def _runs(
        self, text: str, size: int, weight: Weight
    ) -> list[tuple[str, ImageFont.FreeTypeFont]]:
        runs: list[tuple[str, ImageFont.FreeTypeFont]] = []
        for character in text:
            font = self._font(character, size, weight)
            if runs and runs[-1][1] is font:
                runs[-1] = (runs[-1][0] + character, font)
            else:
                runs.append((character, font))
        return runs

    def _font(self, character: str, size: int, weight: Weight) -> ImageFont.FreeTypeFont:
        if weight != "icon" and not self._coverage.holds(character):
            for path, coverage in self._rare:
                if coverage.holds(character):
                    return _open(path, size)
        if weight == "icon":
            return _open_icons(self._files[weight], size)
        return _open(self._files[weight], size)


@lru_cache(maxsize=OPEN_FONTS)
def _open(path: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=OPEN_ICON_FONTS)
def _open_icons(path: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)


def _pieces(text: str) -> list[str]:
    """What may not be parted: a Latin word or number, or a character with its punctuation."""
    pieces: list[str] = []
    for character in text:
        joins = bool(pieces) and (
            character in _NOT_FIRST
            or character == " "
            or pieces[-1][-1] in _NOT_LAST
            or (_is_latin(character) and _is_latin(pieces[-1][-1]))
        )
        if joins:
            pieces[-1] += character
        else:
            pieces.append(character)
    return pieces


def _is_latin(character: str) -> bool:
    return character == "–" or (character != " " and ord(character) < 0x2000)
