"""A kiosk is called what it deserves, in every order of messages and at every deadline."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_server.kiosks.presence import (
    Standing,
    Verdict,
    Word,
    fell_due,
    heard_birth,
    heard_heartbeat,
    heard_will,
    server_came_back,
)
from fleet_server.settings import PresenceSettings
from kiosk.contract.devices import DeviceKind, DeviceState, DeviceStatus
from kiosk.contract.uplink import AppState, Heartbeat

SETTINGS = PresenceSettings()
START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
NEVER = Standing(verdict=Verdict(Word.UNKNOWN, "never_heard"), since=START)
IDLE = Heartbeat(app_state=AppState.IDLE)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def beat(
    standing: Standing, *, s: float, epoch: int = 1, mt: int, heartbeat: Heartbeat = IDLE
) -> Standing:
    return heard_heartbeat(
        standing, heartbeat, epoch=epoch, monotonic_ms=mt, now=at(s), settings=SETTINGS
    )


def birth(standing: Standing, *, s: float, epoch: int = 1, mt: int) -> Standing:
    return heard_birth(standing, {}, epoch=epoch, monotonic_ms=mt, now=at(s), settings=SETTINGS)


def will(standing: Standing, *, s: float, epoch: int = 1, reason: str = "lost") -> Standing:
    return heard_will(standing, epoch=epoch, reason=reason, now=at(s), settings=SETTINGS)


def due(standing: Standing, *, s: float) -> Standing:
    return fell_due(standing, now=at(s), settings=SETTINGS)


def test_a_heartbeat_makes_it_serving() -> None:
    assert beat(NEVER, s=1, mt=1).verdict.word is Word.SERVING


@pytest.mark.parametrize(
    ("seconds", "word"),
    [(43.9, Word.SERVING), (44, Word.UNKNOWN), (45, Word.UNKNOWN), (89, Word.SILENT)],
)
def test_silence_is_called_unknown_within_45_s_and_silent_within_90(
    seconds: float, word: Word
) -> None:
    standing = beat(NEVER, s=0, mt=1)
    for second in range(int(seconds) + 1):
        standing = due(standing, s=second)
    assert due(standing, s=seconds).verdict.word is word


def test_a_sweep_that_was_late_by_an_hour_calls_it_silent_at_once() -> None:
    assert due(beat(NEVER, s=0, mt=1), s=3600).verdict == Verdict(Word.SILENT, "late")


def test_a_frozen_app_is_not_called_serving_though_the_agent_talks() -> None:
    frozen = beat(NEVER, s=0, mt=1, heartbeat=Heartbeat(app_state=AppState.UNKNOWN))
    assert frozen.verdict == Verdict(Word.UNKNOWN, "app_not_answering")


def test_a_broken_device_is_named() -> None:
    broken = {DeviceKind.QR_SCANNER: DeviceState(status=DeviceStatus.NO_DEVICE)}
    standing = beat(NEVER, s=0, mt=1, heartbeat=Heartbeat(app_state=AppState.IDLE, devices=broken))
    assert standing.verdict == Verdict(Word.LIMITED, "devices", {"devices": "qr_scanner"})


def test_an_operators_closing_is_maintenance_and_its_own_is_not() -> None:
    closed = Heartbeat(app_state=AppState.OUT_OF_SERVICE)
    ordered = beat(replace(NEVER, closed_reason="command"), s=0, mt=1, heartbeat=closed)
    own = beat(replace(NEVER, closed_reason="no_receipt_printer"), s=0, mt=1, heartbeat=closed)
    assert ordered.verdict.word is Word.MAINTENANCE
    assert own.verdict == Verdict(Word.IDLE_CLOSED, "closed", {"reason": "no_receipt_printer"})


@pytest.mark.parametrize(
    ("reason", "word"),
    [
        ("mains_lost", Word.IDLE_CLOSED),
        ("battery_low", Word.IDLE_CLOSED),
        ("door_open", Word.MAINTENANCE),
    ],
)
def test_why_it_closed_by_itself_is_told(reason: str, word: Word) -> None:
    closed = Heartbeat(app_state=AppState.OUT_OF_SERVICE)
    standing = beat(replace(NEVER, closed_reason=reason), s=0, mt=1, heartbeat=closed)
    assert standing.verdict == Verdict(word, "closed", {"reason": reason})


@pytest.mark.parametrize(
    ("device", "parts", "word", "reason"),
    [
        ("power_supply", {"mains": "notPresent", "battery": "ok"}, "idle-closed", "mains_lost"),
        ("power_supply", {"mains": "notPresent", "battery": "low"}, "idle-closed", "battery_low"),
        ("cabinet", {"door": "open"}, "maintenance", "door_open"),
        ("power_supply", {"mains": "present", "battery": "low"}, "idle-closed", ""),
    ],
)
def test_a_closed_kiosks_devices_tell_why_before_it_has_said_so(
    device: str, parts: dict[str, str], word: str, reason: str
) -> None:
    shown = {DeviceKind(device): DeviceState(status=DeviceStatus.ONLINE, parts=parts)}
    closed = Heartbeat(app_state=AppState.OUT_OF_SERVICE, devices=shown)
    standing = beat(NEVER, s=0, mt=1, heartbeat=closed)
    assert standing.verdict == Verdict(Word(word), "closed", {"reason": reason})


def test_what_an_operator_closed_stays_so_while_mains_is_lost_too() -> None:
    parts = {"mains": "notPresent"}
    shown = {DeviceKind.POWER_SUPPLY: DeviceState(status=DeviceStatus.ONLINE, parts=parts)}
    closed = Heartbeat(app_state=AppState.OUT_OF_SERVICE, devices=shown)
    standing = beat(replace(NEVER, closed_reason="command"), s=0, mt=1, heartbeat=closed)
    assert standing.verdict == Verdict(Word.MAINTENANCE, "command")


def test_a_will_is_doubted_for_five_seconds_and_then_believed() -> None:
    doubtful = will(beat(NEVER, s=0, mt=1), s=10)
    assert doubtful.verdict == Verdict(Word.UNKNOWN, "link_lost")
    assert due(doubtful, s=14.9) is doubtful
    assert due(doubtful, s=15).verdict == Verdict(Word.SILENT, "link_lost")


def test_a_birth_within_five_seconds_takes_the_will_back() -> None:
    reborn = birth(will(beat(NEVER, s=0, mt=1), s=10), s=12, mt=2)
    assert reborn.verdict.word is Word.SERVING
    assert due(reborn, s=15) is reborn


def test_a_will_of_an_older_epoch_means_nothing() -> None:
    standing = beat(NEVER, s=0, epoch=2, mt=1)
    assert will(standing, s=1, epoch=1) is standing


def test_a_kiosk_that_says_goodbye_is_silent_at_once() -> None:
    left = will(beat(NEVER, s=0, mt=1), s=1, reason="stopped")
    assert left.verdict == Verdict(Word.SILENT, "left", {"reason": "stopped"})
    assert left.due_at is None


def test_a_new_epoch_is_believed_though_its_monotonic_clock_starts_again() -> None:
    standing = beat(beat(NEVER, s=0, mt=9_000_000), s=30, epoch=2, mt=5)
    assert (standing.epoch, standing.monotonic_ms) == (2, 5)


def test_the_server_accuses_nobody_of_its_own_absence() -> None:
    standing = beat(NEVER, s=0, mt=1)
    back = server_came_back(standing, now=at(7200), settings=SETTINGS)
    assert back.verdict == Verdict(Word.UNKNOWN, "server_restarted")
    assert beat(back, s=7201, mt=2).verdict.word is Word.SERVING
    assert due(back, s=7300).verdict == Verdict(Word.SILENT, "server_restarted")


def test_old_news_change_nothing() -> None:
    standing = beat(NEVER, s=30, mt=100)
    assert beat(standing, s=31, mt=100) is standing
    assert beat(standing, s=31, mt=50) is standing
    assert birth(standing, s=31, mt=50) is standing


def test_since_moves_only_with_the_word() -> None:
    standing = beat(beat(NEVER, s=5, mt=1), s=35, mt=2)
    assert standing.since == at(5)


def said(standing: Standing, name: str, s: float) -> Standing:
    match name:
        case "old will":
            return will(standing, s=s, epoch=1)
        case "birth":
            return birth(standing, s=s, epoch=2, mt=1)
        case "heartbeat":
            return beat(standing, s=s, epoch=2, mt=2)
        case _:
            return beat(standing, s=s, epoch=1, mt=77)


@pytest.mark.parametrize(
    "order", list(permutations(["old will", "birth", "heartbeat", "old heartbeat"]))
)
def test_a_reconnect_ends_serving_in_whatever_order_its_messages_come(
    order: tuple[str, ...],
) -> None:
    standing = beat(NEVER, s=0, epoch=1, mt=50)
    for s, name in enumerate(order):
        standing = said(standing, name, s)
    # the negative control of the epoch: without it the old will, coming last, would win
    assert standing.verdict.word is Word.SERVING
    assert standing.epoch == 2


MESSAGES = st.lists(
    st.tuples(
        st.sampled_from(["hb", "birth", "will", "due"]), st.integers(1, 3), st.integers(1, 60)
    ),
    max_size=25,
)


@given(MESSAGES)
def test_whatever_happens_a_word_other_than_silent_or_never_heard_has_a_deadline(
    messages: list[tuple[str, int, int]],
) -> None:
    standing = NEVER
    for s, (name, epoch, mt) in enumerate(messages):
        match name:
            case "hb":
                standing = beat(standing, s=s * 7, epoch=epoch, mt=mt)
            case "birth":
                standing = birth(standing, s=s * 7, epoch=epoch, mt=mt)
            case "will":
                standing = will(standing, s=s * 7, epoch=epoch)
            case _:
                standing = due(standing, s=s * 7)
        is_final = standing.verdict.word is Word.SILENT or standing.verdict.why == "never_heard"
        assert (standing.due_at is None) == is_final
