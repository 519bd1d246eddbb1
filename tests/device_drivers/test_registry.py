"""Drivers are found by kind and model, and only then imported."""

import subprocess
import sys

import pytest

from device_drivers.id_card_reader.driver import SamVIdCardReader
from device_drivers.ports import Port
from device_drivers.qr_scanner.serial_driver import SerialQrScanner
from device_drivers.registry import MODELS, make_device, settings_of
from device_drivers.status import DeviceKind


def test_every_kind_of_device_has_a_driver() -> None:
    assert {kind for kind, _ in MODELS} == set(DeviceKind)


@pytest.mark.parametrize("entry", MODELS.values(), ids=[model for _, model in MODELS])
def test_every_driver_loads_and_offers_what_a_device_offers(entry: object) -> None:
    driver_class = next(known for known in MODELS.values() if known is entry).load()
    for name in ("connect", "close", "status"):
        assert callable(getattr(driver_class, name))


def test_makes_a_driver_with_its_settings() -> None:
    port = Port.parse("serial:/dev/kiosk/id_card")
    made = make_device(DeviceKind.ID_CARD_READER, "sam_v", port, baud=9600)
    assert isinstance(made, SamVIdCardReader)
    assert settings_of(SerialQrScanner) == ("baud", "framing", "idle_s")


@pytest.mark.parametrize(
    ("kind", "model", "port", "settings", "words"),
    [
        (DeviceKind.QR_SCANNER, "laser", "serial:/dev/x", {}, "no model 'laser'; there is line"),
        (DeviceKind.QR_SCANNER, "sam_v", "serial:/dev/x", {}, "no model 'sam_v'"),
        (DeviceKind.QR_SCANNER, "line", "pcsc:Reader", {}, "it takes serial, tcp"),
        (DeviceKind.QR_SCANNER, "line", "serial:/dev/x", {"colour": 1}, "no setting 'colour'"),
    ],
)
def test_refuses_what_cannot_be_and_names_it(
    kind: DeviceKind, model: str, port: str, settings: dict[str, object], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        make_device(kind, model, Port.parse(port), **settings)


def test_asking_for_the_list_imports_no_driver() -> None:
    program = (
        "import sys, device_drivers.registry as r; "
        "print([n for n in sys.modules if n.split('.')[0] in ('cv2', 'numpy', 'serial')])"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"
