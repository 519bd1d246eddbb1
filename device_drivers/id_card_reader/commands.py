"""`id-card-reader decode`, `id-card-reader read` and `id-card-reader status`."""

import argparse
import asyncio
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from device_drivers.command_line import (
    RESULT,
    BadArguments,
    port_argument,
    say,
    seconds_argument,
    write_line,
)
from device_drivers.id_card_reader import frames
from device_drivers.id_card_reader.card_text import (
    UnknownCardKind,
    decode_appended_address,
    decode_card,
)
from device_drivers.id_card_reader.driver import SamVIdCardReader
from device_drivers.id_card_reader.frames import Garbled, Reply, Status
from device_drivers.id_card_reader.interface import (
    CardReading,
    CardUnreadable,
    IdCard,
    NoCard,
    ReaderStatus,
    Sex,
)
from device_drivers.id_card_reader.photo import CommandPhotoDecoder
from device_drivers.ports import Port

if TYPE_CHECKING:
    from device_drivers.command_line import Subparsers

_SEX_WORDS = {Sex.MALE: "男", Sex.FEMALE: "女", Sex.UNKNOWN: "未知", Sex.NOT_STATED: "未说明"}
"""GB/T 2261.1 (DEVICES.md 1.5)."""

_SPEEDS = (115200, 57600, 38400, 19200, 9600)  # DEVICES.md 1.1

_APPENDED_ADDRESS_BYTES = 70  # DEVICES.md 1.2
_MODULE_ID_BYTES = 16
_SELECTED_BYTES = 8


def add_commands(subparsers: "Subparsers") -> None:
    """Add `id-card-reader`."""
    reader = subparsers.add_parser("id-card-reader", help="read an ID card, or decode its frames")
    commands = reader.add_subparsers(required=True, metavar="COMMAND")
    decode = commands.add_parser("decode", help="decode reply frames of the module")
    decode.add_argument("hex", nargs="+", metavar="HEX", help="bytes; frames may be split anywhere")
    decode.set_defaults(run=_decode)
    read = commands.add_parser("read", help="wait for a card and read it")
    read.add_argument("--port", type=port_argument, required=True)
    read.add_argument("--within-s", type=seconds_argument, default=30.0)
    read.add_argument("--baud", type=int, default=115200, choices=_SPEEDS)
    read.add_argument("--fingerprints", action="store_true", help="ask the card for them too")
    read.add_argument(
        "--photo-out", type=Path, metavar="FILE", help="write the portrait, decoded, to this file"
    )
    read.add_argument(
        "--photo-decoder",
        type=shlex.split,
        metavar="COMMAND",
        help="the vendor's decoder: one WLT block in, one picture out",
    )
    read.set_defaults(run=_read)
    status = commands.add_parser("status", help="ask the module how it is, and its number")
    status.add_argument("--port", type=port_argument, required=True)
    status.add_argument("--baud", type=int, default=115200, choices=_SPEEDS)
    status.set_defaults(run=_status)


def reading_as_json(reading: CardReading) -> dict[str, object]:
    """Write a reading as the object `DESIGN.md` section 8 lays down."""
    match reading:
        case NoCard():
            return {"result": "no_card"}
        case CardUnreadable(why):
            return {"result": "unreadable", "why": why}
        case IdCard() as card:
            return {
                "result": "card",
                "kind": card.kind.value,
                "name": card.name,
                "english_name": card.english_name,
                "sex": card.sex.value,
                "sex_word": _SEX_WORDS[card.sex],
                "ethnicity": card.ethnicity,
                "ethnicity_code": card.ethnicity_code,
                "nationality": card.nationality,
                "birth_date": card.birth_date.isoformat() if card.birth_date else None,
                "address": card.address,
                "number": card.number,
                "issuer": card.issuer,
                "valid_from": card.valid_from.isoformat() if card.valid_from else None,
                "valid_until": card.valid_until.isoformat() if card.valid_until else None,
                "pass_number": card.pass_number,
                "times_issued": card.times_issued,
                "card_version": card.card_version,
                "former_number_link": card.former_number_link,
                "appended_address": card.appended_address,
                "photo_bytes": len(card.photo_wlt),
                "fingerprint_bytes": len(card.fingerprints),
            }


def _is_hexadecimal(text: str) -> bool:
    return re.fullmatch(r"[0-9A-Fa-f\s]+", text) is not None


def _decode(arguments: argparse.Namespace) -> int:
    try:
        data = bytes.fromhex("".join(arguments.hex))
    except ValueError as error:
        wrong = next((each for each in arguments.hex if not _is_hexadecimal(each)), "")
        why = f"{wrong!r} is not hexadecimal" if wrong else "half a byte: a digit is missing"
        raise BadArguments(why) from error
    decoder = frames.Decoder()
    for event in decoder.feed(data) + decoder.give_up():
        write_line(_event_as_json(event))
    return RESULT


def _event_as_json(event: Reply | Garbled) -> dict[str, object]:
    match event:
        case Garbled(why):
            return {"result": "unreadable", "why": why}
        case Reply(status=Status.FOUND):
            return {"result": "found"}
        case Reply(status=Status.FIND_FAILED):
            return {"result": "no_card", "why": "find_failed"}
        case Reply(status=Status.OK, data=data):
            return _data_as_json(data)
        case Reply(sw1=sw1, sw2=sw2, status=status):
            why = Status(status).name.lower() if status in set(Status) else "unknown_status"
            return {"result": "unreadable", "why": why, "status": f"{sw1:02x}{sw2:02x}{status:02x}"}


def _data_as_json(data: bytes) -> dict[str, object]:
    """Tell what was asked for by the length of what came."""
    if not data:
        return {"result": "done"}
    if len(data) == _SELECTED_BYTES:
        return {"result": "selected"}
    if len(data) == _MODULE_ID_BYTES:
        return {"result": "module_id", "text": frames.sam_id_text(data)}
    try:
        if len(data) == _APPENDED_ADDRESS_BYTES:
            return {"result": "appended_address", "address": decode_appended_address(data)}
        blocks = frames.split_read(data)
        return reading_as_json(decode_card(blocks.text, blocks.photo_wlt))
    except UnknownCardKind:
        return {"result": "unreadable", "why": "unknown_kind"}
    except ValueError:
        return {"result": "unreadable", "why": "damaged"}


def _read(arguments: argparse.Namespace) -> int:
    if (arguments.photo_out is None) != (arguments.photo_decoder is None):
        raise BadArguments("--photo-out and --photo-decoder go together")
    reader = _reader(arguments.port, baud=arguments.baud, fingerprints=arguments.fingerprints)
    say("lay a card on the reader")
    reading = asyncio.run(_read_once(reader, arguments.within_s))
    write_line(reading_as_json(reading))
    if arguments.photo_out is not None and isinstance(reading, IdCard):
        decoder = CommandPhotoDecoder(arguments.photo_decoder)
        picture = asyncio.run(decoder.decode(reading.photo_wlt))
        if picture is None:
            say(f"no portrait: {decoder.failure}")
        else:
            arguments.photo_out.write_bytes(picture)
    return RESULT


def _status(arguments: argparse.Namespace) -> int:
    reader = _reader(arguments.port, baud=arguments.baud)
    status, module_id = asyncio.run(_status_once(reader))
    write_line(
        {
            "status": status.device.value,
            "fault": status.fault.value if status.fault is not None else None,
            "detail": status.detail,
            **status.parts(),
            "module_id": module_id,
        }
    )
    return RESULT


def _reader(port: Port, *, baud: int, fingerprints: bool = False) -> SamVIdCardReader:
    try:
        return SamVIdCardReader(port, baud=baud, fingerprints=fingerprints)
    except ValueError as error:
        raise BadArguments(str(error)) from error


async def _read_once(reader: SamVIdCardReader, within_s: float) -> CardReading:
    try:
        await reader.connect()
        return await reader.read_card(within_s=within_s)
    finally:
        await reader.close()


async def _status_once(reader: SamVIdCardReader) -> tuple[ReaderStatus, str]:
    try:
        await reader.connect()
        return await reader.status(), await reader.module_id()
    finally:
        await reader.close()
