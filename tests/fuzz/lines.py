"""Decoders of the scanner's, the cabinet's and the power supply's lines."""

import struct
import tomllib
from collections.abc import Callable, Iterator
from functools import partial

from device_drivers.cabinet.board_sheet import BOARDS, load_sheet, parse_sheet
from device_drivers.cabinet.facts import status_of as cabinet_status_of
from device_drivers.cabinet.frames import Answer, Question, Refusal, find_reply
from device_drivers.cabinet.interface import CabinetStatus
from device_drivers.cabinet.register_map import RegisterMap
from device_drivers.power_supply.interface import PowerSupplyStatus
from device_drivers.power_supply.variables import error_word
from device_drivers.power_supply.variables import status_of as power_status_of
from device_drivers.qr_scanner.framing import ssi
from device_drivers.qr_scanner.framing.arrival import (
    Answered,
    Arrival,
    CodeArrived,
    Framing,
    Noise,
    ReplyDue,
)
from device_drivers.qr_scanner.framing.automatic import MAKERS, AutoFraming, recognise
from device_drivers.qr_scanner.keys import ALT_CODES, LAYOUTS, InputEvent, KeyDecoder
from device_drivers.qr_scanner.payload import decode_text, split_identifier
from device_drivers.qr_scanner.reading.contents import linear_text_of, text_of
from tests.device_drivers.cabinet.test_frames import (
    COILS,
    CONTACTS,
    MEASURED,
    REGISTERS,
    SET_COIL,
    SET_REGISTER,
    UNIT,
    with_crc,
)
from tests.device_drivers.qr_scanner.framing.test_ssi import from_scanner
from tests.device_drivers.qr_scanner.test_keys import ENTER, SHIFT, alt, strokes
from tests.fuzz.trial import Decoder

_LINES = (
    b"SW370321\r",
    b"SW370321\r\nSW370322\r\n",
    b"\x02]Q1" + "税".encode() + b"\x03",
    b"]d2" + "完税证明".encode("gb18030") + b"\n",
    b"\x00\xff" + b"A" * 300,
)
_NEWLAND = (
    b"\x06SW370321\r",
    bytes.fromhex("02 01 30 30 30 30 23 53 43 4E 4D 4F 44 30 06 3B 03") + b"SW370321\r",
    bytes.fromhex("02 01 30 30 30 30 23 58 59 5A 41 42 43 30 15 3B 03"),
    b"@@@@",
    b"^^^^",
    b"!99900030;",
    b"?..;",
)
_HONEYWELL = (b"232BAD9\x06!", b"232BAD\x15.", b"SW370321\r")
_SSI = (
    from_scanner(ssi.CMD_ACK),
    from_scanner(ssi.CMD_NAK, b"\x02"),
    from_scanner(ssi.DECODE_DATA, b"\x1cSW370321"),
    from_scanner(ssi.DECODE_DATA, b"\x1cfirst ", status=2)
    + from_scanner(ssi.DECODE_DATA, b"\x1clast"),
    from_scanner(ssi.DECODE_DATA, b"\x1ctwice")
    + from_scanner(ssi.DECODE_DATA, b"\x1ctwice", status=1),
    from_scanner(0xF6, b"\x01"),
)
_ALL_SCANNERS = (*_LINES, *_NEWLAND, *_HONEYWELL, *_SSI)


def _arrivals(make: Callable[[], Framing], data: bytes) -> Iterator[object]:
    """In three pieces with a pause after the second, to the text of each code."""
    framing = make()
    third = len(data) // 3
    found: list[Arrival] = [
        *framing.take(data[:third]),
        *framing.take(data[third : 2 * third]),
        *framing.pause(),
        *framing.take(data[2 * third :]),
        *framing.pause(),
    ]
    yield from found
    for arrival in found:
        if isinstance(arrival, CodeArrived):
            yield from _payload(arrival.raw)


def _payload(data: bytes) -> Iterator[object]:
    symbology, raw = split_identifier(data)
    yield symbology
    yield decode_text(raw)


def _ssi_messages(data: bytes) -> Iterator[object]:
    """Packets with right checksums around any data, each status bit by its first byte."""
    pieces = [data[at : at + 40] for at in range(0, len(data), 40)]
    stream = b"".join(
        from_scanner(ssi.DECODE_DATA, piece[1:], status=piece[0] & 0x03) for piece in pieces
    )
    yield from _arrivals(ssi.SsiFraming, stream)


def _recognised(data: bytes) -> Iterator[object]:
    yield recognise(data)


def _key_events(data: bytes) -> Iterator[object]:
    """Five bytes an event: milliseconds since the last one, type, code, value."""
    whole = data[: len(data) // _EVENT.size * _EVENT.size]
    for layout in LAYOUTS:
        for alt_codes in ALT_CODES:
            decoder, at_s = KeyDecoder(layout=layout, alt_codes=alt_codes), 100.0
            for gap_ms, kind, code, value in _EVENT.iter_unpack(whole):
                at_s += gap_ms / 1000
                yield from decoder.take(InputEvent(at_s, kind, code, value))


_EVENT = struct.Struct(">BBHb")


def _written(events: list[InputEvent]) -> bytes:
    return b"".join(_EVENT.pack(2, each.type, each.code, each.value) for each in events)


def _contents(data: bytes) -> Iterator[object]:
    """What a reader of pictures found: bytes, and perhaps their declared parts."""
    yield text_of(data)
    yield text_of(data[3:], data)
    yield linear_text_of(data)


_QUESTIONS = (COILS, CONTACTS, REGISTERS, MEASURED, SET_COIL, SET_REGISTER)
_MODBUS = tuple(
    with_crc(bytes([UNIT]) + bytes.fromhex(printed))
    for printed in ("0103CD6B05", "0203ACDB35", "0306022B00000064", "0402000A", "8302")
) + (SET_COIL.frame, SET_REGISTER.frame)


def _modbus(data: bytes) -> Iterator[object]:
    yield from (find_reply(data, question) for question in _QUESTIONS)


def _modbus_with_right_sums(data: bytes) -> Iterator[object]:
    """Each question's own head, any data, and a right CRC: what only a board in disorder sends."""

    def answer(question: Question) -> bytes:
        head = bytes([UNIT, question.function])
        return with_crc(
            head + data.ljust(question.answer_bytes, b"\x00")[: question.answer_bytes - 4]
        )

    yield from (find_reply(answer(question), question) for question in _QUESTIONS)


_BOARD = load_sheet("default")
_PLACES = sorted(_BOARD.places(), key=str)


def _cabinet(data: bytes) -> Iterator[object]:
    """Two bytes a place; what is missing could not be read."""
    numbers = [number for (number,) in struct.iter_unpack(">H", data[: len(data) // 2 * 2])]
    values = dict(zip(_PLACES, numbers, strict=False))
    yield cabinet_status_of(_BOARD, values, was_hot=False)
    yield cabinet_status_of(_BOARD, values, was_hot=True)


def _sheet(data: bytes) -> Iterator[object]:
    yield parse_sheet(tomllib.loads(data.decode("utf-8")))


def _power(data: bytes) -> Iterator[object]:
    """Variables as `name value`, one a line; each line is an error's too."""
    lines = data.decode("utf-8", "replace").split("\n")
    yield power_status_of(
        {name: value for name, _, value in (each.partition(" ") for each in lines)}
    )
    yield from (error_word(line) for line in lines)


_ARRIVALS = CodeArrived | Answered | ReplyDue | Noise

LINE_DECODERS = (
    *(
        Decoder(f"qr scanner: {name}", partial(_arrivals, make), _ARRIVALS | str, _ALL_SCANNERS)
        for name, make in {**MAKERS, "auto": AutoFraming}.items()
    ),
    Decoder("qr scanner: SSI messages", _ssi_messages, _ARRIVALS | str, _ALL_SCANNERS),
    Decoder("qr scanner: whose burst", _recognised, str | None, _ALL_SCANNERS),
    Decoder("qr scanner: payload", _payload, str, _LINES),
    Decoder(
        "qr scanner: key events",
        _key_events,
        CodeArrived | Noise,
        (
            _written(strokes(31, -SHIFT, 17, 4, ENTER)),
            _written(strokes(*alt(0xCDEA), *alt(0x5B8C), ENTER)),
        ),
    ),
    Decoder(
        "qr scanner: contents of a picture",
        _contents,
        str,
        (
            b"]Q1" + "税".encode(),
            b"]Q2\\000026" + "税".encode(),
            b"]Q2\\000029\xcb\xb0\\000020\x93",
        ),
    ),
    Decoder("cabinet: answers", _modbus, Answer | Refusal | None, _MODBUS),
    Decoder(
        "cabinet: answers with right sums",
        _modbus_with_right_sums,
        Answer | Refusal | None,
        _MODBUS,
    ),
    Decoder(
        "cabinet: registers",
        _cabinet,
        CabinetStatus,
        (struct.pack(">6H", 0, 1, 0, 0, 315, 2400), struct.pack(">6H", 1, 0, 1, 1, 0x8001, 0)),
    ),
    Decoder(
        "cabinet: sheet",
        _sheet,
        RegisterMap,
        tuple(path.read_bytes() for path in sorted(BOARDS.glob("*.toml"))),
        (ValueError,),
    ),
    Decoder(
        "power supply: variables",
        _power,
        PowerSupplyStatus | str,
        (
            b"ups.status OL CHRG\nbattery.charge 87.5\nbattery.runtime 1800",
            b"ups.status OB LB\nbattery.charge 9\nbattery.charge.low 10\nbattery.runtime.low 120",
            b"Error running: LIST VAR kiosk: ERR DATA-STALE\nups.status FSD RB WAIT",
        ),
    ),
)
