"""Every framing over any bytes: typed, bounded, and the same however they are cut."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device_drivers.qr_scanner.framing.arrival import (
    LONGEST_CODE,
    Answered,
    Arrival,
    CodeArrived,
    Framing,
    FramingName,
    Noise,
    ReplyDue,
)
from device_drivers.qr_scanner.framing.automatic import MAKERS, AutoFraming
from device_drivers.qr_scanner.payload import decode_text, split_identifier
from tests.device_drivers.qr_scanner.framing.test_ssi import from_scanner

PIECES = st.one_of(
    st.binary(max_size=40),
    st.sampled_from(
        [
            b"\x06", b"\x15", b"@@@@", b"^^^^", b"!99900030;", b"?..;", b"\r", b"\n", b"\r\n",
            b"\x02", b"\x03", b"\x02\x010000#SCNMOD0\x06;\x03", b"\x02\x010000#SCN", b"]Q1",
            b"232BAD9\x06!", "税".encode(), "税".encode("gb18030"), b"\xff" * 9000,
        ]
    ),
    st.builds(
        from_scanner,
        st.sampled_from([0xD0, 0xD1, 0xF3, 0xF6]),
        st.binary(max_size=60),
        status=st.integers(0, 3),
    ),
)  # fmt: skip
STREAMS = st.lists(PIECES, max_size=8).map(b"".join)

EVERY: dict[FramingName, Callable[[], Framing]] = {**MAKERS, "auto": AutoFraming}
every_framing = pytest.mark.parametrize("name", EVERY)


def essence(arrivals: list[Arrival]) -> list[Arrival]:
    """All but the noise, which is counted piece by piece."""
    return [arrival for arrival in arrivals if not isinstance(arrival, Noise)]


@pytest.mark.slow
@every_framing
@settings(max_examples=800, deadline=None)
@given(stream=STREAMS, cuts=st.lists(st.integers(0, 400), max_size=6))
def test_any_bytes_give_the_same_arrivals_wherever_they_are_cut(
    name: FramingName, stream: bytes, cuts: list[int]
) -> None:
    whole, cut = EVERY[name](), EVERY[name]()
    expected = [*whole.take(stream), *whole.pause()]
    places = [0, *sorted(min(place, len(stream)) for place in cuts), len(stream)]
    pieces = [stream[a:b] for a, b in zip(places, places[1:], strict=False)]
    found = [arrival for piece in pieces for arrival in cut.take(piece)] + cut.pause()
    assert essence(found) == essence(expected)
    assert all(isinstance(each, CodeArrived | Answered | ReplyDue | Noise) for each in found)
    assert not cut.is_waiting
    for code in found:
        if isinstance(code, CodeArrived):
            assert 0 < len(code.raw) <= LONGEST_CODE
            decode_text(split_identifier(code.raw)[1])


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.slow) if name == "ssi" else name for name in EVERY],
)
def test_endless_bytes_keep_memory_bounded(name: FramingName) -> None:
    framing = EVERY[name]()
    noise = 0
    for number in range(2000):
        piece = bytes([number % 251 + 1]) * 997
        noise += sum(each.count for each in framing.take(piece) if isinstance(each, Noise))
    assert noise > 1_900_000
