from collections.abc import Iterator

import pytest

from provisioning.demo.staff import Staff, signed_in
from provisioning.demo.system import System
from tests.system.faults.setting_right import set_right
from tests.system.hall import started


@pytest.fixture(scope="package")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One running system for all faults: whatever happens to it, it must come back."""
    with started(tmp_path_factory.mktemp("faults")) as running:
        yield running


@pytest.fixture(scope="package")
def staff(system: System) -> Iterator[Staff]:
    with signed_in(system) as person:
        yield person


@pytest.fixture(autouse=True)
def whole_again(system: System) -> Iterator[None]:
    """Every fault is set right, and the kiosk rests, before the next test."""
    yield
    set_right(system)
