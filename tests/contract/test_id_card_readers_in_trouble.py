"""ID card readers whose line is noisy and whose module ails: what no person at a bench can do."""

import time
from collections.abc import AsyncIterator, Iterator

import pytest

from device_drivers.errors import DeviceBroken, FaultCode
from device_drivers.id_card_reader.driver import SamVIdCardReader
from device_drivers.id_card_reader.emulator import Ailment, Disturbance, Mishearing, SamVEmulator
from device_drivers.id_card_reader.interface import IdCard, MediaStatus
from device_drivers.ports import Port
from device_drivers.status import DeviceStatus
from tests.device_drivers.id_card_reader.people import ELDERLY, RESIDENT

NEWER_ADDRESS = "山东省淄博市桓台县少海路2号"


@pytest.fixture
def emulator() -> Iterator[SamVEmulator]:
    with SamVEmulator() as running:
        yield running


@pytest.fixture
async def reader(emulator: SamVEmulator) -> AsyncIterator[SamVIdCardReader]:
    made = SamVIdCardReader(Port.parse(emulator.port))
    yield made
    await made.close()


SPOILT = [each for each in Mishearing if each is not Mishearing.NONE]


@pytest.mark.parametrize("spoilt", SPOILT)
async def test_a_command_the_module_did_not_understand_is_said_again(
    emulator: SamVEmulator, reader: SamVIdCardReader, spoilt: Mishearing
) -> None:
    emulator.lay({**RESIDENT, "appended_address": NEWER_ADDRESS})
    emulator.mishear(*[spoilt, Mishearing.NONE] * 4)
    card = await reader.read_card(within_s=0)
    assert isinstance(card, IdCard)
    assert (card.number, card.appended_address) == (RESIDENT["number"], NEWER_ADDRESS)


@pytest.mark.parametrize("spoilt", SPOILT)
async def test_a_question_the_module_did_not_understand_is_asked_again(
    emulator: SamVEmulator, reader: SamVIdCardReader, spoilt: Mishearing
) -> None:
    emulator.lay(RESIDENT)
    emulator.mishear(spoilt, Mishearing.NONE)
    status = await reader.status()
    assert (status.device, status.media) == (DeviceStatus.ONLINE, MediaStatus.PRESENT)


async def test_a_module_that_understands_nothing_is_garbled(
    emulator: SamVEmulator, reader: SamVIdCardReader
) -> None:
    emulator.mishear(*[Mishearing.BIT_TURNED] * 10)
    status = await reader.status()
    assert (status.device, status.fault) == (DeviceStatus.OFFLINE, FaultCode.DEVICE_GARBLED)


@pytest.mark.slow
@pytest.mark.parametrize("lifted_after_replies", [3, 0], ids=["lifted", "it has no such item"])
async def test_a_refusal_that_comes_late_is_not_the_next_cards(
    emulator: SamVEmulator, reader: SamVIdCardReader, lifted_after_replies: int
) -> None:
    emulator.lay(RESIDENT)
    emulator.take_after(lifted_after_replies)
    emulator.disturb(*[Disturbance.NOISE_BEFORE] * 3, Disturbance.LATE)
    assert isinstance(await reader.read_card(within_s=20), IdCard)
    emulator.lay(ELDERLY)
    card = await reader.read_card(within_s=0)
    assert isinstance(card, IdCard)
    assert card.number == ELDERLY["number"]


RESETTABLE = [Ailment.UNKNOWN, Ailment.SELF_TEST_FAILED, Ailment.NO_RANDOM_NUMBER]


@pytest.mark.parametrize("ailment", RESETTABLE)
async def test_a_module_that_ails_is_reset_before_a_technician_is_called(
    emulator: SamVEmulator, reader: SamVIdCardReader, ailment: Ailment
) -> None:
    emulator.lay(RESIDENT)
    emulator.ail(ailment, until_reset=True)
    assert (await reader.status()).device is DeviceStatus.ONLINE
    emulator.ail(ailment, until_reset=True)
    await reader.connect()
    emulator.ail(ailment, until_reset=True)
    assert isinstance(await reader.read_card(within_s=20), IdCard)


@pytest.mark.slow
async def test_a_module_that_ails_and_was_switched_on_at_another_speed_is_reset_too() -> None:
    with SamVEmulator(baud=57600) as slow:
        slow.ail(Ailment.SELF_TEST_FAILED, until_reset=True)
        reader = SamVIdCardReader(Port.parse(slow.port))
        await reader.connect()
        assert slow.baud == 115200
        await reader.close()


@pytest.mark.slow
async def test_a_module_whose_radio_hangs_is_reset_and_reads(
    emulator: SamVEmulator, reader: SamVIdCardReader
) -> None:
    await reader.connect()
    emulator.hang()
    status = await reader.status()
    assert (status.device, status.media) == (DeviceStatus.ONLINE, MediaStatus.UNKNOWN)
    emulator.lay(RESIDENT)
    assert isinstance(await reader.read_card(within_s=0), IdCard)


@pytest.mark.parametrize(
    ("ailment", "code"),
    [
        (Ailment.UNKNOWN, FaultCode.BROKEN_PART),
        (Ailment.SELF_TEST_FAILED, FaultCode.SELF_TEST_FAILED),
        (Ailment.UNLICENSED, FaultCode.UNLICENSED),
        (Ailment.NO_RANDOM_NUMBER, FaultCode.BROKEN_PART),
    ],
)
async def test_a_module_that_no_reset_mends_is_a_fault_with_its_code(
    emulator: SamVEmulator, reader: SamVIdCardReader, ailment: Ailment, code: FaultCode
) -> None:
    emulator.ail(ailment)
    for asked in (reader.connect(), reader.read_card(within_s=0)):
        with pytest.raises(DeviceBroken) as raised:
            await asked
        assert raised.value.code is code
    began = time.monotonic()
    status = await reader.status()
    assert time.monotonic() - began < 1.5  # 1 s, and what a busy machine adds
    assert (status.device, status.fault) == (DeviceStatus.HARDWARE_ERROR, code)
