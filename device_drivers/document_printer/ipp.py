"""IPP messages as bytes (RFC 8010): what is asked of a printer, and what it answers. Pure.

CUPS passes on what a printer says of itself only while a job runs, so the printer itself is asked,
and pycups has no way to: its `IPPRequest` fails on octet strings, which printers send.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias

MAX_MESSAGE_BYTES = 256 * 1024
"""All attributes of a big office printer take about 40 kB."""

_VERSION = b"\x02\x00"
"""IPP 2.0 (RFC 8010, 3.4.1: major and minor version in a byte each)."""


class Operation(IntEnum):
    """RFC 8011, 5.4.15."""

    CANCEL_JOB = 0x0008
    GET_JOB_ATTRIBUTES = 0x0009
    GET_JOBS = 0x000A
    GET_PRINTER_ATTRIBUTES = 0x000B


class GroupTag(IntEnum):
    """Delimiters between groups (RFC 8010, 3.5.1); every tag below 0x10 is one."""

    OPERATION = 0x01
    JOB = 0x02
    END = 0x03
    PRINTER = 0x04


class ValueTag(IntEnum):
    """The syntaxes that are written, or not read as they stand (RFC 8010, 3.5.2)."""

    INTEGER = 0x21
    BOOLEAN = 0x22
    ENUM = 0x23
    NAME_WITH_LANGUAGE = 0x36
    NAME = 0x42
    KEYWORD = 0x44
    URI = 0x45
    CHARSET = 0x47
    LANGUAGE = 0x48


_KIND = 0xF0
"""The upper half of a tag tells what kind of thing follows (RFC 8010, 3.5)."""
_DELIMITER, _OUT_OF_BAND = 0x00, 0x10
"""A group begins; `unsupported`, `unknown`, `no-value`: no value follows (RFC 8010, 3.5)."""
_NUMBERS = frozenset({ValueTag.INTEGER, ValueTag.ENUM, ValueTag.BOOLEAN})
_FALSE = b"\x00"
_CHARSET, _LANGUAGE = b"utf-8", b"en"
_USER = b"kiosk"
"""Whom a printer's log names, and its list of who may ask must let in; nobody's name."""
_FIRST_ERROR = 0x0100
"""RFC 8011, appendix B.1: statuses below are successes, all others are none."""

IppValue: TypeAlias = int | bool | str | bytes | None
"""None stands for an out-of-band value; bytes for a number or a truth that is none."""
Attributes: TypeAlias = Mapping[str, tuple[IppValue, ...]]


class IppGarbled(ValueError):
    """The bytes are no IPP message; says where."""


@dataclass(frozen=True, slots=True)
class IppReply:
    """One answer."""

    status: int
    """RFC 8011, appendix B: below 0x0100 it succeeded."""
    request_id: int
    printer: Attributes
    jobs: tuple[Attributes, ...]

    @property
    def is_ok(self) -> bool:
        """True for `successful-ok` and its variants."""
        return self.status < _FIRST_ERROR


def encode_request(
    operation: Operation,
    request_id: int,
    *,
    printer_uri: str,
    requested: Sequence[str],
    job_id: int | None = None,
    which_jobs: str | None = None,
) -> bytes:
    """One question; `requested` are the attributes wanted."""
    fields = [
        _field(ValueTag.CHARSET, "attributes-charset", _CHARSET),
        _field(ValueTag.LANGUAGE, "attributes-natural-language", _LANGUAGE),
        _field(ValueTag.URI, "printer-uri", printer_uri.encode("ascii")),
    ]
    if job_id is not None:
        fields.append(_field(ValueTag.INTEGER, "job-id", struct.pack(">i", job_id)))
    fields.append(_field(ValueTag.NAME, "requesting-user-name", _USER))
    if which_jobs is not None:
        fields.append(_field(ValueTag.KEYWORD, "which-jobs", which_jobs.encode("ascii")))
    for position, name in enumerate(requested):
        label = "requested-attributes" if position == 0 else ""
        fields.append(_field(ValueTag.KEYWORD, label, name.encode("ascii")))
    head = _VERSION + struct.pack(">HIB", operation, request_id, GroupTag.OPERATION)
    return head + b"".join(fields) + bytes([GroupTag.END])


def _field(tag: ValueTag, name: str, value: bytes) -> bytes:
    label = name.encode("ascii")
    return struct.pack(">BH", tag, len(label)) + label + struct.pack(">H", len(value)) + value


class _Cursor:
    """Reads on, and says where the message ended too soon."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.offset = 0

    def take(self, count: int) -> bytes:
        piece = self._data[self.offset : self.offset + count]
        if len(piece) < count:
            raise IppGarbled(f"ends within a field at byte {self.offset}")
        self.offset += count
        return piece

    def byte(self) -> int:
        return self.take(1)[0]

    def counted(self) -> bytes:
        return self.take(int.from_bytes(self.take(2), "big"))


def decode_reply(data: bytes) -> IppReply:
    """Read one answer. Raises IppGarbled for anything that is none.

    A number whose length is not that of its syntax is kept as bytes: one wrong attribute of a
    careless firmware does not hide the others. Nothing here reads collections: their members are
    written as further values (RFC 8010, 3.1.6), so that they hide nothing from who knows of none.
    """
    if len(data) > MAX_MESSAGE_BYTES:
        raise IppGarbled(f"longer than {MAX_MESSAGE_BYTES} bytes")
    cursor = _Cursor(data)
    version, status, request_id = struct.unpack(">HHI", cursor.take(8))
    if version >> 8 not in {1, 2}:
        raise IppGarbled(f"version {version >> 8} of IPP is not known")
    groups: list[tuple[int, dict[str, list[IppValue]]]] = []
    while (tag := cursor.byte()) != GroupTag.END:
        if tag & _KIND == _DELIMITER:
            groups.append((tag, {}))
        elif not groups:
            raise IppGarbled(f"a value outside a group at byte {cursor.offset}")
        else:
            _read_value(tag, cursor, groups[-1][1])
    whole = [(tag, {name: tuple(held[name]) for name in held}) for tag, held in groups]
    return IppReply(
        status,
        request_id,
        printer=next((held for tag, held in whole if tag == GroupTag.PRINTER), {}),
        jobs=tuple(held for tag, held in whole if tag == GroupTag.JOB),
    )


def _read_value(tag: int, cursor: _Cursor, group: dict[str, list[IppValue]]) -> None:
    """One attribute, or, with an empty name, one more value of the last (RFC 8010, 3.1.5)."""
    name = cursor.counted().decode("ascii", "replace")
    value = _value(tag, cursor.counted())
    if name:
        group[name] = [value]
    elif group:
        group[next(reversed(group))].append(value)
    else:
        raise IppGarbled(f"a further value of no attribute at byte {cursor.offset}")


def _value(tag: int, data: bytes) -> IppValue:
    """RFC 8010, 3.9; what is no number is text, or something that nothing here reads."""
    if tag & _KIND == _OUT_OF_BAND:
        return None
    if tag in {ValueTag.INTEGER, ValueTag.ENUM} and len(data) == 4:
        return int.from_bytes(data, "big", signed=True)
    if tag == ValueTag.BOOLEAN and len(data) == 1:
        return data != _FALSE
    if tag in _NUMBERS:
        return data
    if tag == ValueTag.NAME_WITH_LANGUAGE:
        language_length = int.from_bytes(data[:2], "big")
        data = data[language_length + 4 :]
    return data.decode("utf-8", "replace")
