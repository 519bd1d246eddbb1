"""Which drivers there are: (kind, model) → driver class, imported only when asked for.

So a technician without OpenCV can still run the printer.
"""

# ruff: noqa: PLC0415  the imports below are late on purpose, see above

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, overload

from device_drivers.device import Device
from device_drivers.ports import Port, Scheme
from device_drivers.status import DeviceKind

if TYPE_CHECKING:  # the interfaces import numpy
    from device_drivers.cabinet.interface import Cabinet
    from device_drivers.document_camera.interface import DocumentCamera, Picture
    from device_drivers.document_printer.interface import DocumentPrinter
    from device_drivers.id_card_reader.interface import IdCardReader
    from device_drivers.power_supply.interface import PowerSupply
    from device_drivers.qr_scanner.interface import QrScanner
    from device_drivers.receipt_printer.interface import ReceiptPrinter
    from device_drivers.social_security_card.interface import SocialSecurityCardReader

DriverClass: TypeAlias = Callable[..., Device]
"""Takes one Port, then keyword-only settings which all have defaults."""


@dataclass(frozen=True, slots=True)
class Model:
    """One entry: where such a device can be reached, and how to come by its driver."""

    ports: tuple[Scheme, ...]
    load: Callable[[], DriverClass]
    """Imports the driver. Raises ModuleNotFoundError where a package it needs is absent."""
    given: Callable[[], dict[str, object]] = dict
    """What its driver gets from another device's code, which it may not import: no settings."""


def _sam_v() -> DriverClass:
    from device_drivers.id_card_reader.driver import SamVIdCardReader

    return SamVIdCardReader


def _sssc() -> DriverClass:
    from device_drivers.social_security_card.driver import PcscSocialSecurityCardReader

    return PcscSocialSecurityCardReader


def _line() -> DriverClass:
    from device_drivers.qr_scanner.serial_driver import SerialQrScanner

    return SerialQrScanner


def _hid() -> DriverClass:
    from device_drivers.qr_scanner.hid_driver import HidQrScanner

    return HidQrScanner


def _camera() -> DriverClass:
    from device_drivers.qr_scanner.camera_driver import CameraQrScanner

    return CameraQrScanner


def _opencv() -> DriverClass:
    from device_drivers.document_camera.driver import OpencvDocumentCamera

    return OpencvDocumentCamera


def _code_reading() -> dict[str, object]:
    from device_drivers.qr_scanner.decode import decode_image

    def codes_on(page: "Picture") -> list[str]:
        return [code.text for code in decode_image(page)]

    return {"read_codes": codes_on}


def _escpos() -> DriverClass:
    from device_drivers.receipt_printer.driver import EscposReceiptPrinter

    return EscposReceiptPrinter


def _modbus() -> DriverClass:
    from device_drivers.cabinet.driver import ModbusCabinet

    return ModbusCabinet


def _nut() -> DriverClass:
    from device_drivers.power_supply.driver import NutPowerSupply

    return NutPowerSupply


def _cups() -> DriverClass:
    from device_drivers.document_printer.driver import CupsDocumentPrinter

    return CupsDocumentPrinter


MODELS: Mapping[tuple[DeviceKind, str], Model] = {
    (DeviceKind.ID_CARD_READER, "sam_v"): Model((Scheme.SERIAL, Scheme.TCP, Scheme.USB), _sam_v),
    (DeviceKind.SOCIAL_SECURITY_CARD, "sssc"): Model((Scheme.PCSC,), _sssc),
    (DeviceKind.QR_SCANNER, "line"): Model((Scheme.SERIAL, Scheme.TCP), _line),
    (DeviceKind.QR_SCANNER, "hid"): Model((Scheme.EVDEV,), _hid),
    (DeviceKind.QR_SCANNER, "camera"): Model((Scheme.V4L2, Scheme.IMAGES), _camera),
    (DeviceKind.DOCUMENT_CAMERA, "opencv"): Model(
        (Scheme.V4L2, Scheme.IMAGES), _opencv, _code_reading
    ),
    (DeviceKind.RECEIPT_PRINTER, "escpos"): Model((Scheme.TCP, Scheme.SERIAL), _escpos),
    (DeviceKind.CABINET, "modbus_rtu"): Model((Scheme.SERIAL, Scheme.TCP), _modbus),
    (DeviceKind.POWER_SUPPLY, "nut"): Model((Scheme.NUT,), _nut),
    (DeviceKind.DOCUMENT_PRINTER, "cups"): Model((Scheme.CUPS,), _cups),
}
"""Every driver that exists."""


@overload
def make_device(
    kind: Literal[DeviceKind.ID_CARD_READER], model: str, port: Port, **settings: object
) -> "IdCardReader": ...
@overload
def make_device(
    kind: Literal[DeviceKind.SOCIAL_SECURITY_CARD], model: str, port: Port, **settings: object
) -> "SocialSecurityCardReader": ...
@overload
def make_device(
    kind: Literal[DeviceKind.QR_SCANNER], model: str, port: Port, **settings: object
) -> "QrScanner": ...
@overload
def make_device(
    kind: Literal[DeviceKind.DOCUMENT_CAMERA], model: str, port: Port, **settings: object
) -> "DocumentCamera": ...
@overload
def make_device(
    kind: Literal[DeviceKind.RECEIPT_PRINTER], model: str, port: Port, **settings: object
) -> "ReceiptPrinter": ...
@overload
def make_device(
    kind: Literal[DeviceKind.CABINET], model: str, port: Port, **settings: object
) -> "Cabinet": ...
@overload
def make_device(
    kind: Literal[DeviceKind.POWER_SUPPLY], model: str, port: Port, **settings: object
) -> "PowerSupply": ...
@overload
def make_device(
    kind: Literal[DeviceKind.DOCUMENT_PRINTER], model: str, port: Port, **settings: object
) -> "DocumentPrinter": ...
@overload
def make_device(kind: DeviceKind, model: str, port: Port, **settings: object) -> Device: ...
def make_device(kind: DeviceKind, model: str, port: Port, **settings: object) -> Device:
    """Make the driver of one device; opens nothing yet.

    Raises ValueError, naming what is wrong, for a model that does not exist, a port such a device
    cannot have, or a setting its driver does not know; ModuleNotFoundError where the driver's
    packages are not installed.
    """
    entry = MODELS.get((kind, model))
    if entry is None:
        known = ", ".join(name for of_kind, name in MODELS if of_kind is kind)
        raise ValueError(f"{kind.value} has no model {model!r}; there is {known}")
    if port.scheme not in entry.ports:
        schemes = ", ".join(scheme.value for scheme in entry.ports)
        raise ValueError(f"{kind.value} {model} cannot be at {port}; it takes {schemes}")
    driver_class = entry.load()
    for name in settings:
        if name not in settings_of(driver_class):
            raise ValueError(f"{kind.value} {model} has no setting {name!r}")
    return driver_class(port, **entry.given(), **settings)


def settings_of(driver_class: DriverClass) -> tuple[str, ...]:
    """Names of the keyword-only settings a driver takes."""
    parameters = inspect.signature(driver_class).parameters.values()
    return tuple(each.name for each in parameters if each.kind is each.KEYWORD_ONLY)
