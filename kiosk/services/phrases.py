"""Shared words (buttons, faults, pages) in every language, checked as they are loaded."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from kiosk.contract.assemble import flatten
from kiosk.contract.checks import placeholders
from kiosk.contract.content import LANGUAGES, Texts


class PhrasesRefused(Exception):
    """A language lacks a text another has, or says it with other facts."""


@dataclass(frozen=True, slots=True)
class Phrases:
    """Every shared text by language; all languages have the same keys and facts."""

    texts: Mapping[str, Texts]

    def say(self, language: str, key: str, **facts: str) -> str:
        """The text with its `{facts}` filled in. KeyError means a defect that load lets through."""
        return self.texts[language][key].format(**facts)

    def require(self, keys: Iterable[str]) -> None:
        """Raise PhrasesRefused where one of these keys is missing."""
        missing = sorted({key for key in keys if key not in self.texts[LANGUAGES[0]]})
        if missing:
            raise PhrasesRefused(f"missing texts: {', '.join(missing)}")


def load_phrases(folder: Path) -> Phrases:
    """`<folder>/<language>.yaml` for each language. Raises PhrasesRefused."""
    texts: dict[str, Texts] = {}
    for language in LANGUAGES:
        path = folder / f"{language}.yaml"
        try:
            texts[language] = flatten(
                yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
            )
        except (OSError, ValueError, yaml.YAMLError) as error:
            raise PhrasesRefused(f"{path.name}: {error}") from error
    first, *others = LANGUAGES
    for language in others:
        odd = sorted(texts[first].keys() ^ texts[language].keys())
        if odd:
            raise PhrasesRefused(f"not in both {first} and {language}: {', '.join(odd)}")
        for key, text in texts[first].items():
            if set(placeholders(text)) != set(placeholders(texts[language][key])):
                raise PhrasesRefused(f"{language}: {key} names other facts than {first}")
    return Phrases(texts)
