"""Finds the Chinese typefaces of the machine and says which of them can draw a character.

Debian's `fonts-noto-cjk` packs every region into one collection whose first face is Japanese
(DESIGN.md 9), so faces are chosen by their name. `fonts-hanazono` draws the rare name characters
that Noto lacks.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from fontTools.ttLib import TTCollection, TTFont
from PIL import ImageFont

_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts")

_MONO_REGULAR = ("NotoSansCJK-Regular.ttc", "Noto Sans Mono CJK SC")
_MONO_BOLD = ("NotoSansCJK-Bold.ttc", "Noto Sans Mono CJK SC")
_FALLBACKS = (("HanaMinA.ttf", "HanaMinA"), ("HanaMinB.ttf", "HanaMinB"))


class TypefaceMissing(Exception):
    """No typeface for Simplified Chinese is installed (Debian: `fonts-noto-cjk`)."""


@dataclass(frozen=True, slots=True)
class _Face:
    path: Path
    index: int
    characters: frozenset[int] = field(repr=False)


@lru_cache(maxsize=1)
def _files() -> dict[str, Path]:
    found: dict[str, Path] = {}
    for folder in _FOLDERS:
        for path in sorted(Path(folder).expanduser().rglob("*.tt[cf]")):
            found.setdefault(path.name, path)
    return found


def _load(file_name: str, family: str) -> _Face | None:
    path = _files().get(file_name)
    if path is None:
        return None
    if path.suffix == ".ttf":
        with TTFont(path, lazy=True) as font:
            return _Face(path, 0, _characters(font))
    with TTCollection(path, lazy=True) as collection:
        for index, font in enumerate(collection.fonts):
            if font["name"].getDebugName(1) == family:
                return _Face(path, index, _characters(font))
    return None


def _characters(font: TTFont) -> frozenset[int]:
    # the table speaks of glyphs by name, and making up 65,535 proper names takes a second
    font.setGlyphOrder([str(glyph) for glyph in range(font["maxp"].numGlyphs)])
    return frozenset(font.getBestCmap())


@lru_cache(maxsize=2)
def _faces(bold: bool) -> tuple[_Face, ...]:
    first = _load(*(_MONO_BOLD if bold else _MONO_REGULAR))
    if first is None:
        raise TypefaceMissing("Noto Sans CJK SC is not installed (Debian: fonts-noto-cjk)")
    others = (_load(*fallback) for fallback in _FALLBACKS)
    return (first, *(face for face in others if face is not None))


@lru_cache(maxsize=64)
def _font(path: Path, index: int, size_px: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), size_px, index=index)


def can_draw(character: str, *, bold: bool = False) -> bool:
    """Does any installed typeface hold this character? Raises TypefaceMissing."""
    return any(ord(character) in face.characters for face in _faces(bold))


def font_for(character: str, size_px: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    """The first typeface that holds the character: full-width 1 em, Latin ½ em.

    A character nobody holds gets the first typeface, which draws its missing-glyph box.
    Raises TypefaceMissing.
    """
    faces = _faces(bold)
    face = next((face for face in faces if ord(character) in face.characters), faces[0])
    return _font(face.path, face.index, size_px)
