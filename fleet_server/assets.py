"""Where the server finds the folder without Python: services, texts, calendars, invented data."""

from pathlib import Path
from typing import Final

ASSETS: Final = Path(__file__).resolve().parents[1] / "assets"
