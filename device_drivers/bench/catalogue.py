"""What lies ready on the bench: cards of invented people and codes to show."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import yaml

PEOPLE = Path(__file__).with_name("people.yaml")


@dataclass(frozen=True, slots=True)
class PreparedCode:
    """One QR code with the words that stand on its button."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything by the short name the API and the page use."""

    id_cards: Mapping[str, Mapping[str, str]]
    """Fields as `id_card_reader.emulator` takes them."""
    social_security_cards: Mapping[str, Mapping[str, object]]
    """Fields as `social_security_card.emulator.CardFields` has them."""
    codes: Mapping[str, PreparedCode]

    @classmethod
    def load(cls, path: Path = PEOPLE) -> Self:
        """Read the file. Raises KeyError, TypeError or ValueError where it is not of this shape."""
        tables = yaml.safe_load(path.read_text("utf-8"))
        return cls(
            id_cards={
                name: {key: str(value) for key, value in fields.items()}
                for name, fields in tables["id_cards"].items()
            },
            social_security_cards=tables["social_security_cards"],
            codes={name: PreparedCode(**code) for name, code in tables["codes"].items()},
        )

    def describe(self) -> dict[str, object]:
        """What the page offers: short names with what is printed on each thing."""
        return {
            "id_cards": {name: dict(card) for name, card in self.id_cards.items()},
            "social_security_cards": {
                name: dict(card) for name, card in self.social_security_cards.items()
            },
            "codes": {
                name: {"title": code.title, "text": code.text} for name, code in self.codes.items()
            },
        }
