"""Makes the kiosk's fonts and icon table from what Debian and npm brought; safe to run again.

Written to `assets/fonts/` (not committed): the Simplified Chinese faces of Noto Sans CJK as files
of their own (Debian packs them into a collection whose first face is Japanese, DESIGN.md 9), the
Tabler icon font, and `fonts.json`: icon code points, the characters the typeface holds, and where
the fonts for rare name characters lie.
"""

import argparse
import json
import re
import shutil
import sys
from pathlib import Path
from typing import Final

from fontTools.ttLib import TTCollection, TTFont

ROOT: Final = Path(__file__).resolve().parent.parent
FONTS: Final = ROOT / "assets" / "fonts"
ICONS: Final = ROOT / "fleet_server" / "console" / "static" / "vendor" / "tabler-icons"
NOTO: Final = Path("/usr/share/fonts/opentype/noto")
HANAZONO: Final = Path("/usr/share/fonts/truetype/hanazono")

FAMILY: Final = "Noto Sans CJK SC"
FACES: Final = {
    "regular.otf": "NotoSansCJK-Regular.ttc",
    "bold.otf": "NotoSansCJK-Bold.ttc",
}
RARE: Final = ("HanaMinA.ttf", "HanaMinB.ttf")
ICON_RULE: Final = re.compile(r"\.ti-([a-z0-9-]+):+before\s*\{\s*content:\s*\"\\([0-9a-f]+)\"")

MADE: Final = (*FACES, "icons.ttf", "fonts.json")


class SourceMissing(Exception):
    """A file to make the assets from is not there; the message says what to install."""


def write_face(collection: Path, target: Path) -> None:
    """Copy our face out of a collection, table by table, without recompiling (under 1 s).

    Raises SourceMissing when the collection does not hold it.
    """
    faces = TTCollection(collection, lazy=True, recalcBBoxes=False, recalcTimestamp=False)
    with faces:
        for face in faces.fonts:
            if face["name"].getDebugName(1) == FAMILY:
                draft = target.with_suffix(".part")
                face.save(draft, reorderTables=None)
                draft.replace(target)
                return
    raise SourceMissing(f"{collection} holds no face named {FAMILY}")


def coverage(font: Path) -> list[list[int]]:
    """The code points a font holds, as [first, last] ranges in order."""
    with TTFont(font, lazy=True) as opened:
        points = sorted(opened.getBestCmap())
    ranges: list[list[int]] = []
    for point in points:
        if ranges and point == ranges[-1][1] + 1:
            ranges[-1][1] = point
        else:
            ranges.append([point, point])
    return ranges


def icon_table(style_sheet: str) -> dict[str, int]:
    """Icon name → code point, read from the family's style sheet."""
    return {name: int(code, 16) for name, code in ICON_RULE.findall(style_sheet)}


def make(fonts: Path = FONTS, *, noto: Path = NOTO, icons: Path = ICONS) -> None:
    """Make every asset. Raises SourceMissing before anything half-made is left behind."""
    font = next(icons.rglob("tabler-icons.ttf"), None)
    sheets = sorted(icons.rglob("tabler-icons*.css"), key=lambda path: len(path.name))
    if font is None or not sheets:
        raise SourceMissing(f"tabler-icons.ttf and its style sheet under {icons} (npm packages)")
    table = icon_table(sheets[0].read_text(encoding="utf-8"))
    if len(table) < 1000:
        raise SourceMissing(f"{sheets[0]} names {len(table)} icons only")
    absent = [noto / name for name in FACES.values() if not (noto / name).exists()]
    if absent:
        raise SourceMissing(f"{absent[0]} (Debian package fonts-noto-cjk)")
    fonts.mkdir(parents=True, exist_ok=True)
    for name, collection in FACES.items():
        write_face(noto / collection, fonts / name)
    shutil.copyfile(font, fonts / "icons.ttf")
    rare = [HANAZONO / name for name in RARE if (HANAZONO / name).exists()]
    facts = {
        "icons": table,
        "coverage": coverage(fonts / "regular.otf"),
        "rare": [{"path": str(path), "coverage": coverage(path)} for path in rare],
    }
    draft = fonts / "fonts.json.part"
    draft.write_text(json.dumps(facts), encoding="utf-8")
    draft.replace(fonts / "fonts.json")


def missing(fonts: Path = FONTS) -> list[str]:
    """Names of the assets not made yet."""
    return [name for name in MADE if not (fonts / name).exists()]


def main(arguments: list[str] | None = None) -> int:
    """Make, or only check; 0 when every asset stands."""
    parser = argparse.ArgumentParser(prog="python -m provisioning.assets", description=__doc__)
    parser.add_argument("--check", action="store_true", help="only look; exit 1 when some miss")
    parser.add_argument("--icons", type=Path, default=ICONS, help="folder of the Tabler icon font")
    options = parser.parse_args(arguments)
    if options.check:
        for name in missing():
            sys.stderr.write(f"missing: assets/fonts/{name}\n")
        return 1 if missing() else 0
    try:
        make(icons=options.icons)
    except SourceMissing as error:
        sys.stderr.write(f"cannot make the kiosk's fonts, missing: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
