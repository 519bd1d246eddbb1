"""Fills a receipt template with facts; a block whose every fact is empty is left out."""

from collections.abc import Mapping

from pydantic import JsonValue

from kiosk.contract.checks import placeholders, strings_in
from kiosk.contract.receipt_fields import BLOCK_FIELDS

Facts = Mapping[str, JsonValue]
"""By the names in `kiosk.contract.receipt_fields`; texts, or whole rows and tables."""


def fill(template: JsonValue, facts: Facts) -> dict[str, JsonValue]:
    """The receipt as data for the printer. Raises KeyError on a field that `facts` lack."""
    if not isinstance(template, dict):
        raise TypeError("a template is a mapping with blocks")
    blocks = template.get("blocks")
    if not isinstance(blocks, list):
        raise TypeError("a template has a list of blocks")
    return {"blocks": [_filled(block, facts) for block in blocks if _says_something(block, facts)]}


def _says_something(block: JsonValue, facts: Facts) -> bool:
    named = [name for text in strings_in(block) for name in placeholders(text)]
    return not named or any(facts[name] for name in named)


def _filled(value: JsonValue, facts: Facts) -> JsonValue:
    if isinstance(value, str):
        names = placeholders(value)
        if len(names) == 1 and names[0] in BLOCK_FIELDS:
            return facts[names[0]]
        return value.format(**{name: str(facts[name]) for name in names})
    if isinstance(value, list):
        return [_filled(each, facts) for each in value if _row_says_something(each, facts)]
    if isinstance(value, dict):
        return {key: _filled(each, facts) for key, each in value.items()}
    return value


def _row_says_something(row: JsonValue, facts: Facts) -> bool:
    """A row of label and value goes where the value is empty."""
    return not isinstance(row, list) or _says_something(row, facts)
