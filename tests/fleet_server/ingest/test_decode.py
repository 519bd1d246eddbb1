"""Every kind of bad input has its reason, and the reason holds nothing of the input."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_server.ingest.decode import Refused, Understood, decode

TOPIC = "kf/1/k/hz0001/up/ev"
HEAD = {"v": 1, "e": 1, "i": "0" * 32, "ts": 1, "mt": 1}


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        ("kf/1/k/HZ/up/ev", b"{}", "foreign_topic"),
        ("kf/1/k/hz0001/dn/ack", b"{}", "foreign_topic"),
        ("kf/1/k/hz0001/up/res", b"{}", "foreign_topic"),
        ("kf/2/k/hz0001/up/ev", b"{}", "foreign_topic"),
        (TOPIC, b"", "garbage"),
        (TOPIC, b"[" * 60_000, "garbage"),
        (TOPIC, b"[]", "garbage"),
        (TOPIC, b'{"v":7}', "unknown_version"),
        (TOPIC, b"{" + b" " * 65_536 + b"}", "oversized"),
        (TOPIC, json.dumps({**HEAD, "t": "ev", "d": {}}).encode(), "invalid"),
        (TOPIC, json.dumps({**HEAD, "t": "will", "d": {}}).encode(), "invalid"),
    ],
)
def test_a_bad_message_has_its_reason(topic: str, payload: bytes, reason: str) -> None:
    refused = decode(topic, payload)
    assert isinstance(refused, Refused)
    assert refused.reason == reason


def test_what_is_said_of_a_mistake_names_fields_and_no_key_of_the_senders() -> None:
    printer = {"status": "online", "parts": {"王小明370321": 5}}
    body = {"app_state": "idle", "devices": {"receipt_printer": printer}}
    refused = decode("kf/1/k/hz0001/up/hb", json.dumps({**HEAD, "t": "hb", "d": body}).encode())
    assert isinstance(refused, Refused)
    assert "王小明" not in refused.detail
    assert "d.devices.*.parts.*: string_type" in refused.detail


def test_a_good_message_is_understood() -> None:
    will = decode("kf/1/k/hz0001/up/will", json.dumps({**HEAD, "t": "will", "d": {}}).encode())
    assert isinstance(will, Understood)
    assert will.kiosk_id == "hz0001"


@given(st.binary(max_size=300))
def test_no_bytes_make_it_raise(payload: bytes) -> None:
    assert isinstance(decode(TOPIC, payload), Refused)


@pytest.mark.slow
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda children: (
            st.lists(children, max_size=3)
            | st.dictionaries(st.text(max_size=5), children, max_size=3)
        ),
    )
)
def test_no_event_list_makes_it_raise(events: object) -> None:
    payload = json.dumps({**HEAD, "t": "ev", "d": {"events": events, "after": events}}).encode()
    decode(TOPIC, payload)
