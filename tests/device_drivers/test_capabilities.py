"""Every driver says what it can do by model and settings, apart from how it is."""

from dataclasses import dataclass

import pytest

from device_drivers.device import Device
from device_drivers.ports import Port, Scheme
from device_drivers.registry import MODELS, make_device
from device_drivers.status import DeviceKind
from device_drivers.wall_sheet import load_words

NOWHERE = {
    Scheme.SERIAL: "serial:/dev/nothing-there",
    Scheme.TCP: "tcp:127.0.0.1:1",
    Scheme.USB: "usb:0400:c35a",
    Scheme.PCSC: "pcsc:Nobody 00 00",
    Scheme.V4L2: "v4l2:/dev/nothing-there",
    Scheme.IMAGES: "images:/nothing-there",
    Scheme.EVDEV: "evdev:/dev/nothing-there",
    Scheme.NUT: "nut:kiosk@127.0.0.1:1",
    Scheme.CUPS: "cups:nobody",
}
"""One port of each scheme that no device is at."""
EVERY = [(kind, model, port) for (kind, model), entry in MODELS.items() for port in entry.ports]


def made(kind: DeviceKind, model: str, scheme: Scheme, **settings: object) -> Device:
    return make_device(kind, model, Port.parse(NOWHERE[scheme]), **settings)


@pytest.mark.parametrize(("kind", "model", "scheme"), EVERY)
def test_every_driver_has_some_and_each_has_a_word_in_both_languages(
    kind: DeviceKind, model: str, scheme: Scheme
) -> None:
    capabilities = made(kind, model, scheme).capabilities
    assert capabilities
    assert all(isinstance(value, str) and value for value in capabilities.values())
    for language in ("zh-CN", "en"):
        assert {f"capability.{name}" for name in capabilities} <= set(load_words(language))


@pytest.mark.parametrize(("kind", "model", "scheme"), EVERY)
async def test_they_are_the_same_before_and_after_asking_a_device_that_is_not_there(
    kind: DeviceKind, model: str, scheme: Scheme
) -> None:
    device = made(kind, model, scheme)
    before = dict(device.capabilities)
    report = await device.status()
    await device.close()
    assert report.fault is not None
    assert device.capabilities == before


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting and what becomes of a capability by it."""

    kind: DeviceKind
    model: str
    scheme: Scheme
    settings: dict[str, object]
    name: str
    value: str


def receipt_printer(settings: dict[str, object], name: str, value: str) -> Setting:
    return Setting(DeviceKind.RECEIPT_PRINTER, "escpos", Scheme.TCP, settings, name, value)


@pytest.mark.parametrize(
    "case",
    [
        Setting(DeviceKind.ID_CARD_READER, "sam_v", Scheme.SERIAL, {"baud": 9600}, "baud", "9600"),
        Setting(DeviceKind.ID_CARD_READER, "sam_v", Scheme.USB, {}, "transport", "usb"),
        Setting(
            DeviceKind.ID_CARD_READER,
            "sam_v",
            Scheme.SERIAL,
            {"fingerprints": True},
            "fingerprints",
            "yes",
        ),
        Setting(
            DeviceKind.RECEIPT_PRINTER, "escpos", Scheme.TCP, {"width_mm": 58}, "width_mm", "58"
        ),
        Setting(
            DeviceKind.RECEIPT_PRINTER,
            "escpos",
            Scheme.TCP,
            {"status_by": "automatic"},
            "status_source",
            "automatic",
        ),
        receipt_printer({"clear_by": "none"}, "clear_by", "none"),
        receipt_printer({}, "clear_by", "dle_dc4"),
        receipt_printer({"presenter": "custom"}, "clear_by", "none"),
        receipt_printer({"status_by": "automatic"}, "clear_by", "none"),
        Setting(
            DeviceKind.DOCUMENT_CAMERA,
            "opencv",
            Scheme.V4L2,
            {"width_px": 1920, "height_px": 1080},
            "resolution_px",
            "1920x1080",
        ),
        Setting(DeviceKind.QR_SCANNER, "line", Scheme.SERIAL, {"framing": "ssi"}, "framing", "ssi"),
    ],
    ids=lambda case: case.name,
)
def test_settings_show_in_them(case: Setting) -> None:
    device = made(case.kind, case.model, case.scheme, **case.settings)
    assert device.capabilities[case.name] == case.value
