"""The head of every uplink message, filled in (`FLEET.md` section 7, Envelope)."""

import ctypes
import time
from typing import Final, Literal, TypedDict

from kiosk.contract.devices import DeviceKind, DeviceState
from kiosk.contract.uplink import (
    Birth,
    BirthMessage,
    EventBatch,
    EventsMessage,
    Heartbeat,
    HeartbeatMessage,
    Reported,
    ReportedMessage,
    UplinkEvent,
    Will,
    WillMessage,
    encode_uplink,
)

Clock = Literal["ntp", "rtc", "unknown"]

_TIME_ERROR: Final = 5
"""adjtimex(2): the clock is not synchronised."""
_TIMEX_BYTES: Final = 256
"""`struct timex` has 208 bytes on 64-bit Linux; all zero asks and changes nothing."""


class _Head(TypedDict):
    """What every message begins with."""

    epoch: int
    inst: str
    sent_at_ms: int
    monotonic_ms: int
    clock: Clock


class Envelopes:
    """Builds this life's messages as bytes."""

    def __init__(self, *, epoch: int, inst: str, software: str) -> None:
        self.epoch = epoch
        self.inst = inst
        self.software = software

    def birth(self, devices: dict[DeviceKind, DeviceState]) -> bytes:
        """`up/birth`."""
        body = Birth(software=self.software, devices=devices)
        return encode_uplink(BirthMessage(**self._head(), body=body))

    def will(self, reason: str = "lost") -> bytes:
        """`up/will`; its time is that of the connection it belongs to."""
        return encode_uplink(WillMessage(**self._head(), body=Will(reason=reason)))

    def heartbeat(self, body: Heartbeat) -> bytes:
        """`up/hb`."""
        return encode_uplink(HeartbeatMessage(**self._head(), body=body))

    def reported(self, body: Reported) -> bytes:
        """`up/rep`."""
        return encode_uplink(ReportedMessage(**self._head(), body=body))

    def events(self, events: tuple[UplinkEvent, ...], *, after: int, historical: bool) -> bytes:
        """`up/ev`, oldest first; `after` as in `EventBatch`."""
        return encode_uplink(
            EventsMessage(
                **self._head(),
                first_n=events[0].n,
                historical=historical,
                body=EventBatch(events=events, after=after),
            )
        )

    def _head(self) -> _Head:
        return {
            "epoch": self.epoch,
            "inst": self.inst,
            "sent_at_ms": time.time_ns() // 1_000_000,
            "monotonic_ms": time.monotonic_ns() // 1_000_000,
            "clock": clock_quality(),
        }


def clock_quality() -> Clock:
    """Whether the kernel's clock is kept by NTP; `unknown` where it does not say."""
    answer = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    if answer < 0:
        return "unknown"
    return "rtc" if answer == _TIME_ERROR else "ntp"
