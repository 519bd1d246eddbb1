"""Fixtures of this folder."""

from collections.abc import Iterator

import pytest

from tests.device_drivers.bench.running_bench import RunningBench, running_bench


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBench]:
    """One bench for the tests of a module; each leaves it as it found it."""
    with running_bench(tmp_path_factory.mktemp("bench")) as running:
        yield running
