"""The whole system, as `make demo` starts it, for the benchmarks that need all of it."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.touching import Touches
from provisioning.demo.fingers import Fingers
from provisioning.demo.processes import DidNotStart
from provisioning.demo.system import System


@contextmanager
def running_system() -> Iterator[System]:
    """Server, broker, departments, devices and one kiosk on its idle page; stopped at the end.

    On the disk of the work tree, not in memory: fsync shall cost what it costs. Takes some 20 s to
    start. Raises DidNotStart.
    """
    Path(".run").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=".run") as folder:
        system = System(Path(folder).resolve(), use_present_display=False)
        system.start()
        try:
            Fingers(system.touch_map, display_of(system)).wait_for("idle", within_s=60)
            yield system
        finally:
            system.stop()


@contextmanager
def touching(system: System) -> Iterator[Touches]:
    """A finger whose touches are timed."""
    with Touches(display_of(system)) as touches:
        yield touches


def display_of(system: System) -> str:
    """The X display the kiosk draws on. Raises DidNotStart where it is not our own."""
    if system.display is None:
        raise DidNotStart("benchmarks draw on a virtual display of their own")
    return system.display.name
