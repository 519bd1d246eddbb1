"""The pictures in `docs/`: what a demo left, four pages to a sheet, small enough to keep in git.

`python -m provisioning.demo.contact_sheets --demo .run/demo --out docs/pictures`
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PIL import Image

PAGE_SIZE: Final = (405, 720)
GAP: Final = 16
GROUND: Final = "#e4e7eb"
COLOURS: Final = 160
"""Enough for flat pages and a photograph; a third of the bytes."""


def sheet(pictures: Sequence[Path], *, size: tuple[int, int] | None = PAGE_SIZE) -> Image.Image:
    """Lay pictures side by side, each scaled to `size`, or as they are where `size` is None."""
    opened = [Image.open(path).convert("RGB") for path in pictures]
    if size is not None:
        opened = [page.resize(size, Image.Resampling.LANCZOS) for page in opened]
    width = sum(page.width for page in opened) + GAP * (len(opened) + 1)
    height = max(page.height for page in opened) + 2 * GAP
    ground = Image.new("RGB", (width, height), GROUND)
    x = GAP
    for page in opened:
        ground.paste(page, (x, GAP))
        x += page.width + GAP
    return ground


def save_small(picture: Image.Image, path: Path) -> None:
    """Write a PNG with a palette."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.quantize(COLOURS, method=Image.Quantize.MEDIANCUT).save(path, optimize=True)


def main() -> int:
    """Make the sheets from the pictures that `make demo ONCE=1` left; 0 when there were some."""
    arguments = argparse.ArgumentParser(prog="python -m provisioning.demo.contact_sheets")
    arguments.add_argument("--demo", type=Path, default=Path(".run/demo"))
    arguments.add_argument("--out", type=Path, default=Path("docs/pictures"))
    chosen = arguments.parse_args()
    pages = sorted(chosen.demo.glob("[0-9]*-*.png"))
    first_visit = _until_second_idle(pages)
    receipts = sorted(chosen.demo.glob("receipt-*.png"))
    if not first_visit or not receipts:
        sys.stderr.write(f"no pictures in {chosen.demo}; run `make demo ONCE=1` first\n")
        return 1
    for number, start in enumerate(range(0, len(first_visit), 4), start=1):
        save_small(sheet(first_visit[start : start + 4]), chosen.out / f"kiosk-{number}.png")
    save_small(_halved(sheet(receipts, size=None)), chosen.out / "receipts.png")
    return 0


def _until_second_idle(pages: list[Path]) -> list[Path]:
    """Take the pages of the first citizen, each kind once."""
    visit: list[Path] = []
    for path in pages:
        kind = path.stem.split("-", 1)[1]
        if kind == "idle" and visit:
            break
        visit.append(path)
    return visit


def _halved(picture: Image.Image) -> Image.Image:
    return picture.resize((picture.width // 2, picture.height // 2), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    sys.exit(main())
