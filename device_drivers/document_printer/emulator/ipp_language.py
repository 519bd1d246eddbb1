"""IPP as a printer reads and writes it (RFC 8010), strictly: what breaks the document is refused.

Written from RFC 8010 and RFC 8011, and from nothing of the driver's.
"""

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

BAD_REQUEST = 0x0400
CHARSET_NOT_SUPPORTED = 0x040D
VERSION_NOT_SUPPORTED = 0x0503
"""RFC 8011, appendix B.1."""

_HEAD = struct.Struct(">BBHI")
"""Version, operation or status, request-id (RFC 8010, 3.1.1)."""
_VERSIONS = frozenset({1, 2})
_LAST_REQUEST_ID = 0x7FFFFFFF
"""RFC 8011, 4.1.2: from 1 on."""
_LONGEST_VALUE = 0x7FFF
"""Lengths are signed shorts (RFC 8010, 3.2)."""
_OPERATION_GROUP, _JOB_GROUP, _END = 0x01, 0x02, 0x03
_DELIMITERS = range(0x10)
OUT_OF_BAND: Mapping[str, tuple[int, bytes]] = {
    "unsupported": (0x10, b""),
    "unknown": (0x12, b""),
    "no-value": (0x13, b""),
    "of later": (0x1E, b"none"),
}
"""RFC 8010, 3.5.2; those that later documents define may have bytes (3.8)."""

_INTEGER, _BOOLEAN, _ENUM = 0x21, 0x22, 0x23
_OCTETS, _DATE_TIME, _RESOLUTION, _RANGE = 0x30, 0x31, 0x32, 0x33
_BEGIN_COLLECTION, _END_COLLECTION, _MEMBER = 0x34, 0x37, 0x4A
_TEXT_WITH_LANGUAGE, _NAME_WITH_LANGUAGE = 0x35, 0x36
_TEXT, _NAME, _KEYWORD, _URI, _URI_SCHEME = 0x41, 0x42, 0x44, 0x45, 0x46
_CHARSET, _LANGUAGE, _MIME_TYPE = 0x47, 0x48, 0x49
_LENGTHS = {_INTEGER: 4, _BOOLEAN: 1, _ENUM: 4, _DATE_TIME: 11, _RESOLUTION: 9, _RANGE: 8}
"""RFC 8010, 3.9."""
_MOST_BYTES = {_NAME: 255, _KEYWORD: 255, _URI: 1023, _CHARSET: 63, _LANGUAGE: 63, _MIME_TYPE: 255}
"""RFC 8011, 5.1."""
_WORDS = {
    _KEYWORD: re.compile(rb"[a-z][a-z0-9._-]*"),
    _CHARSET: re.compile(rb"[a-z0-9][a-z0-9._:()+-]*"),
    _LANGUAGE: re.compile(rb"[a-z]{1,8}(-[a-z0-9]{1,8})*"),
    _URI: re.compile(rb"[a-z][a-z0-9+.-]*:[!-~]+"),
}
"""RFC 8011, 5.1.4, 5.1.6, 5.1.8, 5.1.9: lower case, and no blanks."""
_NAMES = frozenset({_NAME, _NAME_WITH_LANGUAGE})
_SYNTAXES: Mapping[str, frozenset[int]] = {
    "attributes-charset": frozenset({_CHARSET}),
    "attributes-natural-language": frozenset({_LANGUAGE}),
    "printer-uri": frozenset({_URI}),
    "job-uri": frozenset({_URI}),
    "job-id": frozenset({_INTEGER}),
    "requesting-user-name": _NAMES,
    "job-name": _NAMES,
    "document-name": _NAMES,
    "document-format": frozenset({_MIME_TYPE}),
    "compression": frozenset({_KEYWORD}),
    "ipp-attribute-fidelity": frozenset({_BOOLEAN}),
    "last-document": frozenset({_BOOLEAN}),
    "limit": frozenset({_INTEGER}),
    "my-jobs": frozenset({_BOOLEAN}),
    "which-jobs": frozenset({_KEYWORD}),
    "requested-attributes": frozenset({_KEYWORD}),
}
"""Of operation attributes, RFC 8011, 4.1 to 4.3."""
_SETS = frozenset({"requested-attributes"})
"""May have several values."""
_CHARSETS = frozenset({b"utf-8", b"us-ascii"})

Parts: TypeAlias = tuple[tuple[int, bytes], ...]
"""One value: its tag and bytes, and for a collection those of its members behind it."""


class RefusedRequest(Exception):
    """The question breaks the document; `status` is what a printer answers it with."""

    def __init__(self, why: str, status: int = BAD_REQUEST, request_id: int = 1) -> None:
        super().__init__(why)
        self.status = status
        self.request_id = request_id


@dataclass(frozen=True, slots=True)
class Question:
    """A request that keeps to the document."""

    operation: int
    request_id: int
    asked: Mapping[str, tuple[bytes, ...]]
    """The operation attributes, in order, by their values' bytes."""
    document: bytes

    def text(self, name: str) -> str | None:
        """The one value of that attribute as text, without the language a name may have."""
        values = self.asked.get(name)
        return None if values is None else values[0].decode("utf-8", "replace")

    def number(self, name: str) -> int | None:
        """The one value of that attribute."""
        values = self.asked.get(name)
        return None if values is None else int.from_bytes(values[0], "big", signed=True)


def read_question(data: bytes) -> Question:
    """Raises RefusedRequest for whatever is not as RFC 8010 and RFC 8011, 4.1 want it.

    But for an attribute that stands there twice, of which the first counts: to a printer that has
    Print-Job only, CUPS 2.4.2 itself names two document formats.
    """
    if len(data) < _HEAD.size:
        raise RefusedRequest("no whole head")
    major, _, operation, request_id = _HEAD.unpack_from(data)
    try:
        asked, end = _read_body(data, major, request_id)
    except RefusedRequest as refused:
        raise RefusedRequest(str(refused), refused.status, request_id) from None
    return Question(operation, request_id, asked, data[end:])


def _read_body(
    data: bytes, major: int, request_id: int
) -> tuple[dict[str, tuple[bytes, ...]], int]:
    """The operation attributes, and where the document begins."""
    if not 1 <= request_id <= _LAST_REQUEST_ID:
        raise RefusedRequest("no such request-id")
    if major not in _VERSIONS:
        raise RefusedRequest("another version", VERSION_NOT_SUPPORTED)
    asked: dict[str, tuple[bytes, ...]] = {}
    attributes, end = _read_attributes(data)
    for group, label, values in attributes:
        if group == _OPERATION_GROUP:
            asked.setdefault(label, tuple(values))
    _check_order(list(asked))
    if asked["attributes-charset"][0] not in _CHARSETS:
        raise RefusedRequest("another charset", CHARSET_NOT_SUPPORTED)
    return asked, end


def _check_order(names: list[str]) -> None:
    """RFC 8011, 4.1.4.1 and 4.1.5: charset, language, then what it is about."""
    if names[:2] != ["attributes-charset", "attributes-natural-language"]:
        raise RefusedRequest("charset and language come first")
    if names[2:3] not in (["printer-uri"], ["job-uri"]):
        raise RefusedRequest("the target comes third")
    if "job-id" in names[4:]:
        raise RefusedRequest("a job-id follows its printer-uri")


def _read_attributes(data: bytes) -> tuple[list[tuple[int, str, list[bytes]]], int]:
    """Group, name and values of each, and where they end."""
    found: list[tuple[int, str, list[bytes]]] = []
    at, group = _HEAD.size, 0
    while (tag := data[at : at + 1]) != bytes([_END]):
        if not tag:
            raise RefusedRequest("no end-of-attributes")
        if tag[0] in _DELIMITERS:
            if tag[0] != (_JOB_GROUP if group else _OPERATION_GROUP):
                raise RefusedRequest("the operation's attributes come first, then the job's")
            at, group = at + 1, tag[0]
            continue
        label, at = _counted(data, at + 1)
        value, at = _counted(data, at)
        if label:
            found.append((group, label.decode("ascii", "replace"), []))
        if not found or found[-1][0] != group:
            raise RefusedRequest("a value of no attribute, or in no group")
        name, values = found[-1][1:]
        if group == _OPERATION_GROUP and values and name not in _SETS:
            raise RefusedRequest(f"a second value of {name}")
        values.append(_checked(name if group == _OPERATION_GROUP else "", tag[0], value))
    return found, at + 1


def _counted(data: bytes, at: int) -> tuple[bytes, int]:
    """A length and so many bytes (RFC 8010, 3.1.4)."""
    if at + 2 > len(data):
        raise RefusedRequest("ends within a length")
    length = int.from_bytes(data[at : at + 2], "big")
    end = at + 2 + length
    if length > _LONGEST_VALUE or end > len(data):
        raise RefusedRequest("ends within a value")
    return data[at + 2 : end], end


def _checked(name: str, tag: int, value: bytes) -> bytes:
    """The value, of a name with language the name alone."""
    if tag not in _SYNTAXES.get(name, {tag}):
        raise RefusedRequest(f"{name} has another syntax")
    if len(value) != _LENGTHS.get(tag, len(value)) or len(value) > _MOST_BYTES.get(
        tag, _LONGEST_VALUE
    ):
        raise RefusedRequest(f"{name} has another length")
    if tag in _WORDS and _WORDS[tag].fullmatch(value) is None:
        raise RefusedRequest(f"{name} is no word of its kind")
    if tag != _NAME_WITH_LANGUAGE:
        return value
    _, at = _counted(value, 0)
    text, end = _counted(value, at)
    if end != len(value):
        raise RefusedRequest(f"{name} has another length")
    return text


def write_answer(status: int, request_id: int, message: str, *groups: bytes) -> bytes:
    """An answer in IPP 2.0, with the attributes each must have (RFC 8011, 4.1.4.2, 4.1.6.2)."""
    return (
        _HEAD.pack(2, 0, status, request_id)
        + bytes([_OPERATION_GROUP])
        + attribute("attributes-charset", ((_CHARSET, b"utf-8"),))
        + attribute("attributes-natural-language", ((_LANGUAGE, b"en"),))
        + attribute("status-message", ((_TEXT, message.encode("utf-8")),))
        + b"".join(groups)
        + bytes([_END])
    )


def attribute(name: str, *values: Parts) -> bytes:
    """One attribute; only its very first part bears its name (RFC 8010, 3.1.5, 3.1.6)."""
    written: list[bytes] = []
    for tag, data in (part for value in values for part in value):
        label = b"" if written else name.encode("ascii")
        written += [struct.pack(">BH", tag, len(label)), label, struct.pack(">H", len(data)), data]
    return b"".join(written)


def integer(number: int) -> Parts:
    """A whole number (RFC 8011, 5.1)."""
    return ((_INTEGER, struct.pack(">i", number)),)


def enum(number: int) -> Parts:
    """One of a list of numbers (RFC 8011, 5.1)."""
    return ((_ENUM, struct.pack(">i", number)),)


def boolean(*, is_true: bool) -> Parts:
    """True or false (RFC 8011, 5.1)."""
    return ((_BOOLEAN, b"\x01" if is_true else b"\x00"),)


def integer_range(lower: int, upper: int) -> Parts:
    """From one number to another (RFC 8011, 5.1)."""
    return ((_RANGE, struct.pack(">ii", lower, upper)),)


def resolution(across: int, down: int) -> Parts:
    """Dots per inch."""
    return ((_RESOLUTION, struct.pack(">iib", across, down, 3)),)


def date_time(year: int, month: int, day: int) -> Parts:
    """Midnight, UTC (RFC 2579, DateAndTime)."""
    return ((_DATE_TIME, struct.pack(">HBBBBBBcBB", year, month, day, 0, 0, 0, 0, b"+", 0, 0)),)


def octets(data: bytes) -> Parts:
    """Any bytes (RFC 8011, 5.1)."""
    return ((_OCTETS, data),)


def keyword(word: str) -> Parts:
    """A word for programs (RFC 8011, 5.1)."""
    return ((_KEYWORD, word.encode("ascii")),)


def uri(address: str) -> Parts:
    """An address (RFC 8011, 5.1)."""
    return ((_URI, address.encode("ascii")),)


def uri_scheme(scheme: str) -> Parts:
    """What an address begins with (RFC 8011, 5.1)."""
    return ((_URI_SCHEME, scheme.encode("ascii")),)


def charset(name: str) -> Parts:
    """How text is written (RFC 8011, 5.1)."""
    return ((_CHARSET, name.encode("ascii")),)


def natural_language(tag: str) -> Parts:
    """Which language it is in (RFC 8011, 5.1)."""
    return ((_LANGUAGE, tag.encode("ascii")),)


def mime_type(name: str) -> Parts:
    """What kind of document (RFC 8011, 5.1)."""
    return ((_MIME_TYPE, name.encode("ascii")),)


def text(words: str, *, language: str = "") -> Parts:
    """Words for people (RFC 8011, 5.1)."""
    return _in_words(_TEXT, _TEXT_WITH_LANGUAGE, words, language)


def name_text(words: str, *, language: str = "") -> Parts:
    """What somebody calls something (RFC 8011, 5.1)."""
    return _in_words(_NAME, _NAME_WITH_LANGUAGE, words, language)


def _in_words(plain: int, with_language: int, words: str, language: str) -> Parts:
    said, spoken = words.encode("utf-8"), language.encode("ascii")
    if not spoken:
        return ((plain, said),)
    lengths = (struct.pack(">H", len(each)) + each for each in (spoken, said))
    return ((with_language, b"".join(lengths)),)


def out_of_band(which: str) -> Parts:
    """One of `OUT_OF_BAND`: a value that says that there is none."""
    return (OUT_OF_BAND[which],)


def collection(members: Mapping[str, Parts]) -> Parts:
    """Members by name; they may be collections (RFC 8010, 3.1.6)."""
    inner = (part for label, value in members.items() for part in _member(label, value))
    return ((_BEGIN_COLLECTION, b""), *inner, (_END_COLLECTION, b""))


def _member(label: str, value: Parts) -> Parts:
    return ((_MEMBER, label.encode("ascii")), *value)
