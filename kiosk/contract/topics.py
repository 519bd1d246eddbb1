"""MQTT topics, built and parsed in this one file (`FLEET.md` section 7, Topics)."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

PREFIX: Final = "kf/1"
"""Product and major version; a server hears only its own major version."""

SERVER_STATE: Final = f"{PREFIX}/srv/state"
"""Retained: is the ingest on, its generation and rates."""

KIOSK_ID_PATTERN: Final = r"^[a-z0-9]{6,24}$"
"""Kiosk id = certificate CN = MQTT user name = client id."""

_KIOSK_ID = re.compile(KIOSK_ID_PATTERN)


class Direction(StrEnum):
    """`up` is kiosk to server, `dn` is server to kiosk."""

    UP = "up"
    DOWN = "dn"


class Channel(StrEnum):
    """The last topic level: what kind of message follows."""

    HEARTBEAT = "hb"
    EVENTS = "ev"
    REPORTED = "rep"
    RESULT = "res"
    BIRTH = "birth"
    WILL = "will"
    ACK = "ack"
    POKE = "poke"
    COMMAND = "cmd"


_CHANNELS: Final = {
    Direction.UP: frozenset(
        {
            Channel.HEARTBEAT,
            Channel.EVENTS,
            Channel.REPORTED,
            Channel.RESULT,
            Channel.BIRTH,
            Channel.WILL,
        }
    ),
    Direction.DOWN: frozenset({Channel.ACK, Channel.POKE, Channel.COMMAND}),
}


@dataclass(frozen=True, slots=True)
class Topic:
    """One kiosk's topic, such as `kf/1/k/hz0042/up/hb`. Raises ValueError on what is not ours."""

    kiosk_id: str
    direction: Direction
    channel: Channel

    def __post_init__(self) -> None:
        if not _KIOSK_ID.fullmatch(self.kiosk_id):
            raise ValueError("not a kiosk id")
        if self.channel not in _CHANNELS[self.direction]:
            raise ValueError(f"{self.channel} does not travel {self.direction}")

    def __str__(self) -> str:
        return f"{PREFIX}/k/{self.kiosk_id}/{self.direction}/{self.channel}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """The inverse of `str`. Raises ValueError on anything that is not one of ours."""
        levels = text.split("/")
        if len(levels) != 6 or "/".join(levels[:3]) != f"{PREFIX}/k":
            raise ValueError("not a kiosk topic of this version")
        return cls(levels[3], Direction(levels[4]), Channel(levels[5]))


def downlink_filter(kiosk_id: str) -> str:
    """The one QoS 0 subscription of a kiosk."""
    return str(Topic(kiosk_id, Direction.DOWN, Channel.ACK)).rsplit("/", 1)[0] + "/#"


def uplink_filter() -> str:
    """What the server's ingest subscribes to."""
    return f"{PREFIX}/k/+/{Direction.UP}/+"
