"""A kiosk without a flow: each touch shows the next sample page. Prints what happened as JSON.

Run in its own process, for Kivy has one window per process.
"""

import json
import sys
import time

from kiosk.flow.events import Signed, StillHere, TextScale, Theme, Touch
from kiosk.screens.app import KioskScreen
from kiosk.screens.view_model import ViewModel
from tests.shots.samples import views


def sample(name: str) -> ViewModel:
    """A sample by its name, or at a text size: `guide@1.75`."""
    page, _, scale = name.partition("@")
    return views(Theme.DEFAULT, TextScale(scale or "1.0"))[page]


def main(names: list[str]) -> None:
    """Walk through the named samples, touch by touch."""
    walk = [sample(name) for name in names]
    place = 0
    touched_at = 0.0

    def say(**facts: object) -> None:
        sys.stdout.write(json.dumps(facts) + "\n")
        sys.stdout.flush()

    def on_touch(touch: Touch) -> None:
        nonlocal place, touched_at
        if isinstance(touch, StillHere):
            return
        touched_at = time.perf_counter()
        say(touch=type(touch).__name__, ink=len(touch.png) if isinstance(touch, Signed) else 0)
        place += 1
        if place < len(walk):
            screen.show(walk[place])
        else:
            screen.stop()

    def on_drawn(content: str) -> None:
        say(drawn=content, ms=(time.perf_counter() - touched_at) * 1000 if touched_at else None)

    screen = KioskScreen(on_touch, hide_cursor=True)
    screen.on_drawn(on_drawn)
    screen.show(walk[0])
    screen.run()
    say(ended=True)


if __name__ == "__main__":
    main(sys.argv[1:])
