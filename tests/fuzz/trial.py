"""Tries one decoder with exactly so many inputs: no crash, no hang, always a typed result."""

import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from types import FrameType, UnionType
from typing import NoReturn

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as some
from hypothesis.strategies import SearchStrategy

MOST_CPU_S = 2.0
"""For one input. The dearest takes some ms; collecting garbage, on a slow machine, a few more."""
MOST_BYTES = 320
"""Of random input: longer than any field of any protocol here, and cheap to make."""


class Hung(Exception):
    """A decoder used up its processor time on one input."""


class Untyped(Exception):
    """A decoder gave something that its promise does not name."""


@dataclass(frozen=True, slots=True)
class Decoder:
    """One way in from outside: bytes become results."""

    name: str
    decode: Callable[[bytes], Iterable[object]]
    """All that the driver would do with the bytes, up to the values it hands on."""
    results: type | UnionType
    """What these values can be, all of them."""
    golden: tuple[bytes, ...]
    """True streams, to be damaged."""
    refusals: tuple[type[Exception], ...] = ()
    """What the promise of the decoder says it raises."""


def random_inputs(decoder: Decoder) -> SearchStrategy[bytes]:
    """Any bytes at all; of the decoder nothing is known."""
    del decoder
    return some.binary(max_size=MOST_BYTES)


def damaged_inputs(decoder: Decoder) -> SearchStrategy[bytes]:
    """True streams, wounded in one to six places, now and then joined to another one."""
    streams = some.sampled_from(decoder.golden)
    wound = some.tuples(
        some.sampled_from(Wound), some.integers(0, 0xFFFF), some.binary(max_size=4), streams
    )
    return some.builds(_damaged, streams, some.lists(wound, min_size=1, max_size=6))


class Wound(IntEnum):
    """What a line, a worn card or a firmware does to a stream."""

    OVERWRITTEN = 0
    INSERTED = 1
    LOST = 2
    TOPPLED_BIT = 3
    REPEATED = 4
    CUT_SHORT = 5
    CUT_INTO = 6
    """The rest of another stream follows."""


def _damaged(stream: bytes, wounds: list[tuple[Wound, int, bytes, bytes]]) -> bytes:
    for kind, place, new, other in wounds:
        at = place % (len(stream) + 1)
        head, rest = stream[:at], stream[at:]
        match kind:
            case Wound.OVERWRITTEN:
                stream = head + new + rest[len(new) :]
            case Wound.INSERTED:
                stream = head + new + rest
            case Wound.LOST:
                stream = head + rest[len(new) + 1 :]
            case Wound.TOPPLED_BIT:
                toppled = bytes(each ^ 1 << len(new) for each in rest[:1])
                stream = head + toppled + rest[1:]
            case Wound.REPEATED:
                stream = head + rest[:16] + rest
            case Wound.CUT_SHORT:
                stream = head
            case Wound.CUT_INTO:
                stream = head + other[at % (len(other) + 1) :]
    return stream[: 16 * MOST_BYTES]


def tried(
    decoder: Decoder,
    inputs: SearchStrategy[bytes],
    *,
    times: int,
    most_cpu_s: float = MOST_CPU_S,
) -> int:
    """Try so many inputs; how many were really tried. Raises what goes wrong, with its input."""
    count = 0

    @settings(
        max_examples=times,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),  # no replays, so that the count is exact
        suppress_health_check=list(HealthCheck),
    )
    @given(inputs)
    def one(data: bytes) -> None:
        nonlocal count
        count += 1
        with _processor_time(most_cpu_s):
            _try(decoder, data)

    one()
    return count


def _try(decoder: Decoder, data: bytes) -> None:
    try:
        results = list(decoder.decode(data))
    except decoder.refusals:
        return
    for result in results:
        if not isinstance(result, decoder.results):
            raise Untyped(f"{decoder.name} gave a {type(result).__name__}")


@contextmanager
def _processor_time(most_s: float) -> Iterator[None]:
    """Raise Hung inside it once this process has computed so long; waiting costs nothing."""

    def stop(number: int, frame: FrameType | None) -> NoReturn:
        del number, frame
        raise Hung(f"more than {most_s} s of processor time for one input")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, most_s)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
