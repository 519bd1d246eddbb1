"""The one status every device reports; words follow XFS4IoT (`DEVICES.md` section 7)."""

from dataclasses import dataclass
from enum import StrEnum

from device_drivers.errors import FaultCode


class DeviceKind(StrEnum):
    """The kinds of device a kiosk can have; the same words stand in `kiosk.contract`."""

    ID_CARD_READER = "id_card_reader"
    SOCIAL_SECURITY_CARD = "social_security_card"
    QR_SCANNER = "qr_scanner"
    DOCUMENT_CAMERA = "document_camera"
    RECEIPT_PRINTER = "receipt_printer"
    DOCUMENT_PRINTER = "document_printer"
    """A4 paper (文书打印机)."""
    CABINET = "cabinet"
    """The board in the cabinet (机柜): lights, door, tamper switch, fan, temperature."""
    POWER_SUPPLY = "power_supply"
    """The uninterruptible power supply (不间断电源)."""


class DeviceStatus(StrEnum):
    """Can the device work now? `UNKNOWN` is a value of its own, never "fine" and never "broken"."""

    ONLINE = "online"
    OFFLINE = "offline"
    NO_DEVICE = "noDevice"
    HARDWARE_ERROR = "hardwareError"
    USER_ERROR = "userError"
    DEVICE_BUSY = "deviceBusy"
    STARTING = "starting"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReport:
    """What a device says of itself at one moment; device kinds extend it with their parts."""

    device: DeviceStatus
    fault: FaultCode | None = None
    """Set when a technician must act; None while the device works or when nothing is known."""
    detail: str = ""
    """For technicians, English, without personal data."""

    def parts(self) -> dict[str, str]:
        """The state of each part by its XFS4IoT word, such as `{"paper": "low"}`."""
        return {}
