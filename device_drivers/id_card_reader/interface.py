"""The ID card reader (身份证阅读器) in the citizen's terms."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Protocol

from device_drivers.device import Device
from device_drivers.status import StatusReport


class CardKind(StrEnum):
    """Which of the four card layouts was read (`DEVICES.md` section 1.5)."""

    RESIDENT = "resident"
    HK_MACAU_TAIWAN = "hk_macau_taiwan"
    FOREIGNER_2017 = "foreigner_2017"
    FOREIGNER_2023 = "foreigner_2023"


class Sex(StrEnum):
    """GB/T 2261.1: 0 unknown, 1 male, 2 female, 9 not stated."""

    UNKNOWN = "0"
    MALE = "1"
    FEMALE = "2"
    NOT_STATED = "9"


class MediaStatus(StrEnum):
    """Is a card on the reader? XFS4IoT CardReader.media."""

    PRESENT = "present"
    NOT_PRESENT = "notPresent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderStatus(StatusReport):
    """The reader and whether a card lies on it."""

    media: MediaStatus = MediaStatus.UNKNOWN

    def parts(self) -> dict[str, str]:
        """`{"media": …}`."""
        return {"media": self.media.value}


@dataclass(frozen=True, slots=True, kw_only=True)
class IdCard:
    """The fields on a card, decoded. Never written to a log: hence `repr=False`."""

    kind: CardKind
    number: str = field(repr=False)
    name: str = field(repr=False)
    english_name: str = field(default="", repr=False)
    sex: Sex = field(repr=False)
    ethnicity_code: str = field(default="", repr=False)
    """GB/T 3304 code of two digits; empty where the card has none."""
    ethnicity: str = field(default="", repr=False)
    """The Chinese word for the code, or the code itself where it is not in the table."""
    nationality: str = field(default="CHN", repr=False)
    """ISO 3166-1 alpha-3."""
    birth_date: date | None = field(default=None, repr=False)
    address: str = field(default="", repr=False)
    issuer: str = field(default="", repr=False)
    valid_from: date | None = field(default=None, repr=False)
    valid_until: date | None = field(default=None, repr=False)
    """None for a card of long-term validity (长期)."""
    pass_number: str = field(default="", repr=False)
    """Number of the travel pass (通行证) on a Hong Kong, Macau or Taiwan residence permit."""
    times_issued: str = ""
    """How often the permit was issued, or a 2023 foreigner card renewed, as printed (`00`)."""
    card_version: str = ""
    """Version of a 2017 foreigner card, as printed (`01`)."""
    former_number_link: str = field(default="", repr=False)
    """Three digits of a 2023 foreigner card that tie it to the holder's 2017 number."""
    photo_wlt: bytes = field(default=b"", repr=False)
    """The raw 1024-byte WLT block; decoding it needs a vendor's plug-in."""
    appended_address: str = field(default="", repr=False)
    """A newer address than the printed one (追加地址); empty where the card has none."""
    fingerprints: bytes = field(default=b"", repr=False)
    """512 bytes a finger, none to two; read only where the driver is told to."""


@dataclass(frozen=True, slots=True)
class NoCard:
    """No card came within the time given."""


@dataclass(frozen=True, slots=True)
class CardUnreadable:
    """A card came and could not be read: lifted too early, foreign, or worn."""

    why: str
    """One of `lifted`, `rejected`, `unknown_kind`, `damaged`."""


CardReading = IdCard | NoCard | CardUnreadable


class IdCardReader(Device, Protocol):
    """One reader. Its methods are called by one task at a time."""

    async def connect(self) -> None:
        """Open the port and see that the reader answers. Raises DeviceFault."""

    async def close(self) -> None:
        """Release the port. Safe to call twice, and after a fault."""

    async def status(self) -> ReaderStatus:
        """Ask the device now; answers within 1 s. Never raises: absence is a status."""

    async def module_id(self) -> str:
        """The number on the security module's label. Raises DeviceFault; 0.5 s at most."""

    async def read_card(self, *, within_s: float) -> CardReading:
        """Wait for a card and read it. Raises DeviceFault; cancelling leaves the reader idle."""
