"""What scanners with a trigger do besides: late answers, refusals, settings, queues, lost packets.

On emulators only: no scanner on a bench can be asked for it.
"""

import asyncio
from contextlib import aclosing
from functools import partial

import pytest

from device_drivers.errors import DeviceBroken
from device_drivers.ports import Port
from device_drivers.qr_scanner.emulator import NewlandScannerEmulator, SsiScannerEmulator
from device_drivers.qr_scanner.framing.arrival import FramingName
from device_drivers.qr_scanner.interface import Scan, ScanReading
from device_drivers.qr_scanner.serial_driver import SerialQrScanner
from device_drivers.status import DeviceStatus
from tests.device_drivers.qr_scanner.holding import hold_until_read, in_time, until

pytestmark = pytest.mark.slow

old_newland = partial(NewlandScannerEmulator, is_old=True, stays_in_settings=True)
"""One that says nothing and reads nothing until it is told to leave its settings."""
newland_or_auto = pytest.mark.parametrize("framing", ["newland", "auto"])


def raw_of(reading: ScanReading) -> bytes:
    assert isinstance(reading, Scan)
    return reading.raw


@pytest.mark.parametrize("behind", [0, 1], ids=["before the code", "behind it"])
@pytest.mark.parametrize("refuses", [False, True], ids=["accepted", "refused"])
async def test_a_newlands_code_is_read_without_the_answers_that_come_on_its_line(
    behind: int, refuses: bool
) -> None:
    with NewlandScannerEmulator() as emulator:
        scanner = SerialQrScanner(Port.parse(emulator.port), framing="newland")
        await scanner.connect()
        emulator.refuses_while_sending = refuses
        emulator.hold_back("trigger", "setting", behind=behind)
        emulator.lay(b"SW3703")
        assert raw_of(await in_time(scanner.read_code(within_s=20))) == b"SW3703"
        emulator.lay(b"21202600001")  # with the answer to what ended the first reading
        assert raw_of(await in_time(scanner.read_code(within_s=20))) == b"21202600001"
        assert emulator.unknown == []
        assert emulator.flash_writes == 0
        await scanner.close()


async def test_an_answer_between_two_codes_of_a_newland_is_part_of_neither() -> None:
    with NewlandScannerEmulator() as emulator:
        scanner = SerialQrScanner(Port.parse(emulator.port), framing="newland")
        emulator.hold_back("trigger", behind=1)
        emulator.lay(b"SW3703", b"21202600001")
        async with aclosing(scanner.listen()) as scans:
            codes = [(await in_time(anext(scans))).raw for _ in range(2)]
        assert codes == [b"SW3703", b"21202600001"]
        await scanner.close()


async def test_a_command_a_newland_refuses_once_is_sent_again() -> None:
    with NewlandScannerEmulator() as emulator:
        scanner = SerialQrScanner(Port.parse(emulator.port), framing="newland")
        await scanner.connect()
        emulator.refusals = 1
        reading = asyncio.create_task(scanner.read_code(within_s=20))
        assert raw_of(await hold_until_read(reading, lambda: emulator.show("x"))) == b"x"
        await scanner.close()


@newland_or_auto
async def test_an_old_newland_that_was_asked_is_let_go_of_its_settings(
    framing: FramingName,
) -> None:
    with old_newland() as emulator:
        scanner = SerialQrScanner(Port.parse(emulator.port), framing=framing)
        await scanner.connect()
        assert (await scanner.status()).device is DeviceStatus.ONLINE
        await until(lambda: not emulator.is_in_settings)
        reading = asyncio.create_task(scanner.read_code(within_s=20))
        assert raw_of(await hold_until_read(reading, lambda: emulator.show("x"))) == b"x"
        await scanner.close()


@newland_or_auto
async def test_an_old_newland_left_in_its_settings_by_another_program_is_read_from(
    framing: FramingName,
) -> None:
    with old_newland() as emulator:
        emulator.enter_settings()
        scanner = SerialQrScanner(Port.parse(emulator.port), framing=framing)
        reading = asyncio.create_task(scanner.read_code(within_s=20))
        assert raw_of(await hold_until_read(reading, lambda: emulator.show("x"))) == b"x"
        assert not emulator.is_in_settings
        await scanner.close()


async def test_an_old_newlands_farewell_to_its_settings_is_no_part_of_the_next_code() -> None:
    with old_newland() as emulator:
        scanner = SerialQrScanner(Port.parse(emulator.port), framing="newland")
        emulator.hold_back("leaving", behind=0)
        assert (await scanner.status()).device is DeviceStatus.ONLINE
        await until(lambda: not emulator.is_in_settings)
        emulator.lay(b"SW3703")
        assert raw_of(await in_time(scanner.read_code(within_s=20))) == b"SW3703"
        await scanner.close()


@pytest.mark.parametrize(
    "shown", [["甲" * 300], ["first", "second"]], ids=["a long code", "two codes"]
)
async def test_what_waits_in_an_ssi_scanner_is_of_the_citizen_before_and_discarded(
    shown: list[str],
) -> None:
    with SsiScannerEmulator(is_hands_free=True, rest_s=0.4) as emulator:
        scanner = SerialQrScanner(Port.parse(emulator.port), framing="ssi")
        await scanner.connect()
        showing = [asyncio.create_task(asyncio.to_thread(emulator.show, each)) for each in shown]
        await until(lambda: emulator.waiting == len(shown))
        reading = asyncio.create_task(scanner.read_code(within_s=30))
        await in_time(asyncio.gather(*showing))
        assert raw_of(await hold_until_read(reading, lambda: emulator.show("mine"))) == b"mine"
        assert emulator.unknown == []
        await scanner.close()


async def test_an_ssi_scanner_that_misheard_is_told_again_to_throw_away_what_waits() -> None:
    with SsiScannerEmulator(is_hands_free=True, rest_s=0.4) as emulator:
        scanner = SerialQrScanner(Port.parse(emulator.port), framing="ssi")
        await scanner.connect()
        showing = [
            asyncio.create_task(asyncio.to_thread(emulator.show, each))
            for each in ("first", "second")
        ]
        await until(lambda: emulator.waiting == len(showing))
        emulator.misheard = 1
        reading = asyncio.create_task(scanner.read_code(within_s=30))
        await in_time(asyncio.gather(*showing))
        assert raw_of(await hold_until_read(reading, lambda: emulator.show("mine"))) == b"mine"
        assert emulator.unknown == []
        await scanner.close()


async def test_an_ssi_scanner_that_refuses_to_throw_away_what_waits_reads_for_nobody() -> None:
    with SsiScannerEmulator() as emulator:
        scanner = SerialQrScanner(Port.parse(emulator.port), framing="ssi")
        await scanner.connect()
        emulator.misheard = 2
        with pytest.raises(DeviceBroken, match="throw away"):
            await in_time(scanner.read_code(within_s=20))
        reading = asyncio.create_task(scanner.read_code(within_s=20))  # once it listens again
        assert raw_of(await hold_until_read(reading, lambda: emulator.show("x"))) == b"x"
        await scanner.close()


async def test_a_command_is_sent_to_an_ssi_scanner_again_when_its_answer_was_lost() -> None:
    with SsiScannerEmulator() as emulator:
        emulator.loses_first_answers = True
        scanner = SerialQrScanner(Port.parse(emulator.port), framing="ssi")
        reading = asyncio.create_task(scanner.read_code(within_s=20))
        assert raw_of(await hold_until_read(reading, lambda: emulator.show("x"))) == b"x"
        assert emulator.unknown == []
        await scanner.close()
