"""Everything around a session at one moment: content, devices, departments, place, time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from kiosk.contract.content import ContentBundle
from kiosk.contract.devices import DeviceKind, DeviceState
from kiosk.contract.downlink import BackendState


@dataclass(frozen=True, slots=True)
class Content:
    """A bundle and its hash, computed once."""

    bundle: ContentBundle
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the kiosk stands and whom citizens can call."""

    county: str
    hall: str
    name: str
    help_phone: str
    staffed_hours: str
    county_en: str = ""
    staffed_hours_en: str = ""

    def county_in(self, language: str) -> str:
        """Its name for readers of a language."""
        return self.county_en if language == "en" and self.county_en else self.county

    def hours_in(self, language: str) -> str:
        """When counters are staffed, for readers of a language."""
        has_english = language == "en" and self.staffed_hours_en
        return self.staffed_hours_en if has_english else self.staffed_hours


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """How long a citizen may take, in seconds (`KioskConfig.times`)."""

    idle_warning_s: float = 60
    warning_s: float = 30
    session_cap_s: float = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What `step` may know besides state and event. Holds no personal data."""

    now: datetime
    """When the event happened; aware."""
    content: Content
    devices: Mapping[DeviceKind, DeviceState]
    """Configured devices; a kind that is absent here does not exist on this kiosk."""
    backends: Mapping[str, BackendState]
    """Departments' systems as the server last saw them."""
    server_reachable: bool
    out_of_service: str | None
    """Why the kiosk is closed, as an operator wrote it; None while it is open."""
    place: Place
    verify_base: str
    """Beginning of the public page's address, for a slip printed without the server."""
    department_names: Mapping[str, str]
    """Official name by `Department`, for papers."""
    times: Times = Times()
    cut_off_case: str | None = None
    """Of the session that a restart has just cut off: the id of the case stored in it, empty where
    none was; None where there is nothing to tell, or nobody to be told any more."""
