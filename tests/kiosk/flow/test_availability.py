"""The living menu: what does not work is shown with its reason, never missing."""

from dataclasses import replace

import pytest

from kiosk.contract.devices import DeviceKind, DeviceState, DeviceStatus
from kiosk.contract.downlink import BackendStatus
from kiosk.contract.services import Department
from kiosk.flow import events as ev
from kiosk.flow import states as st
from kiosk.flow.availability import Availability, Cause, Mode, availability, services_of
from kiosk.flow.citizen import PLAIN
from tests.kiosk.flow.visits import Walk, content, definitions, world

POLICE = content().bundle.services["police-no-criminal-record"].definition
TAX = content().bundle.services["tax-payment-certificate"].definition
SOCIAL = content().bundle.services["social-insurance-participation"].definition


@pytest.mark.parametrize("definition", definitions(), ids=lambda each: each.id)
def test_all_work_while_nothing_is_wrong(definition: object) -> None:
    assert all(availability(each, world()).mode is Mode.AVAILABLE for each in definitions())
    assert definition in definitions()


@pytest.mark.parametrize("kind", list(DeviceKind))
def test_a_broken_device_stops_just_the_services_that_need_it(kind: DeviceKind) -> None:
    for definition in definitions():
        verdict = availability(definition, world(down=kind))
        hit = kind in definition.needs
        assert (verdict.mode is Mode.UNAVAILABLE) == hit
        assert verdict.device is (kind if hit else None)


def test_the_fault_of_the_device_is_told() -> None:
    verdict = availability(TAX, world(down=DeviceKind.RECEIPT_PRINTER, fault="D301"))
    assert verdict == Availability(
        Mode.UNAVAILABLE, Cause.DEVICE_DOWN, DeviceKind.RECEIPT_PRINTER, "D301"
    )


@pytest.mark.parametrize("status", [DeviceStatus.UNKNOWN, DeviceStatus.STARTING])
def test_a_device_not_yet_heard_of_is_neither_fine_nor_broken(status: DeviceStatus) -> None:
    around = world()
    devices = dict(around.devices) | {DeviceKind.QR_SCANNER: DeviceState(status=status)}
    verdict = availability(TAX, replace(around, devices=devices))
    assert (verdict.mode, verdict.cause) == (Mode.UNAVAILABLE, Cause.DEVICE_STARTING)


def test_a_kiosk_without_the_device_says_that_it_has_none() -> None:
    around = world()
    devices = {kind: each for kind, each in around.devices.items() if kind != "qr_scanner"}
    verdict = availability(TAX, replace(around, devices=devices))
    assert verdict.cause is Cause.DEVICE_ABSENT


@pytest.mark.parametrize(
    ("definition", "mode"),
    [(POLICE, Mode.ACCEPT_ONLY), (SOCIAL, Mode.ACCEPT_ONLY), (TAX, Mode.UNAVAILABLE)],
    ids=["police", "social", "tax"],
)
def test_without_the_server_each_service_does_what_its_offline_class_allows(
    definition: object, mode: Mode
) -> None:
    found = next(each for each in definitions() if each == definition)
    assert availability(found, world(server=False)) == Availability(mode, Cause.SERVER_AWAY)


def test_one_departments_outage_touches_no_other_department() -> None:
    around = world(backend=(Department.SOCIAL_SECURITY, BackendStatus.DOWN))
    hit = availability(SOCIAL, around)
    assert hit == Availability(Mode.ACCEPT_ONLY, Cause.DEPARTMENT_DOWN)
    assert availability(POLICE, around).mode is Mode.AVAILABLE


def test_a_department_of_unknown_health_is_tried() -> None:
    around = world(backend=(Department.TAX, BackendStatus.UNKNOWN))
    assert availability(TAX, around).mode is Mode.AVAILABLE


def test_a_service_that_cannot_begin_is_listed_and_explains_itself() -> None:
    walk = Walk(world(down=DeviceKind.RECEIPT_PRINTER))
    assert [each.definition.id for each in services_of(walk.world, Department.TAX)] == [TAX.id]
    state = walk.choose(TAX.id)
    assert state == st.NotNow(display=PLAIN, service_id=TAX.id)
    walk.world = world()
    assert isinstance(walk.feed(ev.TryAgain()), st.AtGuide)
