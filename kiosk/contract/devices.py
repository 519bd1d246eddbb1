"""Device words as they travel; a test holds them equal to those of `device_drivers.status`."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Final

from pydantic import BeforeValidator

from kiosk.contract.model import Message


class DeviceKind(StrEnum):
    """The kinds of device a kiosk can have."""

    ID_CARD_READER = "id_card_reader"
    SOCIAL_SECURITY_CARD = "social_security_card"
    QR_SCANNER = "qr_scanner"
    DOCUMENT_CAMERA = "document_camera"
    RECEIPT_PRINTER = "receipt_printer"
    DOCUMENT_PRINTER = "document_printer"
    CABINET = "cabinet"
    POWER_SUPPLY = "power_supply"


class DeviceStatus(StrEnum):
    """XFS4IoT device status, with `unknown` as a value of its own."""

    ONLINE = "online"
    OFFLINE = "offline"
    NO_DEVICE = "noDevice"
    HARDWARE_ERROR = "hardwareError"
    USER_ERROR = "userError"
    DEVICE_BUSY = "deviceBusy"
    STARTING = "starting"
    UNKNOWN = "unknown"


_KINDS: Final = frozenset(kind.value for kind in DeviceKind)
_STATUSES: Final = frozenset(status.value for status in DeviceStatus)


def _known_status(raw: object) -> object:
    return DeviceStatus.UNKNOWN if isinstance(raw, str) and raw not in _STATUSES else raw


def _known_kinds(raw: object) -> object:
    if not isinstance(raw, Mapping):
        return raw
    return {kind: state for kind, state in raw.items() if kind in _KINDS}


class DeviceState(Message):
    """One device at one moment."""

    status: Annotated[DeviceStatus, BeforeValidator(_known_status)]
    """A word of newer software is read as `unknown`."""
    fault: str | None = None
    """Fault code such as `D301`; None while nobody needs to act."""
    parts: dict[str, str] = {}
    """Parts by their XFS4IoT words, such as `{"paper": "low"}`."""


DeviceStates = Annotated[dict[DeviceKind, DeviceState], BeforeValidator(_known_kinds)]
"""Devices by kind; one that only newer software knows is left out, and the rest still counts."""
