"""Every phrase that the pages say by its name exists: found in the source, not only by walking."""

import ast
from collections.abc import Iterator
from pathlib import Path

from kiosk.services.phrases import load_phrases

ROOT = Path(__file__).resolve().parents[3]
PAGES = ROOT / "kiosk" / "screens" / "viewing"


def literal_keys(source: str) -> Iterator[str]:
    """First arguments of `say(…)` and `lines(…)`, both branches of a condition included."""
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if node.func.attr in {"say", "lines"} and node.args:
            for inner in ast.walk(node.args[0]):
                if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                    yield inner.value


def test_every_phrase_said_by_name_exists() -> None:
    known = load_phrases(ROOT / "assets" / "text").texts["zh-CN"]
    said = {
        key
        for path in sorted(PAGES.glob("*.py"))
        for key in literal_keys(path.read_text(encoding="utf-8"))
        if "." in key and not key.startswith(".") and not key.endswith(".")
    }
    assert len(said) > 60
    assert not said - known.keys()


def test_the_search_finds_what_is_said() -> None:
    source = 'saying.say("a.b" if x else "a.c", n="1"); saying.lines("d.e")'
    assert set(literal_keys(source)) == {"a.b", "a.c", "d.e"}
