"""The pictures in `docs/`, small enough to keep in git: what the demo and `make shots` left.

`python -m provisioning.demo.contact_sheets` after both of them.
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

SERVICE: Final = "police-no-criminal-record"
"""The service whose pages of trouble are shown: it uses the most devices."""

TROUBLES: Final = (
    ("lifted", "photographing", "cut_off", "device-document_camera"),
    ("submit-trouble-disk", "D301-not_printed", "waiting-ended-printed", "guide-atguide-warned"),
)
"""Ends of the names of the pages shown, four to a sheet."""

OTHERS: Final = {
    "closed": (
        ("hall", "out-of-service"),
        ("hall", f"not-now-{SERVICE}"),
        ("hall", "home-no-server"),
        ("hall", "take-card"),
    ),
    "readers": (
        ("social-insurance-participation", "awaitingsocialsecuritycard"),
        ("social-insurance-participation", "social_security_card-unsupported"),
        ("tax-payment-certificate", "awaitingcode"),
        ("tax-payment-certificate", "qr_code-wrong_code"),
    ),
    "endings": (
        (SERVICE, "refused-ended-none"),
        (SERVICE, "done-ended-not_printed"),
        (SERVICE, "submit-trouble-turned_away"),
        (SERVICE, "left-ended-none-kept"),
    ),
}
"""Sheets of pages that no citizen of the demo comes to: folder and end of the name."""

THEMES: Final = ("default", "high_contrast_light", "high_contrast_dark", "night")


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
    """Make every sheet whose pictures are there; 1 when there was nothing to make."""
    arguments = argparse.ArgumentParser(prog="python -m provisioning.demo.contact_sheets")
    arguments.add_argument("--demo", type=Path, default=Path(".run/demo"))
    arguments.add_argument("--kiosk", type=Path, default=Path(".run/shots/kiosk"))
    arguments.add_argument("--console", type=Path, default=Path(".run/shots/console"))
    arguments.add_argument("--out", type=Path, default=Path("docs/pictures"))
    chosen = arguments.parse_args()
    made = (
        _errand_sheets(chosen.demo, chosen.out)
        + _kiosk_sheets(chosen.kiosk, chosen.out)
        + _console_pages(chosen.console, chosen.out)
    )
    sys.stderr.write(f"{made} pictures in {chosen.out}\n")
    return 0 if made else 1


def _errand_sheets(demo: Path, out: Path) -> int:
    """Lay out the first citizen's way and the four receipts."""
    visit = _until_second_idle(sorted(demo.glob("[0-9]*-*.png")))
    receipts = sorted(demo.glob("receipt-*.png"))
    if not visit or not receipts:
        return 0
    starts = range(0, len(visit), 4)
    for number, start in enumerate(starts, start=1):
        save_small(sheet(visit[start : start + 4]), out / f"kiosk-{number}.png")
    save_small(_halved(sheet(receipts, size=None)), out / "receipts.png")
    return len(starts) + 1


def _kiosk_sheets(shots: Path, out: Path) -> int:
    """Lay out pages of trouble, those of the other services, and one page in each theme."""
    if not shots.is_dir():
        return 0
    pages = sorted((shots / "default" / SERVICE).glob("*.png"))
    for number, ends in enumerate(TROUBLES, start=1):
        shown = [next(page for page in pages if page.stem.endswith(end)) for end in ends]
        save_small(sheet(shown), out / f"trouble-{number}.png")
    for name, places in OTHERS.items():
        shown = [next((shots / "default" / folder).glob(f"*{end}.png")) for folder, end in places]
        save_small(sheet(shown), out / f"{name}.png")
    themed = [next((shots / theme / SERVICE).glob("*-checking.png")) for theme in THEMES]
    save_small(sheet(themed), out / "themes.png")
    return len(TROUBLES) + len(OTHERS) + 1


def _console_pages(shots: Path, out: Path) -> int:
    """Shrink the console's pages, each in a file of its own."""
    pages = sorted(shots.glob("*.png"))
    for page in pages:
        picture = Image.open(page).convert("RGB")
        width = min(picture.width, 1440)
        height = picture.height * width // picture.width
        save_small(picture.resize((width, height)), out / "console" / page.name)
    return len(pages)


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
