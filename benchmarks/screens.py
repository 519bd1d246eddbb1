"""The kiosk's screen under software rendering: how soon it is there, how soon it answers a finger.

Beside each figure stands a bare Kivy window on the same display in the same run.
"""

import sys
import time
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.figure import Figure, percentile
from benchmarks.running import display_of, running_system, touching
from benchmarks.touching import Touches
from provisioning.demo.fingers import Button, Fingers, Shown
from provisioning.demo.processes import Child, wait_until
from provisioning.demo.system import System

STARTS: Final = 5
ROUNDS: Final = 4
"""Through every department to its first guide and back: 64 touches."""
BARE_TOUCHES: Final = 64

COLD_START_S: Final = 2.5
TOUCH_TO_SCREEN_MS: Final = 100.0
"""`DESIGN.md` section 7."""


def measure() -> list[Figure]:
    """Cold starts and touches of the kiosk, then of a bare window."""
    with running_system() as system:
        starts = [_cold_start(system) for _ in range(STARTS)]
        with touching(system) as touches:
            fingers = Fingers(system.touch_map, display_of(system))
            answers_ms = _walk(fingers, touches)
        system.children["app"].stop()
        bare_starts = [_bare_start(system) for _ in range(STARTS)]
        with touching(system) as touches:
            bare_answers_ms = _bare_touches(system, touches)
    return [
        *_held(
            f"cold start → first touchable frame (median of {STARTS})",
            median(starts),
            "s",
            COLD_START_S,
            bare=median(bare_starts),
        ),
        *_held(
            f"touch → next screen drawn, p95 of {len(answers_ms)}",
            percentile(answers_ms, 0.95),
            "ms",
            TOUCH_TO_SCREEN_MS,
            bare=percentile(bare_answers_ms, 0.95),
        ),
    ]


def _held(name: str, value: float, unit: str, target: float, *, bare: float) -> list[Figure]:
    """The same figure against the design's target and beside a bare window."""
    return [
        Figure(name=name, value=value, unit=unit, against="DESIGN.md 7", limit=target),
        Figure(
            name=name,
            value=value,
            unit=unit,
            against="a bare Kivy window, this run",
            limit=bare,
            is_target=False,
        ),
    ]


def _cold_start(system: System) -> float:
    """Seconds from starting the app's process until its first page is drawn and takes touches."""
    system.children["app"].stop()
    began = time.monotonic()
    system.start_app()
    return time.monotonic() - began


def _walk(fingers: Fingers, touches: Touches) -> list[float]:
    """Milliseconds from each lifted finger to the next page's flip."""
    taken: list[float] = []

    def press(event: str, index: int = 0) -> None:
        before = fingers.shown()
        found = [button for button in before.buttons if button.event == event]
        taken.append(_answer_ms(fingers, touches, before, found[index]))

    fingers.wait_for("idle")
    press("Begin")
    departments = sum(each.event == "DepartmentChosen" for each in fingers.shown().buttons)
    for _ in range(ROUNDS):
        for department in range(departments):
            press("DepartmentChosen", department)
            press("ServiceChosen")
            press("Back")
            press("Back")
    return taken


def _answer_ms(fingers: Fingers, touches: Touches, before: Shown, button: Button) -> float:
    lifted_ns = touches.tap(*button.middle)
    after = fingers.wait_until(
        lambda shown: shown.page != before.page and shown.drawn_ns > lifted_ns,
        f"a page after “{before.page}”",
        within_s=10,
    )
    return (after.drawn_ns - lifted_ns) / 1e6


def _bare_window(system: System) -> tuple[Child, Path]:
    stamps = system.folder / "bare" / "stamps"
    stamps.parent.mkdir(exist_ok=True)
    stamps.unlink(missing_ok=True)
    child = Child(
        "bare",
        [sys.executable, "-m", "benchmarks.bare_window", str(stamps)],
        log_folder=system.folder / "logs",
        environment={"DISPLAY": display_of(system)},
    )
    system.children["bare"] = child
    child.start()
    wait_until(stamps.exists, child, within_s=30)
    return child, stamps


def _bare_start(system: System) -> float:
    began = time.monotonic()
    child, _ = _bare_window(system)
    taken = time.monotonic() - began
    child.stop()
    return taken


def _bare_touches(system: System, touches: Touches) -> list[float]:
    child, stamps = _bare_window(system)
    taken: list[float] = []
    for _ in range(BARE_TOUCHES):
        time.sleep(0.25)  # as a settling page makes the kiosk's finger wait
        lifted_ns = touches.tap(540, 960)
        wait_until(lambda since=lifted_ns: _stamp(stamps) > since, child, within_s=10)  # type: ignore[misc]  # mypy cannot infer a lambda's default
        taken.append((_stamp(stamps) - lifted_ns) / 1e6)
    child.stop()
    return taken


def _stamp(stamps: Path) -> int:
    return int(stamps.read_text(encoding="ascii"))
