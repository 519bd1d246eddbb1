"""The invented records of the sandboxes, as read from `assets/sandbox`."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import yaml
from pydantic import Field, TypeAdapter

from kiosk.contract.model import Strict

Month = Annotated[str, Field(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")]


class Person(Strict):
    """Somebody the departments know."""

    name: str = Field(repr=False)
    number: str = Field(pattern=r"^[0-9]{17}[0-9X]$", repr=False)


class Registration(Strict):
    """One unit of real estate and its holder (不动产登记簿)."""

    owner: str = Field(repr=False)
    unit: str = Field(pattern=r"^[0-9]{12}[A-Z]{2}[0-9]{5}[FLQW][0-9]{8}$")
    """不动产单元号: `REQUIREMENTS.md`, Figures."""
    title_number: str
    place: str = Field(repr=False)
    right: str
    use: str
    area_m2: Decimal
    shared: str
    registered_on: date
    burden: str


class Payment(Strict):
    """One tax paid under a notice."""

    tax: str
    item: str
    period: date
    paid_on: date
    amount_yuan: Decimal


class TaxNotice(Strict):
    """A payment notice with the QR code citizens show (缴税通知)."""

    notice: str = Field(pattern=r"^[0-9]{14}$")
    area: str = Field(pattern=r"^[0-9]{6}$")
    payer: str = Field(repr=False)
    payer_number: str = Field(repr=False)
    office: str
    state: Literal["paid", "unpaid", "voided"]
    payments: tuple[Payment, ...]


class Insurance(Strict):
    """One insurance of one person: from the first to the last month paid."""

    kind: Literal["pension", "resident_pension", "unemployment", "injury"]
    since: Month
    until: Month
    missing: tuple[Month, ...] = ()

    @property
    def months(self) -> int:
        """Months really paid."""
        first, last = (int(m[:4]) * 12 + int(m[5:]) for m in (self.since, self.until))
        return last - first + 1 - len(self.missing)


class Insured(Strict):
    """One insured person."""

    number: str = Field(repr=False)
    employer: str
    insurances: tuple[Insurance, ...]


Row = TypeVar("Row", bound=Strict)


def read_rows(path: Path, row: type[Row]) -> tuple[Row, ...]:
    """Every record of a file. Raises ValueError naming what is wrong."""
    adapter = TypeAdapter(tuple[row, ...])  # type: ignore[valid-type]  # a type made at run time
    rows: tuple[Row, ...] = adapter.validate_python(
        yaml.safe_load(path.read_text(encoding="utf-8"))
    )
    return rows


class People:
    """Who is known, and whether a card's name and number belong together."""

    def __init__(self, people: tuple[Person, ...]) -> None:
        self._names = {person.number: person.name for person in people}

    def knows(self, number: str, name: str) -> bool:
        """Is this number known, and is the name its own? An unread name is not compared."""
        known = self._names.get(number)
        return known is not None and name in ("", known)

    def name_of(self, number: str) -> str:
        """The name on record. Raises KeyError for a stranger."""
        return self._names[number]
