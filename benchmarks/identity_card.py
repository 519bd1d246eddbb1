"""ID card read against the time its bytes need on a 115200-baud line."""

import asyncio
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.figure import Figure
from device_drivers.bench.catalogue import Catalogue
from device_drivers.id_card_reader.driver import SamVIdCardReader
from device_drivers.id_card_reader.emulator import SamVEmulator
from device_drivers.id_card_reader.interface import IdCard
from device_drivers.ports import Port

READS: Final = 20

WIRE_BYTES: Final = (10 + 15) + (10 + 19) + (10 + 1295)
"""find, select and read with their replies (`DEVICES.md` 1.2)."""

BYTES_PER_S: Final = 11_520.0
"""115200 baud, 8N1: ten bits a byte."""


def measure() -> list[Figure]:
    """Read a card again and again, lifted in between; the median against the wire time."""
    seconds = asyncio.run(_read_cards())
    return [
        Figure(
            name="ID card read ÷ wire time (median of 20)",
            value=median(seconds) / (WIRE_BYTES / BYTES_PER_S),
            unit="×",
            against="DESIGN.md 7",
            limit=1.15,
        )
    ]


async def _read_cards() -> list[float]:
    card = Catalogue.load().id_cards["zhang-mingyuan"]
    taken: list[float] = []
    with tempfile.TemporaryDirectory() as folder, SamVEmulator(Path(folder) / "reader") as emulator:
        reader = SamVIdCardReader(Port.parse(emulator.port))
        await reader.connect()
        try:
            for _ in range(READS):
                emulator.lay(card)
                began = time.perf_counter()
                reading = await reader.read_card(within_s=5)
                taken.append(time.perf_counter() - began)
                if not isinstance(reading, IdCard):
                    raise TypeError(f"the emulated card was not read: {reading!r}")
                emulator.take()
        finally:
            await reader.close()
    return taken
