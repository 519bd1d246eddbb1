"""The social security card reader (社保卡) in the citizen's terms."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Protocol

from device_drivers.device import Device
from device_drivers.status import StatusReport


class MediaStatus(StrEnum):
    """Is a card in the reader? XFS4IoT CardReader.media."""

    PRESENT = "present"
    NOT_PRESENT = "notPresent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotStatus(StatusReport):
    """The reader and whether a card is in it."""

    media: MediaStatus = MediaStatus.UNKNOWN

    def parts(self) -> dict[str, str]:
        """`{"media": …}`."""
        return {"media": self.media.value}


@dataclass(frozen=True, slots=True, kw_only=True)
class SocialSecurityCard:
    """What the card's public files hold (`DEVICES.md` section 2.3); empty where not readable."""

    card_number: str = field(default="", repr=False)
    social_security_number: str = field(default="", repr=False)
    name: str = field(default="", repr=False)
    sex: str = field(default="", repr=False)
    """GB/T 2261.1 code of one digit."""
    ethnicity: str = field(default="", repr=False)
    """GB/T 3304 code of two digits."""
    birth_date: date | None = field(default=None, repr=False)
    issue_date: date | None = field(default=None, repr=False)
    valid_until: date | None = field(default=None, repr=False)
    version: str = ""
    """Specification version printed in EF05, such as `2.00`."""
    area: str = ""
    """Six-digit code of the issuing area."""


@dataclass(frozen=True, slots=True)
class NoCard:
    """No card came within the time given."""


@dataclass(frozen=True, slots=True)
class CardUnreadable:
    """A card came and could not be read."""

    why: str
    """One of `removed`, `damaged`, `mute`."""


@dataclass(frozen=True, slots=True)
class UnsupportedCard:
    """Some other card: nothing more is sent to it."""

    atr_hex: str = field(repr=False)
    """Its answer to reset. Kept out of logs: historical bytes may hold the card's serial number
    (`DEVICES.md` 2.1, T8 to TD)."""


@dataclass(frozen=True, slots=True)
class NeedsAuthentication:
    """A version 3 card that guards its records; holds what was free to read."""

    read: SocialSecurityCard


CardReading = SocialSecurityCard | NoCard | CardUnreadable | UnsupportedCard | NeedsAuthentication


class SocialSecurityCardReader(Device, Protocol):
    """One PC/SC slot. Its methods are called by one task at a time."""

    async def connect(self) -> None:
        """See that the card service runs and knows the reader. Raises DeviceFault."""

    async def close(self) -> None:
        """Release the reader. Safe to call twice, and after a fault."""

    async def status(self) -> SlotStatus:
        """Ask now; answers within 1 s. Never raises: absence is a status."""

    async def read_card(self, *, within_s: float) -> CardReading:
        """Wait for a card and read it. Raises DeviceFault; cancelling leaves the reader idle."""
