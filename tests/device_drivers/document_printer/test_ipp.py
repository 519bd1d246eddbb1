"""IPP as bytes: the examples of RFC 8010, and whatever else may come down the wire."""

import struct
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device_drivers.document_printer.ipp import (
    IppGarbled,
    IppReply,
    IppValue,
    Operation,
    ValueTag,
    decode_reply,
    encode_request,
)

BUSY = (HealthCheck.too_slow,)
"""On a machine with other work the first inputs take seconds to make."""


def _attribute(tag: int, name: str, value: bytes) -> bytes:
    label = name.encode("ascii")
    return struct.pack(">BH", tag, len(label)) + label + struct.pack(">H", len(value)) + value


_OPERATION_GROUP = (
    b"\x01"
    + _attribute(0x47, "attributes-charset", b"utf-8")
    + _attribute(0x48, "attributes-natural-language", b"en")
)

_GET_JOBS_ANSWER = (
    bytes.fromhex("0101 0000 00000123")
    + b"\x01"
    + bytes.fromhex("47 0012")
    + b"attributes-charset"
    + bytes.fromhex("0005")
    + b"utf-8"
    + bytes.fromhex("48 001b")
    + b"attributes-natural-language"
    + bytes.fromhex("0005")
    + b"en-us"
    + bytes.fromhex("41 000e")
    + b"status-message"
    + bytes.fromhex("000d")
    + b"successful-ok"
    + b"\x02"
    + bytes.fromhex("21 0006")
    + b"job-id"
    + bytes.fromhex("0004 00000093")
    + bytes.fromhex("36 0008")
    + b"job-name"
    + bytes.fromhex("000c 0005")
    + b"fr-ca"
    + bytes.fromhex("0003")
    + b"fou"
    + b"\x02\x02"
    + bytes.fromhex("21 0006")
    + b"job-id"
    + bytes.fromhex("0004 00000095")
    + bytes.fromhex("36 0008")
    + b"job-name"
    + bytes.fromhex("0012 0005")
    + b"de-CH"
    + bytes.fromhex("0009")
    + b"isch guet"
    + b"\x03"
)
"""RFC 8010, A.8: the second job may be seen by nobody, so nothing stands in its group."""


def test_a_question_has_the_bytes_of_the_document() -> None:
    question = encode_request(
        Operation.GET_PRINTER_ATTRIBUTES,
        0x123,
        printer_uri="ipp://printer/ipp/print",
        requested=("printer-state", "printer-state-reasons"),
    )
    assert question == (
        bytes.fromhex("0200 000b 00000123")
        + _OPERATION_GROUP
        + _attribute(0x45, "printer-uri", b"ipp://printer/ipp/print")
        + _attribute(0x42, "requesting-user-name", b"kiosk")
        + _attribute(0x44, "requested-attributes", b"printer-state")
        + _attribute(0x44, "", b"printer-state-reasons")
        + b"\x03"
    )


def test_a_question_after_a_job_names_it_right_behind_the_printer() -> None:
    question = encode_request(
        Operation.GET_JOB_ATTRIBUTES, 1, printer_uri="ipp://p/", requested=(), job_id=147
    )
    assert question[:4] == bytes.fromhex("0200 0009")
    assert bytes.fromhex("21 0006") + b"job-id" + bytes.fromhex("0004 00000093") in question


def test_operations_and_syntaxes_have_the_documents_numbers() -> None:
    """RFC 8011, 5.4.15; RFC 8010, 3.5.2."""
    assert {each.name: f"{each:02X}" for each in Operation} == {
        "CANCEL_JOB": "08",
        "GET_JOB_ATTRIBUTES": "09",
        "GET_JOBS": "0A",
        "GET_PRINTER_ATTRIBUTES": "0B",
    }
    assert {each.name: f"{each:02X}" for each in ValueTag} == {
        "INTEGER": "21",
        "BOOLEAN": "22",
        "ENUM": "23",
        "NAME_WITH_LANGUAGE": "36",
        "NAME": "42",
        "KEYWORD": "44",
        "URI": "45",
        "CHARSET": "47",
        "LANGUAGE": "48",
    }


def test_the_answer_printed_in_the_document_is_read() -> None:
    reply = decode_reply(_GET_JOBS_ANSWER)
    assert (reply.is_ok, reply.request_id) == (True, 0x123)
    assert reply.jobs == (
        {"job-id": (147,), "job-name": ("fou",)},
        {},
        {"job-id": (149,), "job-name": ("isch guet",)},
    )


def test_every_syntax_that_is_read_comes_as_its_own_type() -> None:
    reply = decode_reply(
        bytes.fromhex("0200 0000 00000001")
        + _OPERATION_GROUP
        + b"\x04"
        + _attribute(0x23, "printer-state", struct.pack(">i", 3))
        + _attribute(0x22, "printer-is-accepting-jobs", b"\x01")
        + _attribute(0x30, "printer-supply", b"class=other;")
        + _attribute(0x12, "printer-geo-location", b"")
        + _attribute(0x44, "printer-state-reasons", b"media-low-report")
        + _attribute(0x44, "", b"toner-low-report")
        + b"\x03"
    )
    assert reply.printer == {
        "printer-state": (3,),
        "printer-is-accepting-jobs": (True,),
        "printer-supply": ("class=other;",),
        "printer-geo-location": (None,),
        "printer-state-reasons": ("media-low-report", "toner-low-report"),
    }


@pytest.mark.parametrize(
    ("tag", "value"),
    [
        (0x10, None),
        (0x13, None),
        (0x1F, None),
        (0x20, "a4"),
        (0x41, "a4"),
        (0x7F, "a4"),
    ],
)
def test_out_of_band_values_are_told_by_the_documents_range_and_others_are_text(
    tag: int, value: IppValue
) -> None:
    reply = decode_reply(
        bytes.fromhex("0200 0000 00000001 04") + _attribute(tag, "media", b"a4") + b"\x03"
    )
    assert reply.printer == {"media": (value,)}


def test_an_answer_may_be_256_kib_long_and_no_longer() -> None:
    longest = (bytes.fromhex("0200 0000 00000001 04 03")).ljust(262_144, b"\x00")
    assert decode_reply(longest).is_ok
    with pytest.raises(IppGarbled, match="longer than"):
        decode_reply(longest + b"\x00")


def test_a_collection_within_a_collection_hides_nothing_behind_it() -> None:
    inner = _attribute(0x34, "", b"") + _attribute(0x4A, "", b"x-dimension")
    inner += _attribute(0x21, "", struct.pack(">i", 21000)) + _attribute(0x37, "", b"")
    reply = decode_reply(
        bytes.fromhex("0200 0000 00000001")
        + b"\x04"
        + _attribute(0x34, "media-col-default", b"")
        + _attribute(0x4A, "", b"media-size")
        + inner
        + _attribute(0x37, "", b"")
        + _attribute(0x23, "printer-state", struct.pack(">i", 4))
        + b"\x03"
    )
    assert list(reply.printer) == ["media-col-default", "printer-state"]
    assert reply.printer["printer-state"] == (4,)


def test_an_attribute_of_a_great_many_values_is_read_in_no_time() -> None:
    """Each value once: 20,000 of them took a second when each was added to a copy of the others."""
    values = (
        _attribute(0x21, "media-col-database", bytes(4)) + _attribute(0x21, "", bytes(4)) * 20000
    )
    started = time.process_time()
    reply = decode_reply(bytes.fromhex("0200 0000 00000001 04") + values + b"\x03")
    assert time.process_time() - started < 0.5
    assert len(reply.printer["media-col-database"]) == 20001


def test_a_number_of_the_wrong_length_hides_nothing_else() -> None:
    reply = decode_reply(
        bytes.fromhex("0200 0000 00000001")
        + b"\x04"
        + _attribute(0x21, "pages-per-minute", b"\x01")
        + _attribute(0x23, "printer-state", struct.pack(">i", 5))
        + b"\x03"
    )
    assert reply.printer == {"pages-per-minute": (b"\x01",), "printer-state": (5,)}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "ends within"),
        (b"<!doctype html>", "version 60"),
        (_GET_JOBS_ANSWER[:-1], "ends within"),
        (bytes.fromhex("0200 0000 00000001 21 0000 0000 03"), "outside a group"),
        (bytes.fromhex("0200 0000 00000001 04 21 0000 0000 03"), "no attribute"),
        (bytes(1 << 20), "longer than"),
    ],
)
def test_what_is_no_answer_is_refused_with_its_place(data: bytes, words: str) -> None:
    with pytest.raises(IppGarbled, match=words):
        decode_reply(data)


def _decoded(data: bytes) -> IppReply | IppGarbled:
    try:
        return decode_reply(data)
    except IppGarbled as garbled:
        return garbled


@given(st.binary(max_size=300))
@settings(max_examples=300, deadline=None, suppress_health_check=BUSY)
def test_any_bytes_at_all_give_an_answer_or_a_refusal(tail: bytes) -> None:
    """With the head of an answer, so that half of what follows is looked at as attributes."""
    for data in (tail, bytes.fromhex("0200 0000 00000001 04") + tail):
        assert isinstance(_decoded(data), IppReply | IppGarbled)


@pytest.mark.slow
@given(st.integers(0, len(_GET_JOBS_ANSWER) - 1), st.integers(0, 255), st.integers(0, 300))
@settings(max_examples=300, deadline=None, suppress_health_check=BUSY)
def test_one_wrong_byte_or_a_cut_anywhere_is_survived(place: int, byte: int, end: int) -> None:
    data = bytearray(_GET_JOBS_ANSWER)
    data[place] = byte
    assert isinstance(_decoded(bytes(data[:end])), IppReply | IppGarbled)


_NAMES = st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=30)


@pytest.mark.slow
@given(st.dictionaries(_NAMES, st.lists(st.integers(-(2**31), 2**31 - 1), min_size=1)))
@settings(max_examples=200, deadline=None, suppress_health_check=BUSY)
def test_integers_arrive_as_they_were_sent(attributes: dict[str, list[int]]) -> None:
    fields = b"".join(
        _attribute(0x21, name if place == 0 else "", struct.pack(">i", value))
        for name, values in attributes.items()
        for place, value in enumerate(values)
    )
    reply = decode_reply(bytes.fromhex("0200 0000 00000001 04") + fields + b"\x03")
    assert reply.printer == {name: tuple(values) for name, values in attributes.items()}
