"""What every sandbox department shares: its shape, its numbers, and refusing a stranger."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, Self

import yaml

from fleet_server.departments.contract.models import Answer, HandedCase, Refused
from kiosk.contract.dates import CHINA
from kiosk.contract.model import Strict


@dataclass(frozen=True, slots=True)
class Moment:
    """When a case is decided, and the department's running number for it."""

    now: datetime
    serial: int

    @classmethod
    def current(cls, serial: int) -> "Moment":
        """The present moment, for the case with this serial number."""
        return cls(datetime.now(UTC), serial)

    @property
    def day(self) -> str:
        """The Chinese date, `20261123`."""
        return self.now.astimezone(CHINA).strftime("%Y%m%d")


class Decider(Protocol):
    """One department's rules: pure, so that its answer can be stored before it is sent."""

    @property
    def department(self) -> str:
        """Department id."""

    def decide(self, case: HandedCase, moment: Moment) -> Answer:
        """Accept, complete or refuse."""


class _Words(Strict):
    office: dict[str, str]
    """By department id, what it calls itself."""
    refusal: dict[str, str]
    """By code."""


class Refusals:
    """Why a department refuses, in its own words: `assets/sandbox/refusals.yaml`."""

    def __init__(self, words: Mapping[str, str], *, office: str) -> None:
        self._words = words
        self._office = office

    @classmethod
    def read(cls, path: Path, department: str) -> Self:
        """For one department. Raises ValueError, naming what is wrong."""
        found = _Words.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        return cls(found.refusal, office=found.office[department])

    def say(self, code: str) -> Refused:
        """A refusal by its code. Raises KeyError on one without words."""
        return Refused(code=code, reason=self._words[code].format(office=self._office))

    def stranger(self) -> Refused:
        """Nobody of this name and number is on record."""
        return self.say("unknown_person")

    def unknown_service(self) -> Refused:
        """The department does not offer the service asked for."""
        return self.say("unknown_service")
