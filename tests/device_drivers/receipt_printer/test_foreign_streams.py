"""The interpreter reads what others send, to the last byte, and survives what nobody should."""

import os
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from device_drivers.receipt_printer.emulator.drawing import draw
from device_drivers.receipt_printer.emulator.interpreter import Interpreter
from device_drivers.receipt_printer.emulator.paper import PrintedReceipt
from device_drivers.receipt_printer.emulator.steps import Characters, Cut, Step, Unknown
from device_drivers.receipt_printer.escpos import encode_job
from device_drivers.receipt_printer.layout import PAPERS, lay_out
from tests.device_drivers.receipt_printer.foreign_streams import STREAMS, Stream
from tests.device_drivers.receipt_printer.sample import ACCEPTANCE

_EXAMPLES = 200_000 if os.environ.get("NIGHTLY") == "1" else 3_000
_MOST_BYTES = 2_000
"""Of random input: some ms each, so that thousands fit into a run of the tests."""


@some.deferred
def real_streams() -> some.SearchStrategy[bytes]:
    """Those of others, and one of ours: laid out when it is first asked for."""
    ours = encode_job(lay_out(ACCEPTANCE, PAPERS[80]), PAPERS[80])
    return some.sampled_from([*(stream.data for stream in STREAMS), ours])


def _steps(data: bytes) -> list[Step]:
    interpreter = Interpreter()
    return [*interpreter.feed(data), *interpreter.finish()]


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
@pytest.mark.parametrize("width_mm", [80, 58])
def test_a_stream_of_others_is_understood_and_drawn(stream: Stream, width_mm: int) -> None:
    found = list(draw(stream.data, width_mm, look="dots"))
    pieces = [each for each in found if isinstance(each, PrintedReceipt)]
    assert [each for each in found if isinstance(each, Unknown)] == []
    assert tuple(line for piece in pieces for line in piece.lines) == stream.lines
    assert tuple(code for piece in pieces for code in piece.codes) == stream.codes
    assert sum(piece.images for piece in pieces) == stream.images
    assert sum(isinstance(each, Cut) for each in found) == stream.cuts


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
def test_a_byte_of_no_meaning_in_it_is_found_where_it_stands(stream: Stream) -> None:
    found = [step for step in _steps(stream.data + b"\x07") if isinstance(step, Unknown)]
    assert found == [Unknown(len(stream.data), b"\x07")]


@pytest.mark.slow
@given(some.binary(max_size=_MOST_BYTES))
@settings(max_examples=_EXAMPLES, deadline=None)
def test_random_bytes_are_steps_or_unknown_and_never_a_crash(data: bytes) -> None:
    for step in _steps(data):
        assert isinstance(step, Step)


@given(some.binary(max_size=400))
@settings(max_examples=50, deadline=None)
def test_random_bytes_can_be_drawn(data: bytes) -> None:
    for found in draw(data, 58, look="dots"):
        assert isinstance(found, PrintedReceipt | Step)


@pytest.mark.slow
@given(
    real_streams,
    some.lists(some.tuples(some.integers(0, 5000), some.binary(max_size=4)), max_size=8),
)
@settings(max_examples=_EXAMPLES, deadline=None)
def test_a_damaged_stream_is_typed_and_its_unknown_bytes_are_its_own(
    stream: bytes, wounds: list[tuple[int, bytes]]
) -> None:
    damaged = stream
    for place, bytes_there in wounds:
        at = place % len(stream)
        damaged = damaged[:at] + bytes_there + damaged[at + 1 :]
    steps = _steps(damaged)
    assert all(isinstance(step, Step) for step in steps)
    unknown = [step for step in steps if isinstance(step, Unknown)]
    assert all(step.data for step in unknown)
    assert [damaged[each.offset :].startswith(each.data) for each in unknown] == [True] * len(
        unknown
    )


@pytest.mark.slow
@given(real_streams, some.lists(some.integers(1, 64), min_size=1, max_size=40))
def test_the_pieces_a_stream_comes_in_change_nothing(stream: bytes, sizes: list[int]) -> None:
    interpreter = Interpreter()
    found: list[Step] = []
    at = 0
    for size in sizes:
        found += interpreter.feed(stream[at : at + size])
        at += size
    found += [*interpreter.feed(stream[at:]), *interpreter.finish()]
    whole = _steps(stream)
    assert [s for s in found if not isinstance(s, Characters)] == [
        s for s in whole if not isinstance(s, Characters)
    ]
    assert _words(found) == _words(whole)


def _words(steps: list[Step]) -> str:
    return "".join(step.text for step in steps if isinstance(step, Characters))


@pytest.mark.slow
def test_the_time_it_takes_grows_with_the_bytes_and_not_with_their_square() -> None:
    short, long = _time_of(2_000), _time_of(20_000)
    assert long < 40 * short


def _time_of(commands: int) -> float:
    """The best of three: neighbours on the machine only ever add."""
    stream = b"\x1ba\x01A\n" * commands
    taken = []
    for _ in range(3):
        began = time.thread_time()
        _steps(stream)
        taken.append(time.thread_time() - began)
    return min(taken)
