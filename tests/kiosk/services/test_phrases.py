"""Both languages say the same things with the same facts, or nothing is loaded."""

from pathlib import Path

import pytest

from kiosk.services.phrases import PhrasesRefused, load_phrases

ASSETS = Path(__file__).resolve().parents[3] / "assets"


def _write(folder: Path, chinese: str, english: str) -> Path:
    (folder / "zh-CN.yaml").write_text(chinese, encoding="utf-8")
    (folder / "en.yaml").write_text(english, encoding="utf-8")
    return folder


def test_facts_are_filled_in() -> None:
    phrases = load_phrases(ASSETS / "text")
    assert phrases.say("zh-CN", "progress", number="2", total="5") == "第 2 步 / 共 5 步"
    assert phrases.say("en", "progress", number="2", total="5") == "Step 2 of 5"


@pytest.mark.parametrize(
    ("chinese", "english", "named"),
    [
        ("a: {b: 一}", "a: {c: one}", "a.b, a.c"),
        ("a: '{n} 个'", "a: '{m} pieces'", "a names other facts"),
        ("a: 一", "a: 1", "a is not text"),
        ("a: 一", "[one]", "mapping"),
        ("a: [", "a: one", "zh-CN.yaml"),
    ],
)
def test_languages_that_differ_are_refused_by_name(
    tmp_path: Path, chinese: str, english: str, named: str
) -> None:
    with pytest.raises(PhrasesRefused, match=named):
        load_phrases(_write(tmp_path, chinese, english))


def test_a_required_text_that_is_missing_is_named(tmp_path: Path) -> None:
    phrases = load_phrases(_write(tmp_path, "a: 一", "a: one"))
    phrases.require({"a"})
    with pytest.raises(PhrasesRefused, match="b"):
        phrases.require({"a", "b"})
