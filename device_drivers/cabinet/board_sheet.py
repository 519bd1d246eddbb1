"""Reads a board's register sheet (TOML) into a `RegisterMap`, and refuses what makes no sense."""

import math
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from device_drivers.cabinet.interface import LightMode, Slot
from device_drivers.cabinet.register_map import (
    MOST_PLACES,
    WIDEST_GAP,
    Contact,
    Gauge,
    Light,
    Place,
    RegisterMap,
    Table,
    Tachometer,
    Thermometer,
)

BOARDS: Final = Path(__file__).with_name("boards")
"""The sheets that ship with the driver, by the name of the file."""


_MOST_REGISTERS: Final = 125
"""In one question (MODBUS Application Protocol V1.1b3, sections 6.3 and 6.4)."""


class BadSheet(ValueError):
    """A register sheet that makes no sense; the message says where."""


def shipped_boards() -> tuple[str, ...]:
    """The names of the sheets that ship with the driver."""
    return tuple(sorted(path.stem for path in BOARDS.glob("*.toml")))


def load_sheet(board: str) -> RegisterMap:
    """Read a shipped sheet by its name, or a file by its full path. Raises BadSheet."""
    path = Path(board) if board.startswith("/") else BOARDS / f"{board}.toml"
    if not board.startswith("/") and board not in shipped_boards():
        known = ", ".join(shipped_boards())
        raise BadSheet(f"no board {board!r}; there is {known}, or a file by its full path")
    try:
        return parse_sheet(tomllib.loads(path.read_text("utf-8")))
    except (OSError, ValueError) as error:
        raise BadSheet(f"board {board}: {error}") from error


def parse_sheet(sheet: Mapping[str, object]) -> RegisterMap:
    """Read a sheet. Raises BadSheet that names what is wrong."""
    top = _Section("the sheet", sheet)
    unit = top.whole("unit", least=1, most=247)
    most_places = top.whole("most_places", least=1, most=_MOST_REGISTERS, default=MOST_PLACES)
    widest_gap = top.whole("widest_gap", least=0, most=_MOST_REGISTERS, default=WIDEST_GAP)
    door, tamper, headset, person = (
        _contact(top, name) for name in ("door", "tamper", "headset", "person")
    )
    temperature, fan = _thermometer(top), _fan(top)
    lights = _lights(top)
    top.end()
    return RegisterMap(
        unit=unit,
        door=door,
        tamper=tamper,
        headset=headset,
        person=person,
        temperature=temperature,
        fan=fan,
        lights=lights,
        most_places=most_places,
        widest_gap=widest_gap,
    )


class _Section:
    """One table of the sheet; what nobody took from it is an error."""

    def __init__(self, name: str, content: object) -> None:
        if not isinstance(content, Mapping):
            raise BadSheet(f"{name} must be a table")
        self.name = name
        self._left: dict[str, object] = dict(content)

    def has(self, key: str) -> bool:
        return key in self._left

    def names(self) -> tuple[str, ...]:
        return tuple(self._left)

    def section(self, key: str) -> "_Section":
        return _Section(key, self._left.pop(key, {}))

    def whole(self, key: str, *, least: int, most: int, default: int | None = None) -> int:
        value = self._left.pop(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise BadSheet(f"{self.name}: {key} must be a number from {least} to {most}")
        return value

    def number(self, key: str, default: float | None = None) -> float:
        value = self._left.pop(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise BadSheet(f"{self.name}: {key} must be a number")
        if not math.isfinite(value):
            raise BadSheet(f"{self.name}: {key} must be a number")
        return float(value)

    def flag(self, key: str) -> bool:
        value = self._left.pop(key, False)
        if not isinstance(value, bool):
            raise BadSheet(f"{self.name}: {key} must be true or false")
        return value

    def place(self) -> Place:
        word = self._left.pop("table", None)
        if not isinstance(word, str) or word not in set(Table):
            raise BadSheet(f"{self.name}: table must be one of {', '.join(Table)}")
        return Place(Table(word), self.whole("address", least=0, most=0xFFFF))

    def end(self) -> None:
        if self._left:
            raise BadSheet(f"{self.name}: no such setting: {', '.join(self._left)}")


def _contact(top: _Section, name: str) -> Contact | None:
    if not top.has(name):
        return None
    section = top.section(name)
    contact = _contact_of(section, section.place())
    section.end()
    return contact


def _contact_of(section: _Section, place: Place) -> Contact:
    if not place.table.holds_bits:
        raise BadSheet(f"{section.name}: a contact is a coil or a discrete input")
    return Contact(place, section.flag("inverted"))


def _gauge_of(section: _Section, place: Place) -> Gauge:
    if place.table.holds_bits:
        raise BadSheet(f"{section.name}: a number is an input or a holding register")
    return Gauge(place, section.number("scale", 1.0), section.number("offset", 0.0))


def _thermometer(top: _Section) -> Thermometer | None:
    if not top.has("temperature"):
        return None
    section = top.section("temperature")
    gauge = _gauge_of(section, section.place())
    above, until = section.number("above"), section.number("until")
    section.end()
    if until >= above:
        raise BadSheet("temperature: until must lie below above")
    return Thermometer(gauge, above, until)


def _fan(top: _Section) -> Contact | Tachometer | None:
    if not top.has("fan"):
        return None
    section = top.section("fan")
    place = section.place()
    fan: Contact | Tachometer
    if place.table.holds_bits:
        fan = _contact_of(section, place)
    else:
        fan = Tachometer(_gauge_of(section, place), section.number("below"))
    section.end()
    return fan


def _lights(top: _Section) -> dict[Slot, Light]:
    lights = top.section("lights")
    made: dict[Slot, Light] = {}
    for name in lights.names():
        if name not in set(Slot):
            raise BadSheet(f"lights: no slot {name!r}; there are {', '.join(Slot)}")
        made[Slot(name)] = _light(lights.section(name), f"lights.{name}")
    places = [light.place for light in made.values()]
    if len(set(places)) != len(places):
        raise BadSheet("lights: two of them are at one address")
    return made


def _light(section: _Section, name: str) -> Light:
    section.name = name
    place = section.place()
    if not place.table.can_be_written:
        raise BadSheet(f"{name}: a light is a coil or a holding register")
    if place.table.holds_bits:
        lit = 0 if section.flag("inverted") else 1
        values = {LightMode.OFF: 1 - lit, LightMode.ON: lit}
    else:
        values = {
            mode: section.whole(mode.value, least=0, most=0xFFFF)
            for mode in LightMode
            if mode is not LightMode.BLINK or section.has(mode.value)
        }
    section.end()
    if len(set(values.values())) != len(values):
        raise BadSheet(f"{name}: two modes write the same value")
    return Light(place, values)
