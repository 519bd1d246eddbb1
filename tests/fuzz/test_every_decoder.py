"""Issue 3: 20,000 inputs in `make test`, 1,000,000 in `make nightly`, and every one is answered."""

import itertools
import os
from collections.abc import Callable, Iterator

import pytest
from hypothesis.strategies import SearchStrategy

from tests.fuzz.decoders import DECODERS
from tests.fuzz.trial import Decoder, Hung, Untyped, damaged_inputs, random_inputs, tried

IS_NIGHT = os.environ.get("NIGHTLY") == "1"
INPUTS = int(os.environ.get("FUZZ_EXAMPLES") or (1_000_000 if IS_NIGHT else 20_000))

Kind = Callable[[Decoder], SearchStrategy[bytes]]
KINDS: tuple[Kind, ...] = (random_inputs, damaged_inputs)
TRIALS = tuple(itertools.product(DECODERS, KINDS))
SHARES = tuple(INPUTS // len(TRIALS) + (n < INPUTS % len(TRIALS)) for n in range(len(TRIALS)))
"""How many inputs each trial gets; they differ by one at most."""


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize(
    ("decoder", "kind", "share"),
    [(*trial, share) for trial, share in zip(TRIALS, SHARES, strict=True)],
    ids=[f"{decoder.name}, {kind.__name__}" for decoder, kind in TRIALS],
)
def test_every_input_gets_a_typed_result(decoder: Decoder, kind: Kind, share: int) -> None:
    assert tried(decoder, kind(decoder), times=share) == share


def test_the_inputs_of_all_trials_are_those_of_the_issue() -> None:
    """Each trial proves that its share was really tried; here, that the shares are the whole."""
    assert sum(SHARES) == INPUTS
    assert min(SHARES) > 0
    assert len({decoder.name for decoder in DECODERS}) == len(DECODERS)


@pytest.mark.parametrize("decoder", DECODERS, ids=lambda decoder: decoder.name)
def test_every_golden_stream_is_whole(decoder: Decoder) -> None:
    """What is damaged must be true before: a refused stream would only try the refusing."""
    for stream in decoder.golden:
        results = list(decoder.decode(stream))
        assert all(isinstance(each, decoder.results) for each in results)


def crashing(data: bytes) -> Iterator[object]:
    yield 1 // (data[0] - 0xC3) if data else 0


def endless(data: bytes) -> Iterator[object]:
    while b"\x7f" in data:
        pass
    yield 0


def untyped(data: bytes) -> Iterator[object]:
    yield None if data.startswith(b"A") else 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("decode", "error"),
    [(crashing, ZeroDivisionError), (endless, Hung), (untyped, Untyped)],
)
@pytest.mark.parametrize("kind", KINDS)
def test_a_decoder_that_fails_on_one_byte_is_found(
    decode: Callable[[bytes], Iterator[object]], error: type[Exception], kind: Kind
) -> None:
    decoder = Decoder("faulty", decode, int, (b"A\x7f\xc3", b"\xc3A\x7f", b"\x7f"))
    with pytest.raises(error):
        tried(decoder, kind(decoder), times=3000, most_cpu_s=0.1)
