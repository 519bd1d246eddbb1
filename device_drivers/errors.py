"""Faults a technician must clear: raised, coded by family, never shown to a citizen as they are.

Families by digit: D1xx cannot talk, D2xx the device reports a broken part, D3xx consumables
and media, D4xx our own mistake. The sentences for people live in `assets/text`, keyed by code.
"""

from enum import StrEnum


class FaultCode(StrEnum):
    """One code per cause; the word after the number is the text key."""

    DEVICE_MISSING = "D101"
    """The port does not exist or refuses to open."""
    DEVICE_SILENT = "D102"
    """The port is open and nothing answers within the device's time."""
    DEVICE_GARBLED = "D103"
    """Answers come, and none is a valid frame of the protocol."""
    SERVICE_DOWN = "D104"
    """A system service the driver needs (pcscd) is not running."""
    SELF_TEST_FAILED = "D201"
    UNLICENSED = "D202"
    CUTTER_STUCK = "D203"
    HEAD_HOT = "D204"
    BROKEN_PART = "D205"
    FAN_FAILED = "D206"
    TOO_HOT = "D207"
    BATTERY_WORN = "D208"
    PAPER_OUT = "D301"
    COVER_OPEN = "D302"
    TICKET_JAMMED = "D303"
    TONER_OUT = "D304"
    DOOR_OPEN = "D305"
    TAMPERED = "D306"
    BATTERY_LOW = "D307"
    MAINS_LOST = "D308"
    """The kiosk runs on the battery of its power supply."""
    MISUSED = "D401"
    """The caller broke the promise of the interface; a defect of ours."""


class DeviceFault(Exception):
    """A device cannot do its work until somebody clears `code`.

    `detail` is for technicians and logs: English, and free of personal data.
    """

    code: FaultCode = FaultCode.BROKEN_PART
    transient: bool = False
    """True when asking again later may succeed without a technician."""

    def __init__(self, device: str, detail: str, code: FaultCode | None = None) -> None:
        self.device = device
        self.detail = detail
        if code is not None:
            self.code = code
        super().__init__(f"{self.code.value} {device}: {detail}")


class DeviceMissing(DeviceFault):
    """The port does not exist or cannot be opened (unplugged, wrong name, no permission)."""

    code = FaultCode.DEVICE_MISSING
    transient = True


class DeviceSilent(DeviceFault):
    """Nothing answered within the device's time."""

    code = FaultCode.DEVICE_SILENT
    transient = True


class DeviceGarbled(DeviceFault):
    """Bytes came, and none of them is a valid frame."""

    code = FaultCode.DEVICE_GARBLED
    transient = True


class DeviceBroken(DeviceFault):
    """The device itself reports a part that does not work (D2xx)."""

    code = FaultCode.BROKEN_PART


class MediaFault(DeviceFault):
    """Paper, cover or media must be seen to by a person (D3xx)."""

    code = FaultCode.PAPER_OUT


class ServiceDown(DeviceFault):
    """A system service between us and the device does not run; it may come back by itself."""

    code = FaultCode.SERVICE_DOWN
    transient = True
