"""Tells scripted citizens where things stand: what is drawn now, as JSON in a file.

Only when the environment asks for it (`YICHUANG_TOUCH_MAP`): a demo or a test, never a kiosk in
service, because labels can hold what a citizen answered.
"""

import json
import os
from collections.abc import Iterable
from pathlib import Path

from kiosk.screens.drawing import Drawing, Moving, PadPress, Rect, Scene, Target, Words

SETTING = "YICHUANG_TOUCH_MAP"


def touch_map(scene: Scene, content: str, scrolled: int, *, drawn_ns: int) -> dict[str, object]:
    """Page, content hash, every button and pad in window pixels from the top left.

    `drawn_ns` is when the newest view was flipped to the panel, by CLOCK_MONOTONIC: other
    processes may compare it with their own.
    """
    over = bool(scene.over.targets)
    visible = list(scene.over.targets) if over else visible_targets(scene, scrolled)
    ink = scene.ink_area
    return {
        "page": scene.name,
        "content": content,
        "drawn_ns": drawn_ns,
        "warning": over,
        "scrolls": scene.scroll_range,
        "scrolled": scrolled,
        "words": _written(scene.over.drawings if over else scene.body.drawings),
        "buttons": [
            {"label": target.label, "event": _event_name(target), **_place(target.rect)}
            for target in visible
        ],
        "pads": _pads(ink, visible) if not over else {},
    }


def _pads(ink: Rect | None, visible: list[Target]) -> dict[str, object]:
    """Where to sign, and where each digit is."""
    pads: dict[str, object] = {"signature": _place(ink)} if ink is not None else {}
    digits = {
        target.act.digit: _place(target.rect)
        for target in visible
        if isinstance(target.act, PadPress) and target.act.what == "digit"
    }
    return pads | ({"digits": digits} if digits else {})


def visible_targets(scene: Scene, scrolled: int) -> list[Target]:
    """Bars' targets, then the body's as far as the viewport shows their middle."""
    found = list(scene.bars.targets)
    for target in scene.body.targets:
        rect = target.rect.shifted(-scrolled)
        if scene.viewport.holds(rect.x + rect.width / 2, rect.y + rect.height / 2):
            found.append(Target(target.key, target.label, rect, target.act))
    return found


def write_touch_map(path: Path, facts: dict[str, object]) -> None:
    """Atomically: a reader sees the old map or the new one."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.part")
    draft.write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")
    draft.replace(path)


def _written(drawings: Iterable[Drawing]) -> list[str]:
    """Every line of text, in the order it is drawn."""
    lines: list[str] = []
    for each in drawings:
        if isinstance(each, Words):
            lines.append(each.text)
        elif isinstance(each, Moving):
            lines += _written(each.parts)
    return lines


def _place(rect: Rect) -> dict[str, int]:
    return {"x": rect.x, "y": rect.y, "w": rect.width, "h": rect.height}


def _event_name(target: Target) -> str:
    if isinstance(target.act, PadPress):
        digit = target.act.digit if target.act.what == "digit" else ""
        return f"pad:{target.act.what}{digit}"
    return type(target.act).__name__
