"""Device words as they travel; a test holds them equal to those of `device_drivers.status`."""

from enum import StrEnum

from kiosk.contract.model import Message


class DeviceKind(StrEnum):
    """The kinds of device a kiosk can have."""

    ID_CARD_READER = "id_card_reader"
    SOCIAL_SECURITY_CARD = "social_security_card"
    QR_SCANNER = "qr_scanner"
    DOCUMENT_CAMERA = "document_camera"
    RECEIPT_PRINTER = "receipt_printer"


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


class DeviceState(Message):
    """One device at one moment."""

    status: DeviceStatus
    fault: str | None = None
    """Fault code such as `D301`; None while nobody needs to act."""
    parts: dict[str, str] = {}
    """Parts by their XFS4IoT words, such as `{"paper": "low"}`."""
