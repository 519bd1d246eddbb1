"""The arithmetic behind the table of `make bench`."""

from dataclasses import replace

import pytest

from benchmarks.figure import Figure, percentile, table

LATENCY = Figure(name="answer", value=80.0, unit="ms", against="target", limit=100.0)
RATE = Figure(
    name="rate", value=12_000.0, unit="1/s", against="target", limit=10_000.0, higher_is_better=True
)


@pytest.mark.parametrize(
    ("figure", "ratio", "holds"),
    [
        (LATENCY, 0.8, True),
        (replace(LATENCY, value=100.0), 1.0, True),
        (replace(LATENCY, value=100.1), 1.001, False),
        (RATE, 1.2, True),
        (replace(RATE, value=10_000.0), 1.0, True),
        (replace(RATE, value=9_999.0), 0.9999, False),
        (replace(LATENCY, limit=0.0), float("inf"), False),
    ],
)
def test_a_target_is_met_on_its_own_side_only(figure: Figure, ratio: float, holds: bool) -> None:
    assert figure.ratio == pytest.approx(ratio)
    assert figure.holds is holds


def test_a_peer_gives_a_ratio_and_no_verdict() -> None:
    beside_peer = replace(LATENCY, limit=20.0, is_target=False)
    assert beside_peer.ratio == 4.0
    assert beside_peer.holds is None
    assert beside_peer.as_json()["holds"] is None
    assert table([beside_peer]).splitlines()[2].rstrip().endswith("–")


def test_json_holds_the_ratio_and_the_verdict_beside_every_field() -> None:
    told = RATE.as_json()
    assert told["ratio"] == 1.2
    assert told["holds"] is True
    assert told["limit"] == 10_000.0


def test_a_missed_target_is_shouted_in_an_aligned_table() -> None:
    lines = table([replace(LATENCY, value=150.0), RATE]).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert lines[2].split()[-1] == "NO"
    assert lines[3].split()[-1] == "yes"
    assert "≤ 100.00 ms" in lines[2]
    assert "≥ 10,000.00 1/s" in lines[3]


@pytest.mark.parametrize(
    ("share", "value"), [(0.0, 1.0), (0.01, 1.0), (0.5, 50.0), (0.95, 95.0), (0.99, 99.0), (1, 100)]
)
def test_a_percentile_is_the_nearest_rank(share: float, value: float) -> None:
    assert percentile([float(number) for number in range(100, 0, -1)], share) == value


def test_nothing_has_no_percentile() -> None:
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)
