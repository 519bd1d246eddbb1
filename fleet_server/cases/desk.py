"""What the case domain keeps for the life of the process."""

from dataclasses import dataclass
from typing import Self

from fleet_server.assets import ASSETS
from fleet_server.cases.envelope import Envelopes
from fleet_server.cases.objects import ObjectStore
from fleet_server.departments.working_days import WorkingCalendar
from fleet_server.initialise import sealing_key
from fleet_server.settings import Settings


@dataclass(frozen=True, slots=True)
class CaseDesk:
    """The intake's tools."""

    objects: ObjectStore
    envelopes: Envelopes
    calendar: WorkingCalendar
    area_code: str
    public_url: str

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """From an initialised folder. Raises FileNotFoundError before `initialise`."""
        return cls(
            objects=ObjectStore(settings.folder / "objects"),
            envelopes=Envelopes(sealing_key(settings)),
            calendar=WorkingCalendar.from_folder(ASSETS / "calendar"),
            area_code=settings.area_code,
            public_url=settings.public_url,
        )

    def verify_url(self, case_id: str) -> str:
        """What the QR code on a receipt opens."""
        return f"{self.public_url}/v/{case_id}"
