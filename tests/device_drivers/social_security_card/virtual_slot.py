"""A real pcscd of the tests' own, with the virtual reader."""

import asyncio
import atexit
import functools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from device_drivers.ports import Port
from device_drivers.social_security_card.interface import MediaStatus, SocialSecurityCardReader
from device_drivers.social_security_card.private_pcscd import READER_NAME, PrivatePcscd

SLOT_PORT = Port.parse(f"pcsc:{READER_NAME}")

PERSON: dict[str, object] = {
    "card_number": "C37000001",
    "social_security_number": "370321198804123523",
    "name": "沈知夏",
    "sex": "2",
    "ethnicity": "01",
    "birth_date": "19880412",
    "issue_date": "20190610",
    "valid_until": "20290610",
    "area": "370321",
}
"""An invented person; the number's check digit is right (GB 11643)."""


@functools.cache
def pcscd_directory() -> Path:
    """The same for all: libpcsclite keeps the first socket name it saw until the process ends."""
    directory = Path(tempfile.mkdtemp(prefix="pcscd-tests-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    return directory


@pytest.fixture(scope="module")
def slot_of_module() -> Iterator[PrivatePcscd]:
    """One pcscd for the tests of a module."""
    with PrivatePcscd(pcscd_directory()) as pcscd:
        os.environ.update(pcscd.environment)
        yield pcscd


@pytest.fixture
def slot(slot_of_module: PrivatePcscd) -> Iterator[PrivatePcscd]:
    """The running pcscd with an empty slot."""
    yield slot_of_module
    slot_of_module.start_service()
    slot_of_module.remove_card()


async def until_media(reader: SocialSecurityCardReader, media: MediaStatus) -> None:
    """Wait until pcscd has noticed; it looks every 0.4 s."""
    async with asyncio.timeout(20):
        while (await reader.status()).media is not media:  # noqa: ASYNC110 - polling is its way
            await asyncio.sleep(0.05)


def pcscd_pid(directory: Path) -> int:
    """Process number of the private pcscd, from its own file (which ends with a NUL)."""
    return int((directory / "pcscd" / "pcscd.pid").read_bytes().split()[0])
