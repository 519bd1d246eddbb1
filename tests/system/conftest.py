from collections.abc import Iterator

import pytest

from provisioning.demo.fingers import Fingers
from provisioning.demo.system import System
from tests.system.hall import Witness, fingers_of, started


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One running system for the tests of a file."""
    with started(tmp_path_factory.mktemp("system")) as running:
        yield running


@pytest.fixture
def witness(system: System) -> Witness:
    return Witness(system)


@pytest.fixture
def fingers(system: System) -> Fingers:
    return fingers_of(system)
