"""Themes and typeface as the kiosk loads them; `make setup` made the fonts."""

from pathlib import Path

import pytest

from kiosk.screens.theme import Themes, load_themes
from kiosk.screens.typeface import Typeface

ASSETS = Path(__file__).resolve().parents[3] / "assets"


@pytest.fixture(scope="session")
def themes() -> Themes:
    return load_themes(ASSETS / "theme")


@pytest.fixture(scope="session")
def typeface() -> Typeface:
    return Typeface(ASSETS / "fonts")
