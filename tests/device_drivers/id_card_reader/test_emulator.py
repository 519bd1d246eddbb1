"""The emulated module, asked with bytes typed off the document, without the driver's help."""

import os
import select
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

from device_drivers.id_card_reader.emulated_card import make_card
from device_drivers.id_card_reader.emulator import SamVEmulator
from tests.device_drivers.id_card_reader.people import FOREIGNER_2017, RESIDENT

FIND, SELECT, READ = (
    "AAAAAA9669 0003 2001 22",
    "AAAAAA9669 0003 2002 21",
    "AAAAAA9669 0003 3001 32",
)
FOUND = bytes.fromhex("AAAAAA9669 0008 00009F 00000000 97")
SELECTED = bytes.fromhex("AAAAAA9669 000C 000090 0000000000000000 9C")
NOT_FOUND = bytes.fromhex("AAAAAA9669 0004 000080 84")
NOT_SELECTED = bytes.fromhex("AAAAAA9669 0004 000081 85")
NOT_READ = bytes.fromhex("AAAAAA9669 0004 000041 45")


class Wire:
    """An open end of the emulator's line."""

    def __init__(self, path: Path) -> None:
        self.descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY)
        self.set_speed(termios.B115200)

    def set_speed(self, speed: int) -> None:
        attributes = termios.tcgetattr(self.descriptor)
        attributes[4] = attributes[5] = speed
        termios.tcsetattr(self.descriptor, termios.TCSANOW, attributes)

    def ask(self, frame: str, answer_bytes: int) -> bytes:
        os.write(self.descriptor, bytes.fromhex(frame))
        answer = b""
        while len(answer) < answer_bytes and select.select([self.descriptor], [], [], 2)[0]:
            answer += os.read(self.descriptor, 4096)
        assert not select.select([self.descriptor], [], [], 0.02)[0]
        return answer


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[SamVEmulator]:
    with SamVEmulator(tmp_path / "reader", bytes_per_s=None) as running:
        yield running


@pytest.fixture
def wire(emulator: SamVEmulator, tmp_path: Path) -> Iterator[Wire]:
    opened = Wire(tmp_path / "reader")
    yield opened
    os.close(opened.descriptor)


def test_answers_the_frames_of_the_document(wire: Wire, emulator: SamVEmulator) -> None:
    assert wire.ask("AAAAAA9669 0003 11FF ED", 11) == bytes.fromhex("AAAAAA9669 0004 000090 94")
    assert wire.ask("AAAAAA9669 0003 12FF EE", 27)[5:10] == bytes.fromhex("0014 000090")
    assert wire.ask(FIND, 11) == NOT_FOUND
    emulator.lay(RESIDENT)
    assert wire.ask(FIND, 15) == FOUND
    assert wire.ask(SELECT, 19) == SELECTED
    read = wire.ask(READ, 1295)
    assert len(read) == 1295
    assert read[:14] == bytes.fromhex("AAAAAA9669 0508 000090 0100 0400")
    assert read[14:20] == "李桓台".encode("utf-16-le")


def test_insists_on_find_select_read(wire: Wire, emulator: SamVEmulator) -> None:
    emulator.lay(RESIDENT)
    assert wire.ask(SELECT, 11) == NOT_SELECTED
    assert wire.ask(READ, 11) == NOT_READ
    assert wire.ask(FIND, 15) == FOUND
    assert wire.ask(READ, 11) == NOT_READ
    assert wire.ask(FIND, 15) == FOUND
    assert wire.ask(SELECT, 19) == SELECTED


def test_does_not_find_a_card_it_has_read_until_it_was_lifted(
    wire: Wire, emulator: SamVEmulator
) -> None:
    emulator.lay(RESIDENT)
    wire.ask(FIND, 15)
    wire.ask(SELECT, 19)
    wire.ask(READ, 1295)
    assert wire.ask(FIND, 11) == NOT_FOUND
    assert wire.ask(SELECT, 11) == NOT_SELECTED
    assert wire.ask(FIND, 11) == NOT_FOUND
    emulator.take()
    emulator.lay(RESIDENT)
    assert wire.ask(FIND, 15) == FOUND


@pytest.mark.parametrize(
    ("frame", "status"),
    [
        ("AAAAAA9669 0003 2001 23", 0x10),
        ("AAAAAA9669 0002 20 22", 0x11),
        ("AAAAAA9669 0003 7777 03", 0x21),
        ("00FF AAAA AAAAAA9669 0003 11FF ED", 0x90),
    ],
)
def test_tells_what_is_wrong_with_a_frame(wire: Wire, frame: str, status: int) -> None:
    answer = wire.ask(frame, 11)
    assert (len(answer), answer[9]) == (11, status)


def test_tells_an_appended_address_or_that_there_is_none(
    wire: Wire, emulator: SamVEmulator
) -> None:
    emulator.lay(RESIDENT)
    wire.ask(FIND, 15)
    wire.ask(SELECT, 19)
    assert wire.ask("AAAAAA9669 0003 3003 30", 11)[9] == 0x91
    emulator.lay(RESIDENT | {"appended_address": "山东省淄博市桓台县果里镇5号"})
    wire.ask(FIND, 15)
    wire.ask(SELECT, 19)
    answer = wire.ask("AAAAAA9669 0003 3003 30", 81)
    assert answer[10:80].decode("utf-16-le").rstrip() == "山东省淄博市桓台县果里镇5号"


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "library_card"},
        {"kind": "resident", "shoe_size": "43"},
        {"kind": "resident", "pass_number": "H12345678"},
        {"kind": "resident", "name": "名" * 16},
        {"kind": "resident", "appended_address": "址" * 36},
    ],
)
def test_refuses_a_card_that_cannot_be(fields: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"no card|no field|longer"):
        make_card(fields)


def test_lays_a_foreigners_card_out_as_the_document_does() -> None:
    text = make_card(FOREIGNER_2017).text
    assert len(text) == 256
    assert text[122:152].decode("utf-16-le") == "CAN110081080319"
    assert text[248:250] == b"I\x00"


@pytest.mark.slow
def test_changes_its_speed_after_it_answered_and_is_noise_to_any_other(
    wire: Wire, emulator: SamVEmulator
) -> None:
    assert wire.ask("AAAAAA9669 0003 6003 60", 11) == bytes.fromhex("AAAAAA9669 0004 000090 94")
    assert emulator.baud == 19200
    assert wire.ask("AAAAAA9669 0003 11FF ED", 1) == b""
    wire.set_speed(termios.B19200)
    assert wire.ask("AAAAAA9669 0003 11FF ED", 11) == bytes.fromhex("AAAAAA9669 0004 000090 94")


def test_two_cards_are_found_and_neither_is_selected(wire: Wire, emulator: SamVEmulator) -> None:
    emulator.lay(RESIDENT)
    emulator.lay_second()
    assert wire.ask(FIND, 15) == FOUND
    assert wire.ask(SELECT, 11) == NOT_SELECTED
    emulator.take_second()
    assert wire.ask(FIND, 15) == FOUND
    assert wire.ask(SELECT, 19) == SELECTED


@pytest.mark.parametrize(("fingers", "size"), [("0", 1297), ("1", 1809), ("2", 2321)])
def test_gives_as_many_fingerprints_as_the_card_holds(
    wire: Wire, emulator: SamVEmulator, fingers: str, size: int
) -> None:
    emulator.lay({**RESIDENT, "fingers": fingers})
    wire.ask(FIND, 15)
    wire.ask(SELECT, 19)
    assert len(wire.ask("AAAAAA9669 0003 3010 23", size)) == size
