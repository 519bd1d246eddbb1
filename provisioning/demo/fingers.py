"""A finger on the kiosk's real screen: xdotool presses where the page says its buttons are."""

import json
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PAGE_WITHIN_S: Final = 40.0
"""The longest wait for a page: submit waits 20 s for a department, twice that."""

_LOOK_EVERY_S: Final = 0.03


class Lost(Exception):
    """The screen does not show what a citizen was told to expect."""


@dataclass(frozen=True, slots=True)
class Button:
    """One touchable thing in window pixels from the top left."""

    label: str
    event: str
    x: int
    y: int
    width: int
    height: int

    @property
    def middle(self) -> tuple[int, int]:
        """Where a finger lands."""
        return self.x + self.width // 2, self.y + self.height // 2


@dataclass(frozen=True, slots=True)
class Shown:
    """What the screen shows, as the app wrote it after drawing."""

    page: str
    content: str
    warning: bool
    scrolls: int
    scrolled: int
    words: tuple[str, ...]
    """Lines of text as drawn; a sentence may be broken over several."""
    buttons: tuple[Button, ...]
    signature: Button | None
    written_ns: int
    drawn_ns: int
    """When this view was flipped to the panel, by CLOCK_MONOTONIC."""

    @property
    def text(self) -> str:
        """Everything written on the page, without the breaks between lines."""
        return "".join(self.words)


class Fingers:
    """Touches the display that the kiosk app draws on."""

    def __init__(self, touch_map: Path, display: str) -> None:
        self._touch_map = touch_map
        self._environment = {**os.environ, "DISPLAY": display}

    def shown(self) -> Shown:
        """Read the page as it is now. Raises Lost while there is none."""
        try:
            written_ns = self._touch_map.stat().st_mtime_ns
            facts = json.loads(self._touch_map.read_text(encoding="utf-8"))
        except (OSError, json.JSONDecodeError) as error:
            raise Lost("the app has not drawn anything yet") from error
        buttons = tuple(
            Button(item["label"], item["event"], item["x"], item["y"], item["w"], item["h"])
            for item in facts["buttons"]
        )
        pad = facts["pads"].get("signature")
        return Shown(
            page=facts["page"],
            content=facts["content"],
            warning=facts["warning"],
            scrolls=facts["scrolls"],
            scrolled=facts["scrolled"],
            words=tuple(facts["words"]),
            buttons=buttons,
            signature=Button("", "", pad["x"], pad["y"], pad["w"], pad["h"]) if pad else None,
            written_ns=written_ns,
            drawn_ns=facts["drawn_ns"],
        )

    def wait_for(self, *pages: str, within_s: float = PAGE_WITHIN_S, after_ns: int = 0) -> Shown:
        """Wait for one of these pages, drawn later than `after_ns`. Raises Lost."""
        return self.wait_until(
            lambda shown: shown.page in pages and shown.written_ns > after_ns,
            f"one of {', '.join(pages)}",
            within_s=within_s,
        )

    def wait_until(
        self, holds: Callable[[Shown], bool], words: str, *, within_s: float = PAGE_WITHIN_S
    ) -> Shown:
        """Wait until the screen is as told. Raises Lost with `words` and what is shown instead."""
        deadline = time.monotonic() + within_s
        last = "nothing"
        while time.monotonic() < deadline:
            try:
                shown = self.shown()
            except Lost:
                time.sleep(_LOOK_EVERY_S)
                continue
            if holds(shown):
                return shown
            last = shown.page
            time.sleep(_LOOK_EVERY_S)
        raise Lost(f"waited {within_s:.0f} s for {words}; the screen shows “{last}”")

    def press(
        self,
        event: str,
        *,
        label: str = "",
        index: int = 0,
        within_s: float = PAGE_WITHIN_S,
    ) -> None:
        """Touch the button with this event and these words on it. Raises Lost if none comes."""
        deadline = time.monotonic() + within_s
        while True:
            shown = self.shown()
            fitting = [
                button
                for button in shown.buttons
                if button.event == event and label in button.label
            ]
            if len(fitting) > index:
                self.touch(*fitting[index].middle)
                return
            if time.monotonic() > deadline:
                offered = ", ".join(f"{b.event}“{b.label[:12]}”" for b in shown.buttons)
                raise Lost(f"no button {event} {label!r} on {shown.page}; there are: {offered}")
            if shown.scrolled < shown.scrolls:
                self.scroll()
            time.sleep(_LOOK_EVERY_S)

    def touch(self, x: int, y: int) -> None:
        """Press and release at one point."""
        self._xdotool(
            "mousemove", str(x), str(y), "mousedown", "1", "sleep", "0.03", "mouseup", "1"
        )

    def scroll(self) -> None:
        """Drag the page up by a hand's breadth."""
        self._stroke([(540, 1200), (540, 1000), (540, 800), (540, 700)])

    def sign(self, pad: Button) -> None:
        """Draw a signature: three strokes across the pad."""
        left, top, width, height = pad.x, pad.y, pad.width, pad.height
        strokes = (
            [(0.15, 0.35), (0.25, 0.3), (0.35, 0.55), (0.2, 0.75)],
            [(0.42, 0.25), (0.45, 0.5), (0.43, 0.8), (0.5, 0.72)],
            [(0.58, 0.4), (0.7, 0.3), (0.66, 0.6), (0.8, 0.45), (0.86, 0.7)],
        )
        for stroke in strokes:
            self._stroke([(left + int(x * width), top + int(y * height)) for x, y in stroke])

    def _stroke(self, points: list[tuple[int, int]]) -> None:
        steps = ["mousemove", str(points[0][0]), str(points[0][1]), "mousedown", "1"]
        for start, end in zip(points, points[1:], strict=False):
            for part in range(1, 7):
                x = start[0] + (end[0] - start[0]) * part // 6
                y = start[1] + (end[1] - start[1]) * part // 6
                steps += ["mousemove", str(x), str(y), "sleep", "0.012"]
        self._xdotool(*steps, "mouseup", "1")

    def _xdotool(self, *arguments: str) -> None:
        subprocess.run(
            ["xdotool", *arguments], env=self._environment, check=True, capture_output=True
        )
