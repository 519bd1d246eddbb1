"""`python -m kiosk.screens shots --out FOLDER`: every page of every service as PNG."""

import argparse
import sys
from io import BytesIO
from pathlib import Path

import numpy as np
import yaml
from PIL import Image, ImageDraw

from kiosk.contract.content import LANGUAGES
from kiosk.flow.citizen import Display
from kiosk.flow.events import TextScale, Theme
from kiosk.screens.app import ASSETS
from kiosk.screens.shots import Picture, ShotsFailed, take
from kiosk.screens.view_model import ViewModel
from kiosk.screens.walk import Walker
from kiosk.services.loader import ContentRefused
from kiosk.services.phrases import PhrasesRefused


def main(arguments: list[str] | None = None) -> int:
    """0: all taken; 1: not; 2: wrong arguments."""
    parser = argparse.ArgumentParser(prog="python -m kiosk.screens", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    shots = commands.add_parser("shots", help="take a picture of every page")
    shots.add_argument("--out", type=Path, required=True, help="folder for the pictures")
    shots.add_argument("--assets", type=Path, default=ASSETS)
    shots.add_argument("--service", help="only this service's pages")
    shots.add_argument("--theme", choices=[theme.value for theme in Theme], help="only this one")
    shots.add_argument("--scale", choices=[scale.value for scale in TextScale], default="1.0")
    shots.add_argument("--language", choices=LANGUAGES, default=LANGUAGES[0])
    options = parser.parse_args(arguments)
    try:
        walker = Walker(options.assets, _a4_jpeg())
    except (ContentRefused, PhrasesRefused, OSError, ValueError, yaml.YAMLError) as error:
        return _refuse(f"--assets {options.assets}: {error}")
    if options.service and options.service not in walker.services:
        parser.error(f"no service {options.service}; there are: {', '.join(walker.services)}")
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return _refuse(f"--out {options.out}: no folder can be made there: {error.strerror}")
    named: list[tuple[str, ViewModel]] = []
    for theme in Theme:
        if options.theme in {None, theme.value}:
            display = Display(
                theme=theme, text_scale=TextScale(options.scale), language=options.language
            )
            named += _pages(walker, display, options.service)
    try:
        saved = take(named, options.out, assets=options.assets, camera_picture=_under_camera())
    except ShotsFailed as error:
        sys.stderr.write(f"{error}\n")
        return 1
    for path in saved:
        print(path)
    return 0


def _refuse(why: str) -> int:
    """Arguments without sense: in one line, whatever a parser of files made of it."""
    sys.stderr.write(" ".join(why.split()) + "\n")
    return 2


def _pages(walker: Walker, display: Display, service: str | None) -> list[tuple[str, ViewModel]]:
    theme = display.theme.value
    found: list[tuple[str, ViewModel]] = []
    if service is None:
        found += [(f"{theme}/hall/{name}", page) for name, page in walker.around(display)]
    for service_id in [service] if service else walker.services:
        numbered = enumerate(walker.service(service_id, display), start=1)
        found += [
            (f"{theme}/{service_id}/{place:02d}-{name}", page) for place, (name, page) in numbered
        ]
    return found


def _a4() -> Image.Image:
    """A page with lines for text and a round stamp."""
    page = Image.new("RGB", (1240, 1754), "#F7F5EF")
    pen = ImageDraw.Draw(page)
    pen.rectangle((380, 130, 860, 180), fill="#2B2B2B")
    for row in range(22):
        top = 300 + 56 * row
        pen.rectangle((150, top, 1090 - (row * 97) % 300, top + 22), fill="#4A4A4A")
    pen.ellipse((800, 1350, 1080, 1630), outline="#B3261E", width=10)
    return page


def _a4_jpeg() -> bytes:
    encoded = BytesIO()
    _a4().save(encoded, "JPEG", quality=85)
    return encoded.getvalue()


def _under_camera() -> Picture:
    """The page lying on a dark desk, blue-green-red."""
    desk = Image.new("RGB", (1600, 1200), "#3C3C3C")
    desk.paste(_a4().resize((770, 1090)), (415, 55))
    return np.asarray(desk)[:, :, ::-1].copy()


if __name__ == "__main__":
    sys.exit(main())
