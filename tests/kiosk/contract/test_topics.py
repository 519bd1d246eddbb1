"""Topics are built and parsed in one file: proved inverse."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from kiosk.contract.topics import Channel, Direction, Topic, downlink_filter, uplink_filter

UP = ("hb", "ev", "rep", "res", "birth", "will")
DOWN = ("ack", "poke", "cmd")
ids = some.from_regex(r"[a-z0-9]{6,24}", fullmatch=True)


@given(ids, some.sampled_from([("up", name) for name in UP] + [("dn", name) for name in DOWN]))
def test_parsing_is_the_inverse_of_writing(kiosk_id: str, way: tuple[str, str]) -> None:
    topic = Topic(kiosk_id, Direction(way[0]), Channel(way[1]))
    assert Topic.parse(str(topic)) == topic
    assert str(topic) == f"kf/1/k/{kiosk_id}/{way[0]}/{way[1]}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "kf/1/k/hz0042/up",
        "kf/1/k/hz0042/up/hb/more",
        "kf/2/k/hz0042/up/hb",
        "kf/1/k/hz0042/up/ack",
        "kf/1/k/hz0042/dn/hb",
        "kf/1/k/HZ0042/up/hb",
        "kf/1/k/+/up/hb",
        "kf/1/k/hz42/up/hb",
        "kf/1/srv/state",
        "KF/1/k/hz0042/up/hb",
    ],
)
def test_what_is_not_ours_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Topic.parse(text)


@given(some.text(max_size=40))
def test_any_text_is_either_refused_or_written_back_the_same(text: str) -> None:
    try:
        topic = Topic.parse(text)
    except ValueError:
        return
    assert str(topic) == text


def test_the_two_subscriptions_cover_just_their_direction() -> None:
    assert downlink_filter("hz0042") == "kf/1/k/hz0042/dn/#"
    assert uplink_filter() == "kf/1/k/+/up/+"
