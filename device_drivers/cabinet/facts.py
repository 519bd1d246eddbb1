"""What the values read from a board mean: words, faults, and which of them goes first. Pure."""

from device_drivers.cabinet.interface import (
    CabinetStatus,
    DoorStatus,
    FanStatus,
    HeatStatus,
    Presence,
    TamperStatus,
)
from device_drivers.cabinet.register_map import Contact, RegisterMap, Tachometer, Values
from device_drivers.errors import FaultCode
from device_drivers.status import DeviceStatus


def status_of(board: RegisterMap, values: Values, *, was_hot: bool) -> CabinetStatus:
    """The status of a board that answered; a part whose place was not read is `unknown`."""
    temperature_c = None if board.temperature is None else board.temperature.gauge.read(values)
    door, tamper = _door(board, values), _tamper(board, values)
    fan, heat = _fan(board, values), _heat(board, temperature_c, was_hot=was_hot)
    fault = _fault(door, tamper, fan, heat)
    warm = "" if temperature_c is None else f"{temperature_c:.1f} °C inside"
    return CabinetStatus(
        device=_device(fault),
        fault=fault,
        detail=warm,
        door=door,
        tamper=tamper,
        fan=fan,
        heat=heat,
        headset=_presence(board.headset, values),
        person=_presence(board.person, values),
        temperature_c=temperature_c,
    )


def unknown_status(
    board: RegisterMap, *, device: DeviceStatus, fault: FaultCode, detail: str
) -> CabinetStatus:
    """The status of a board that cannot be asked: no part it has is known."""
    nothing = status_of(board, {}, was_hot=False)
    return CabinetStatus(
        device=device,
        fault=fault,
        detail=detail,
        door=nothing.door,
        tamper=nothing.tamper,
        fan=nothing.fan,
        heat=nothing.heat,
        headset=nothing.headset,
        person=nothing.person,
    )


def _fault(
    door: DoorStatus | None,
    tamper: TamperStatus | None,
    fan: FanStatus | None,
    heat: HeatStatus | None,
) -> FaultCode | None:
    """The first that somebody must see to: a burglar before a fire, a fire before its cause."""
    if tamper is TamperStatus.TAMPERED:
        return FaultCode.TAMPERED
    if heat is HeatStatus.HOT:
        return FaultCode.TOO_HOT
    if fan is FanStatus.STOPPED:
        return FaultCode.FAN_FAILED
    if door is DoorStatus.OPEN:
        return FaultCode.DOOR_OPEN
    return None


def _device(fault: FaultCode | None) -> DeviceStatus:
    if fault in {FaultCode.FAN_FAILED, FaultCode.TOO_HOT}:
        return DeviceStatus.HARDWARE_ERROR
    # a door that is open, like a printer's cover: somebody closes it, nothing is broken
    return DeviceStatus.ONLINE if fault is None else DeviceStatus.USER_ERROR


def _door(board: RegisterMap, values: Values) -> DoorStatus | None:
    if board.door is None:
        return None
    is_open = board.door.read(values)
    if is_open is None:
        return DoorStatus.UNKNOWN
    return DoorStatus.OPEN if is_open else DoorStatus.CLOSED


def _tamper(board: RegisterMap, values: Values) -> TamperStatus | None:
    if board.tamper is None:
        return None
    is_tampered = board.tamper.read(values)
    if is_tampered is None:
        return TamperStatus.UNKNOWN
    return TamperStatus.TAMPERED if is_tampered else TamperStatus.OK


def _fan(board: RegisterMap, values: Values) -> FanStatus | None:
    has_stopped: bool | None
    match board.fan:
        case None:
            return None
        case Contact() as contact:
            has_stopped = contact.read(values)
        case Tachometer(gauge, below):
            turns = gauge.read(values)
            has_stopped = None if turns is None else turns < below
    if has_stopped is None:
        return FanStatus.UNKNOWN
    return FanStatus.STOPPED if has_stopped else FanStatus.OK


def _heat(board: RegisterMap, temperature_c: float | None, *, was_hot: bool) -> HeatStatus | None:
    if board.temperature is None:
        return None
    if temperature_c is None:
        return HeatStatus.UNKNOWN
    limit = board.temperature.until if was_hot else board.temperature.above
    return HeatStatus.HOT if temperature_c > limit else HeatStatus.OK


def _presence(contact: Contact | None, values: Values) -> Presence | None:
    if contact is None:
        return None
    is_present = contact.read(values)
    if is_present is None:
        return Presence.UNKNOWN
    return Presence.PRESENT if is_present else Presence.NOT_PRESENT
