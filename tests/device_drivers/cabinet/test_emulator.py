"""The emulated board on its own line, byte by byte: what it has not, it refuses by the protocol.

Frames written by hand from MODBUS Application Protocol V1.1b3 (sections 6 and 7) and Serial Line
V1.02 (CRC).
"""

from collections.abc import AsyncIterator, Iterator

import pytest

from device_drivers.cabinet.emulator import CabinetEmulator
from device_drivers.ports import Port
from device_drivers.transport.serial_port import SerialPort

ILLEGAL_COIL_READ = "01 81 02 c1 91"
ILLEGAL_COIL_WRITE = "01 85 02 c3 51"


@pytest.fixture
def board() -> Iterator[CabinetEmulator]:
    with CabinetEmulator(bytes_per_s=None) as running:
        yield running


@pytest.fixture
async def line(board: CabinetEmulator) -> AsyncIterator[SerialPort]:
    made = SerialPort(Port.parse(board.port), device="cabinet", baud=9600)
    await made.open()
    yield made
    await made.close()


async def answer(line: SerialPort, question: str, size: int) -> str:
    """What it says in `size` bytes; fewer when it falls silent."""
    await line.write(bytes.fromhex(question), within_s=20)
    heard = b""
    while len(heard) < size and (more := await line.read(within_s=20)):
        heard += more
    return heard.hex(" ")


@pytest.mark.parametrize(
    ("question", "refusal"),
    [
        ("01 01 00 00 00 01 fd ca", ILLEGAL_COIL_READ),
        ("01 05 00 03 ff 00 7c 3a", ILLEGAL_COIL_WRITE),
        ("01 05 00 14 ff 00 cc 3e", ILLEGAL_COIL_WRITE),
        ("01 0f 00 0e 00 02 01 03 f7 57", "01 8f 02 c5 f1"),
        ("01 03 00 13 00 01 75 cf", "01 83 02 c0 f1"),
        ("01 06 00 1a 00 01 69 cd", "01 86 02 c3 a1"),
    ],
    ids=[
        "read a coil",
        "write a coil before the lights",
        "write a coil with a light's number",
        "write several coils",
        "read a register before the lights",
        "write a register behind the lights",
    ],
)
async def test_what_the_board_has_not_is_an_illegal_data_address(
    board: CabinetEmulator, line: SerialPort, question: str, refusal: str
) -> None:
    assert await answer(line, question, 5) == refusal
    assert set(board.lights.values()) == {"off"}


async def test_it_answers_as_before_after_a_refusal(
    board: CabinetEmulator, line: SerialPort
) -> None:
    assert await answer(line, "01 05 00 03 ff 00 7c 3a", 5) == ILLEGAL_COIL_WRITE
    last_light_on = "01 06 00 19 00 01 99 cd"
    assert await answer(line, last_light_on, 8) == last_light_on
    assert board.lights["document_printer"] == "on"
