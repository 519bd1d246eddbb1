"""A board is a sheet: what it may say, what is refused and how, and which questions it makes."""

import tomllib
from pathlib import Path

import pytest

from device_drivers.cabinet.board_sheet import BadSheet, load_sheet, parse_sheet, shipped_boards
from device_drivers.cabinet.interface import LightMode, Slot
from device_drivers.cabinet.register_map import Contact, Place, Span, Table, spans


def sheet(text: str) -> dict[str, object]:
    return {"unit": 1, **tomllib.loads(text)}


@pytest.mark.parametrize("board", shipped_boards())
def test_every_shipped_sheet_has_a_light_at_each_slot(board: str) -> None:
    assert set(load_sheet(board).lights) == set(Slot)


def test_the_default_board_is_asked_three_questions() -> None:
    assert spans(load_sheet("default").places(), most=32, gap=4) == (
        Span(Table.DISCRETE, 0, 4),
        Span(Table.HOLDING, 20, 6),
        Span(Table.INPUT, 0, 2),
    )


def test_a_sheet_may_be_a_file_of_the_county(tmp_path: Path) -> None:
    path = tmp_path / "board.toml"
    path.write_text('unit = 9\n[door]\ntable = "coil"\naddress = 7\ninverted = true\n', "utf-8")
    board = load_sheet(str(path))
    assert board.unit == 9
    assert board.door == Contact(Place(Table.COIL, 7), inverted=True)
    assert (board.fan, board.temperature, dict(board.lights)) == (None, None, {})


def test_a_light_on_a_coil_is_lit_by_one_or_where_inverted_by_nought() -> None:
    lights = parse_sheet(
        sheet(
            '[lights.camera]\ntable = "coil"\naddress = 0\n'
            '[lights.scanner]\ntable = "coil"\naddress = 1\ninverted = true\n'
        )
    ).lights
    assert lights[Slot.CAMERA].values == {LightMode.OFF: 0, LightMode.ON: 1}
    assert lights[Slot.SCANNER].values == {LightMode.OFF: 1, LightMode.ON: 0}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("unit = 0", "unit must be a number from 1 to 247"),
        ("unit = true", "unit must be a number"),
        ("most_places = 0", "most_places must be a number from 1 to 125"),
        ("widest_gap = -1", "widest_gap must be a number from 0 to 125"),
        ("door = 3", "door must be a table"),
        ('[door]\ntable = "rolls"\naddress = 0', "door: table must be one of coil, discrete"),
        ('[door]\ntable = "input"\naddress = 0', "door: a contact is a coil or a discrete input"),
        ('[door]\ntable = "coil"\naddress = 65536', "door: address must be a number from 0"),
        ('[door]\ntable = "coil"', "door: address must be"),
        ('[door]\ntable = "coil"\naddress = 0\nscale = 2', "door: no such setting: scale"),
        ('[door]\ntable = "coil"\naddress = 0\ninverted = 1', "door: inverted must be true or"),
        ("[window]\naddress = 1", "no such setting: window"),
        ('[temperature]\ntable = "coil"\naddress = 0', "temperature: a number is an input"),
        (
            '[temperature]\ntable = "input"\naddress = 0\nabove = 50\nuntil = 50',
            "until must lie below above",
        ),
        ('[temperature]\ntable = "input"\naddress = 0\nscale = nan', "scale must be a number"),
        ('[fan]\ntable = "input"\naddress = 0', "fan: below must be a number"),
        ('[lights.hat]\ntable = "coil"\naddress = 0', "no slot 'hat'; there are id_card"),
        ('[lights.camera]\ntable = "discrete"\naddress = 0', "a light is a coil or a holding"),
        ('[lights.camera]\ntable = "holding"\naddress = 0\noff = 0', "lights.camera: on must be"),
        (
            '[lights.camera]\ntable = "holding"\naddress = 0\noff = 1\non = 1',
            "lights.camera: two modes write the same value",
        ),
        (
            '[lights.camera]\ntable = "coil"\naddress = 0\n'
            '[lights.scanner]\ntable = "coil"\naddress = 0',
            "two of them are at one address",
        ),
    ],
)
def test_a_sheet_without_sense_is_refused_and_says_where(text: str, words: str) -> None:
    with pytest.raises(BadSheet, match=words):
        parse_sheet(sheet(text))


@pytest.mark.parametrize("board", ["no-such", "../facts", "/no/such/file.toml"])
def test_a_board_nobody_has_is_refused_by_name(board: str) -> None:
    with pytest.raises(ValueError, match=board):
        load_sheet(board)


def test_far_places_are_asked_for_apart_and_near_ones_together() -> None:
    places = frozenset(Place(Table.INPUT, address) for address in (0, 5, 11, 12, 60))
    assert spans(places, most=32, gap=4) == (
        Span(Table.INPUT, 0, 6),
        Span(Table.INPUT, 11, 2),
        Span(Table.INPUT, 60, 1),
    )
    long = frozenset(Place(Table.COIL, address) for address in range(40))
    assert [span.count for span in spans(long, most=32, gap=4)] == [32, 8]


def test_a_sheet_says_how_much_its_board_takes_in_one_question() -> None:
    assert (parse_sheet(sheet("")).most_places, parse_sheet(sheet("")).widest_gap) == (32, 4)
    strict = parse_sheet(sheet("most_places = 1\nwidest_gap = 0"))
    assert (strict.most_places, strict.widest_gap) == (1, 0)
