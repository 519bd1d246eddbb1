"""A finger on an X display that knows to a fraction of a millisecond when it lifted."""

import os
import subprocess
import time
from types import TracebackType
from typing import Final, Self

_DWELL_S: Final = 0.06
"""How long a finger rests on the glass: a quick tap; the pressed look is drawn meanwhile."""


class Touches:
    """One xdotool that reads its orders from a pipe: starting one per touch would cost 5 ms."""

    def __init__(self, display: str) -> None:
        self._display = display
        self._xdotool: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self._xdotool = subprocess.Popen(
            ["xdotool", "-"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "DISPLAY": self._display},
            text=True,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._xdotool is not None:
            self._xdotool.communicate(timeout=5)

    def tap(self, x: int, y: int) -> int:
        """Touch and lift; when it lifted, in nanoseconds of CLOCK_MONOTONIC."""
        self._say(f"mousemove {x} {y}")
        self._say("mousedown 1")
        time.sleep(_DWELL_S)
        lifted_ns = time.monotonic_ns()
        self._say("mouseup 1")
        return lifted_ns

    def _say(self, order: str) -> None:
        if self._xdotool is None or self._xdotool.stdin is None:
            raise ValueError("use it in a with statement")
        self._xdotool.stdin.write(order + "\n")
        self._xdotool.stdin.flush()
