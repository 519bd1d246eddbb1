"""Dates, times and numbers as people read them, in each language."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Final

import yaml
from pydantic import ValidationError

from kiosk.contract.dates import CHINA, DateWords
from kiosk.contract.services import Department
from kiosk.services.phrases import PhrasesRefused

TEXTS: Final = Path(__file__).resolve().parents[2] / "assets" / "text"


def read_date_words(path: Path) -> DateWords:
    """Raises PhrasesRefused where the file does not hold them all."""
    try:
        words = DateWords.model_validate(
            yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        )
        words.say(date(2026, 11, 23))
    except (OSError, yaml.YAMLError, ValidationError, LookupError, ValueError) as error:
        raise PhrasesRefused(f"{path.name}: {type(error).__name__}: {error}") from error
    return words


@cache
def date_words(language: str) -> DateWords:
    """The words that came with the software, read once; the app does so as it starts."""
    return read_date_words(TEXTS / f"date.{language}.yaml")


def department_names(folder: Path, language: str) -> Mapping[str, str]:
    """Each department's full name by its id, of `<folder>/<language>.yaml`.

    Raises PhrasesRefused where a department has none.
    """
    path = folder / f"{language}.yaml"
    try:
        words = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["department"]
        return {each.value: str(words[each.value]["full"]) for each in Department}
    except (OSError, yaml.YAMLError, LookupError, TypeError) as error:
        raise PhrasesRefused(f"{path.name}: department: {type(error).__name__}") from error


def say_date(language: str, day: date) -> str:
    """2026年3月5日 周四, or Thu 5 Mar 2026."""
    return date_words(language).say(day)


def say_moment(language: str, moment: datetime) -> str:
    """The date and the minute in China's time: 2026年3月5日 周四 09:05."""
    local = moment.astimezone(CHINA)
    return f"{say_date(language, local.date())} {local:%H:%M}"


def say_iso_date(language: str, text: str | None) -> str:
    """A date that came as ISO text; empty for None, the text itself where it is no date."""
    if not text:
        return ""
    try:
        return say_date(language, date.fromisoformat(text[:10]))
    except ValueError:
        return text


def grouped(digits: str, groups: tuple[int, ...]) -> str:
    """`grouped("13812345678", (3, 4, 4))` → `138 1234 5678`; what is left over comes last."""
    parts: list[str] = []
    rest = digits
    for size in groups:
        if rest:
            parts.append(rest[:size])
            rest = rest[size:]
    return " ".join([*parts, rest] if rest else parts)


def local_number(case_id: str) -> str:
    """The number of an offline slip: the case id's first twelve signs in fours."""
    return grouped(case_id[:12].upper(), (4, 4, 4))
