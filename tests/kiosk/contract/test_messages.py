"""Every message ever sent is still read, and today's says the same bytes as its golden example."""

import json
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel, JsonValue

from device_drivers import status as driver_words
from kiosk.contract import devices
from kiosk.contract.uplink import MAX_BYTES, UplinkEvent, decode_uplink, encode_uplink
from tests.kiosk.contract.specimens import EVENTS, OTHERS, UPLINK

GOLDEN = Path(__file__).resolve().parents[2] / "fixtures" / "messages" / "v1"


@pytest.mark.parametrize("name", sorted(UPLINK))
def test_an_uplink_message_is_the_bytes_of_its_example(name: str) -> None:
    assert json.loads(encode_uplink(UPLINK[name])) == _golden(f"uplink_{name}")


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("uplink_*.json")), ids=lambda path: path.stem)
def test_every_uplink_example_ever_saved_is_read_today(path: Path) -> None:
    message = decode_uplink(path.read_bytes())
    assert UPLINK[path.stem.removeprefix("uplink_")] == message


@pytest.mark.parametrize("name", sorted(OTHERS))
def test_every_other_message_is_read_from_its_example_and_says_it_again(name: str) -> None:
    specimen = OTHERS[name]
    golden = _golden(name)
    assert type(specimen).model_validate_json(json.dumps(golden)) == specimen
    assert _plain(specimen) == golden


def test_a_reply_of_a_server_that_knows_no_a4_papers_is_still_read() -> None:
    golden = json.loads(json.dumps(_golden("case_reply")))
    del golden["certificate"]["pdf"]
    assert type(OTHERS["case_reply"]).model_validate(golden) == OTHERS["case_reply"]


def test_a_case_of_a_kiosk_that_reads_no_codes_on_papers_is_still_read() -> None:
    golden = json.loads(json.dumps(_golden("case_payload")))
    del golden["paper_codes"]
    read = type(OTHERS["case_payload"]).model_validate(golden)
    assert read == OTHERS["case_payload"].model_copy(update={"paper_codes": {}})


def test_there_is_an_example_of_every_kind_of_event() -> None:
    kinds = {each.model_fields["kind"].default for each in get_args(get_args(UplinkEvent)[0])}
    assert {event.kind for event in EVENTS} == kinds


def test_there_is_no_example_that_nobody_tests() -> None:
    names = {f"uplink_{name}" for name in UPLINK} | set(OTHERS)
    assert {path.stem for path in GOLDEN.glob("*.json")} == names


@pytest.mark.parametrize(
    "garbage", [b"", b"{}", b"\xff\xfe", b"[1]", b'{"t": "ev"}', b'{"v": 2, "t": "hb"}', b"null"]
)
def test_what_is_not_a_message_is_refused(garbage: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        decode_uplink(garbage)


def test_an_oversized_message_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(ValueError, match="exceeds"):
        decode_uplink(b"{" * (MAX_BYTES + 1))


def test_a_field_of_tomorrow_is_ignored_today() -> None:
    plain = _golden("uplink_heartbeat")
    assert isinstance(plain, dict)
    assert decode_uplink(json.dumps(plain | {"new": 1}).encode()) == UPLINK["heartbeat"]


def test_no_event_and_no_envelope_can_hold_a_person() -> None:
    fields = {name for each in get_args(get_args(UplinkEvent)[0]) for name in each.model_fields}
    assert not fields & {"name", "number", "applicant", "answers", "phone", "portrait"}


def test_device_words_are_the_same_on_both_sides() -> None:
    assert {kind.name: kind.value for kind in devices.DeviceKind} == {
        kind.name: kind.value for kind in driver_words.DeviceKind
    }
    assert {status.name: status.value for status in devices.DeviceStatus} == {
        status.name: status.value for status in driver_words.DeviceStatus
    }


def _golden(name: str) -> JsonValue:
    parsed: JsonValue = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    return parsed


def _plain(message: BaseModel) -> JsonValue:
    parsed: JsonValue = json.loads(message.model_dump_json(by_alias=True))
    return parsed
