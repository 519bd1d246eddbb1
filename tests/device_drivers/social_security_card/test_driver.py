"""The driver against a real pcscd, its virtual reader and an emulated card."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from device_drivers.errors import DeviceMissing, DeviceSilent, FaultCode, ServiceDown
from device_drivers.ports import Port
from device_drivers.social_security_card.driver import PcscSocialSecurityCardReader
from device_drivers.social_security_card.interface import (
    CardUnreadable,
    MediaStatus,
    NoCard,
    SocialSecurityCard,
    UnsupportedCard,
)
from device_drivers.social_security_card.private_pcscd import PrivatePcscd
from device_drivers.status import DeviceStatus
from tests.device_drivers.social_security_card.virtual_slot import (
    PERSON,
    SLOT_PORT,
    pcscd_pid,
    until_media,
)

pytestmark = pytest.mark.slow


@pytest.fixture
async def reader(slot: PrivatePcscd) -> AsyncIterator[PcscSocialSecurityCardReader]:
    del slot  # it must run before and after
    reader = PcscSocialSecurityCardReader(SLOT_PORT)
    await reader.connect()
    await until_media(reader, MediaStatus.NOT_PRESENT)
    yield reader
    await reader.close()


async def test_reads_the_same_card_twice_and_then_another(
    slot: PrivatePcscd, reader: PcscSocialSecurityCardReader
) -> None:
    slot.insert_card(PERSON)
    first = await reader.read_card(within_s=20)
    assert await reader.read_card(within_s=20) == first
    slot.remove_card()
    await until_media(reader, MediaStatus.NOT_PRESENT)
    slot.insert_card({**PERSON, "name": "阿卜杜勒买买提艾则孜江·吐尔逊𠮷"})
    second = await reader.read_card(within_s=20)
    assert isinstance(second, SocialSecurityCard)
    assert second.name == "阿卜杜勒买买提艾则孜江·吐尔逊𠮷"


async def test_calls_a_bank_card_unsupported_by_its_atr(
    slot: PrivatePcscd, reader: PcscSocialSecurityCardReader
) -> None:
    slot.insert_foreign_card()
    assert await reader.read_card(within_s=20) == UnsupportedCard("3B6800008073C84013009000")


async def test_calls_a_card_put_in_upside_down_mute(
    slot: PrivatePcscd, reader: PcscSocialSecurityCardReader
) -> None:
    slot.insert_mute_card()
    assert await reader.read_card(within_s=20) == CardUnreadable("mute")


COMMANDS_OF_A_READ = 15
"""The environment and its answer, two files, five and six records."""


@pytest.mark.parametrize("commands", range(COMMANDS_OF_A_READ))
async def test_says_so_when_the_card_is_pulled_at_any_command_of_the_read(
    slot: PrivatePcscd, reader: PcscSocialSecurityCardReader, commands: int
) -> None:
    slot.insert_card(PERSON, pulled_after=commands)
    assert await reader.read_card(within_s=20) == CardUnreadable("removed")
    await until_media(reader, MediaStatus.NOT_PRESENT)


async def test_a_card_pulled_after_the_last_command_was_read_and_so_is_the_next(
    slot: PrivatePcscd, reader: PcscSocialSecurityCardReader
) -> None:
    slot.insert_card(PERSON, pulled_after=COMMANDS_OF_A_READ)
    assert isinstance(await reader.read_card(within_s=20), SocialSecurityCard)
    slot.remove_card()
    await until_media(reader, MediaStatus.NOT_PRESENT)
    slot.insert_card(PERSON)
    assert isinstance(await reader.read_card(within_s=20), SocialSecurityCard)


async def test_calls_a_card_without_a_name_damaged(
    slot: PrivatePcscd, reader: PcscSocialSecurityCardReader
) -> None:
    slot.insert_card({**PERSON, "name": ""})
    assert await reader.read_card(within_s=20) == CardUnreadable("damaged")


async def test_says_so_when_no_card_comes(reader: PcscSocialSecurityCardReader) -> None:
    assert await reader.read_card(within_s=0.2) == NoCard()
    assert (await reader.status()).media is MediaStatus.NOT_PRESENT


async def test_is_idle_after_waiting_was_cancelled(
    slot: PrivatePcscd, reader: PcscSocialSecurityCardReader
) -> None:
    waiting = asyncio.create_task(reader.read_card(within_s=30))
    await asyncio.sleep(0.2)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    slot.insert_card(PERSON)
    assert isinstance(await reader.read_card(within_s=20), SocialSecurityCard)


async def test_is_idle_after_a_read_was_cancelled_in_the_middle(
    slot: PrivatePcscd, reader: PcscSocialSecurityCardReader
) -> None:
    slot.insert_card(PERSON, think_s=0.1)
    await until_media(reader, MediaStatus.PRESENT)
    reading = asyncio.create_task(reader.read_card(within_s=30))
    await asyncio.sleep(0.5)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert isinstance(await reader.read_card(within_s=20), SocialSecurityCard)


async def test_gives_up_on_a_card_that_hangs_and_recovers_when_it_is_pulled(
    slot: PrivatePcscd,
) -> None:
    reader = PcscSocialSecurityCardReader(SLOT_PORT, answer_limit_s=0.3)
    await until_media(reader, MediaStatus.NOT_PRESENT)
    slot.insert_card(PERSON, think_s=60)
    assert await reader.read_card(within_s=20) == CardUnreadable("mute")
    assert (await reader.status()).device is DeviceStatus.DEVICE_BUSY
    slot.remove_card()
    await until_media(reader, MediaStatus.NOT_PRESENT)
    slot.insert_card(PERSON)
    assert isinstance(await reader.read_card(within_s=20), SocialSecurityCard)
    await reader.close()


async def test_a_card_that_still_hangs_is_mute_in_time_at_the_next_read(
    slot: PrivatePcscd,
) -> None:
    reader = PcscSocialSecurityCardReader(SLOT_PORT, answer_limit_s=0.3)
    await until_media(reader, MediaStatus.NOT_PRESENT)
    slot.insert_card(PERSON, think_s=60)
    assert await reader.read_card(within_s=20) == CardUnreadable("mute")
    asked_at = time.monotonic()
    assert await reader.read_card(within_s=0.5) == CardUnreadable("mute")
    assert time.monotonic() - asked_at < 20  # it hangs for a minute
    with pytest.raises(DeviceSilent):
        await asyncio.wait_for(reader.connect(), 20)
    slot.remove_card()
    await until_media(reader, MediaStatus.NOT_PRESENT)
    await reader.close()


def reader_threads() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name.startswith("pcsc ")]


async def until_no_thread() -> None:
    async with asyncio.timeout(20):
        while reader_threads():  # noqa: ASYNC110 - threads send no events
            await asyncio.sleep(0.02)


async def test_closing_while_it_waits_for_a_card_ends_the_wait_and_the_thread(
    slot: PrivatePcscd,
) -> None:
    del slot
    await until_no_thread()
    reader = PcscSocialSecurityCardReader(SLOT_PORT)
    await until_media(reader, MediaStatus.NOT_PRESENT)
    waiting = asyncio.create_task(reader.read_card(within_s=30))
    await asyncio.sleep(0.2)
    assert len(reader_threads()) == 1
    await reader.close()
    with pytest.raises(DeviceMissing, match="closed"):
        await asyncio.wait_for(waiting, 20)
    await until_no_thread()
    await asyncio.sleep(0.3)
    assert reader_threads() == []


async def test_closing_in_the_middle_of_a_read_leaves_no_thread(slot: PrivatePcscd) -> None:
    await until_no_thread()
    reader = PcscSocialSecurityCardReader(SLOT_PORT)
    await until_media(reader, MediaStatus.NOT_PRESENT)
    slot.insert_card(PERSON, think_s=0.1)
    reading = asyncio.create_task(reader.read_card(within_s=30))
    await asyncio.sleep(1.0)
    await reader.close()
    with pytest.raises(DeviceMissing, match="closed"):
        await asyncio.wait_for(reading, 20)
    await until_no_thread()
    assert (await reader.status()).media is MediaStatus.PRESENT  # asked anew, it opens anew
    assert len(reader_threads()) == 1
    await reader.close()
    await until_no_thread()


async def test_reports_a_stopped_pcscd_and_works_again_when_it_is_back(
    slot: PrivatePcscd, reader: PcscSocialSecurityCardReader
) -> None:
    slot.insert_card(PERSON)
    assert isinstance(await reader.read_card(within_s=20), SocialSecurityCard)
    slot.stop_service()
    with pytest.raises(ServiceDown) as fault:
        await reader.read_card(within_s=5)
    assert fault.value.code is FaultCode.SERVICE_DOWN
    assert fault.value.transient
    assert (await reader.status()).device is DeviceStatus.OFFLINE
    assert (await reader.status()).fault is FaultCode.SERVICE_DOWN
    slot.start_service()
    assert isinstance(await reader.read_card(within_s=20), SocialSecurityCard)


async def test_notices_a_pcscd_killed_while_it_waits_for_a_card(
    slot: PrivatePcscd, reader: PcscSocialSecurityCardReader
) -> None:
    waiting = asyncio.create_task(reader.read_card(within_s=30))
    await asyncio.sleep(0.2)
    os.kill(pcscd_pid(slot.directory), signal.SIGKILL)
    with pytest.raises(ServiceDown):
        await asyncio.wait_for(waiting, 20)
    slot.start_service()
    slot.insert_card(PERSON)
    assert isinstance(await reader.read_card(within_s=20), SocialSecurityCard)


async def test_misses_an_unplugged_reader_and_works_again_when_it_is_back(
    slot: PrivatePcscd, reader: PcscSocialSecurityCardReader
) -> None:
    slot.unplug_reader()
    with pytest.raises(DeviceMissing):
        await reader.read_card(within_s=5)
    assert (await reader.status()).device is DeviceStatus.NO_DEVICE
    slot.plug_reader()
    slot.insert_card(PERSON)
    assert isinstance(await reader.read_card(within_s=20), SocialSecurityCard)


async def test_misses_a_reader_pcscd_does_not_know(slot: PrivatePcscd) -> None:
    del slot
    reader = PcscSocialSecurityCardReader(Port.parse("pcsc:No Such Reader 00 00"))
    with pytest.raises(DeviceMissing):
        await reader.connect()
    status = await reader.status()
    assert (status.device, status.fault) == (DeviceStatus.NO_DEVICE, FaultCode.DEVICE_MISSING)
    await reader.close()
    await reader.close()


def command_line(slot: PrivatePcscd, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "device_drivers", "social-security-card", "read", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[3],
        env={**os.environ, **slot.environment},
        timeout=60,
    )


async def test_prints_the_card_as_one_line_of_json(
    slot: PrivatePcscd, reader: PcscSocialSecurityCardReader
) -> None:
    slot.insert_card(PERSON)
    await until_media(reader, MediaStatus.PRESENT)
    done = command_line(slot, "--port", str(SLOT_PORT))
    assert done.returncode == 0
    (line,) = done.stdout.splitlines()
    assert json.loads(line) == {
        "result": "card",
        "card_number": "C37000001",
        "social_security_number": "370321198804123523",
        "name": "沈知夏",
        "sex": "2",
        "ethnicity": "01",
        "birth_date": "1988-04-12",
        "issue_date": "2019-06-10",
        "valid_until": "2029-06-10",
        "version": "2.00",
        "area": "370321",
    }


async def test_prints_a_refusal_as_a_result(
    slot: PrivatePcscd, reader: PcscSocialSecurityCardReader
) -> None:
    del reader  # the slot was seen empty
    slot.insert_foreign_card()
    done = command_line(slot, "--port", str(SLOT_PORT), "--within-s", "5")
    assert json.loads(done.stdout) == {
        "result": "unsupported_card",
        "atr": "3B6800008073C84013009000",
        "read": {},
    }
    assert done.returncode == 0


def test_prints_a_fault_with_its_code(slot: PrivatePcscd) -> None:
    slot.stop_service()
    done = command_line(slot, "--port", str(SLOT_PORT))
    assert json.loads(done.stdout)["fault"] == "D104"
    assert done.returncode == 1


def test_refuses_a_port_of_another_kind(slot: PrivatePcscd) -> None:
    done = command_line(slot, "--port", "tcp:127.0.0.1:9")
    assert (done.returncode, done.stdout) == (2, "")
