"""The console's words, keyed, one file per language in `assets/text`."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

import yaml
from pydantic import JsonValue

from fleet_server.assets import ASSETS

LANGUAGES: Final = ("zh-CN", "en")
"""Chinese first; a test holds both files to the same keys and the same facts."""


class Words:
    """The texts of one language by dotted key, such as `kiosk.title`."""

    def __init__(self, language: str, texts: Mapping[str, str]) -> None:
        self.language = language
        self.texts = texts

    def __call__(self, key: str, /, **facts: object) -> str:
        """The text with `{fact}`s filled in. Raises KeyError on an unknown key or missing fact."""
        return self.texts[key].format_map(facts)

    def of_code(self, group: str, code: str, /, **facts: object) -> str:
        """The text of `<group>.<code>`; the code itself where a newer kiosk says one we lack."""
        text = self.texts.get(f"{group}.{code}")
        return code if text is None else text.format_map(facts)


@cache
def words_in(language: str) -> Words:
    """The words of a language; Chinese for one we do not speak."""
    known = language if language in LANGUAGES else LANGUAGES[0]
    path = ASSETS / "text" / f"console.{known}.yaml"
    return Words(
        known, dict(_flat(yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader), ""))
    )


def _flat(value: JsonValue, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _flat(each, f"{path}.{key}" if path else key)
    else:
        yield path, str(value)
