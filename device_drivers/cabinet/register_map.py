"""Which register of a board is what. Pure; `board_sheet` reads it from TOML.

A board is bought, not built: its addresses, polarities and scales are configuration.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from device_drivers.cabinet.interface import LightMode, Slot

_SIGN, _WORD = 0x8000, 0x10000
"""A register that holds a number below zero: its highest bit is set (two's complement)."""


class Table(StrEnum):
    """The four tables of MODBUS Application Protocol V1.1b3, section 4.3."""

    COIL = "coil"
    DISCRETE = "discrete"
    HOLDING = "holding"
    INPUT = "input"

    @property
    def holds_bits(self) -> bool:
        """Bits, or 16-bit registers."""
        return self in {Table.COIL, Table.DISCRETE}

    @property
    def can_be_written(self) -> bool:
        """Outputs; the other two are inputs."""
        return self in {Table.COIL, Table.HOLDING}


@dataclass(frozen=True, slots=True)
class Place:
    """One bit or one register."""

    table: Table
    address: int


Values = Mapping[Place, int]
"""What was read; a place nobody could read is not in it."""


@dataclass(frozen=True, slots=True)
class Contact:
    """A bit that says yes or no."""

    place: Place
    inverted: bool = False

    def read(self, values: Values) -> bool | None:
        """Yes or no; None where it is not known."""
        raw = values.get(self.place)
        return None if raw is None else (raw != 0) is not self.inverted


@dataclass(frozen=True, slots=True)
class Gauge:
    """A register that holds a number."""

    place: Place
    scale: float = 1.0
    offset: float = 0.0

    def read(self, values: Values) -> float | None:
        """The number; None where it is not known."""
        raw = values.get(self.place)
        if raw is None:
            return None
        signed = raw - _WORD if raw & _SIGN else raw
        return round(signed * self.scale + self.offset, 3)


@dataclass(frozen=True, slots=True)
class Thermometer:
    """Degrees Celsius, and from where to where it is too hot."""

    gauge: Gauge
    above: float
    until: float
    """Below `above`, so that a temperature at the limit is one edge and not a hundred."""


@dataclass(frozen=True, slots=True)
class Tachometer:
    """A fan's turns, and below how many it stands."""

    gauge: Gauge
    below: float

    @property
    def place(self) -> Place:
        """Where the turns are."""
        return self.gauge.place


@dataclass(frozen=True, slots=True)
class Light:
    """An output with a lamp behind it."""

    place: Place
    values: Mapping[LightMode, int]
    """What is written; a light without a value for `blink` is made to blink by us."""


MOST_PLACES = 32
"""In one question, where the sheet says nothing. The protocol allows 2000 bits or 125 registers
(MODBUS Application Protocol V1.1b3, sections 6.1 to 6.4), many boards fewer; an answer of 32
registers takes 72 ms at 9600 baud."""
WIDEST_GAP = 4
"""Read along where the sheet says nothing: four more registers take 8 ms, another question 15 and
the board's thinking. Boards refuse places they do not have, so a sheet with narrower gaps that are
real says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterMap:
    """One board. What it does not have is None."""

    unit: int
    """Its address on the line, 1 to 247 (MODBUS over Serial Line V1.02, section 2.2)."""
    door: Contact | None = None
    tamper: Contact | None = None
    headset: Contact | None = None
    person: Contact | None = None
    temperature: Thermometer | None = None
    fan: Contact | Tachometer | None = None
    lights: Mapping[Slot, Light] = field(default_factory=dict)
    most_places: int = MOST_PLACES
    """What one question may cover; boards refuse more (Application Protocol V1.1b3, section 7)."""
    widest_gap: int = WIDEST_GAP
    """Unused places between two used ones that are read along, rather than asked for apart."""

    def places(self) -> frozenset[Place]:
        """Everything that is read to know how the board is."""
        contacts = [self.door, self.tamper, self.headset, self.person]
        found = [each.place for each in contacts if each is not None]
        found += [light.place for light in self.lights.values()]
        if self.temperature is not None:
            found.append(self.temperature.gauge.place)
        if self.fan is not None:
            found.append(self.fan.place)
        return frozenset(found)


@dataclass(frozen=True, slots=True)
class Span:
    """Places side by side in one table, read with one question."""

    table: Table
    first: int
    count: int


def spans(places: frozenset[Place], *, most: int, gap: int) -> tuple[Span, ...]:
    """As few questions as cover the places, in a fixed order; see `RegisterMap`."""
    made: list[Span] = []
    for place in sorted(places, key=lambda each: (each.table.value, each.address)):
        last = made[-1] if made else None
        if (
            last is not None
            and last.table is place.table
            and place.address - (last.first + last.count) <= gap
            and place.address - last.first < most
        ):
            made[-1] = Span(last.table, last.first, place.address - last.first + 1)
        else:
            made.append(Span(place.table, place.address, 1))
    return tuple(made)
