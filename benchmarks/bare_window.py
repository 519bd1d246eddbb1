"""The least a Kivy window can do: one label, and the whole screen in another colour at each touch.

    python -m benchmarks.bare_window STAMPS

What the kiosk's screen is held against. STAMPS holds when the newest frame was flipped to the
panel, in nanoseconds of CLOCK_MONOTONIC.
"""

import os
import sys
import time
from pathlib import Path
from typing import Final

SIZE: Final = (1080, 1920)
_COLOURS: Final = ((1.0, 1.0, 1.0, 1.0), (0.9, 0.95, 1.0, 1.0))


def main(stamps: Path) -> None:
    """Stay until the process is ended."""
    os.environ.update(
        KIVY_HOME=str(stamps.parent),
        KIVY_NO_ARGS="1",
        KIVY_NO_CONFIG="1",
        KIVY_NO_FILELOG="1",
        KIVY_NO_CONSOLELOG="1",
    )
    from kivy.config import Config  # noqa: PLC0415 - reads the environment on import

    for option, value in (("width", SIZE[0]), ("height", SIZE[1]), ("multisamples", 0)):
        Config.set("graphics", option, value)
    from kivy.base import runTouchApp  # noqa: PLC0415 - opens the window on import
    from kivy.core.window import Window  # noqa: PLC0415 - opens the window on import
    from kivy.graphics import Color, Rectangle  # noqa: PLC0415 - needs the window
    from kivy.uix.label import Label  # noqa: PLC0415 - needs the window

    label = Label(text="bare", color=(0, 0, 0, 1), font_size=60)
    with label.canvas.before:
        colour = Color(*_COLOURS[0])
        Rectangle(pos=(0, 0), size=SIZE)
    undrawn = True

    def repaint(*_: object) -> bool:
        nonlocal undrawn
        undrawn = True
        colour.rgba = _COLOURS[tuple(colour.rgba) == _COLOURS[0]]
        return True

    def flip(*_: object) -> bool:
        nonlocal undrawn
        Window.flip()
        if undrawn:
            undrawn = False
            draft = stamps.with_suffix(".part")
            draft.write_text(str(time.monotonic_ns()), encoding="ascii")
            draft.replace(stamps)
        return True

    Window.bind(on_touch_up=repaint, on_flip=flip)
    runTouchApp(label)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
