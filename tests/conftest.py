"""What every test may use: real devices named on the command line, and the person beside them."""

import asyncio
import gc
import os
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import settings

from device_drivers.ports import Port
from device_drivers.status import DeviceKind

settings.register_profile("by_day", derandomize=True, deadline=None)
settings.register_profile("by_night", deadline=None)
"""`make test` tries the same examples every time, `make nightly` looks for new ones. An example may
take its time on a busy machine: a test that hangs is ended by its timeout."""
settings.load_profile("by_night" if os.environ.get("NIGHTLY") == "1" else "by_day")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--hardware",
        action="append",
        default=[],
        metavar="KIND=PORT",
        help="run the contract of a device on this one too, such as "
        "id_card_reader=serial:/dev/ttyUSB0; a person is told what to do",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Refuse a device that cannot be, and an order of files that are gone, before anything runs."""
    named_hardware(config)
    refuse_gone(LONGEST)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Modules and tests live as long as the run: nobody searches them for garbage."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


def pytest_unconfigure() -> None:
    """At its end the interpreter may take everything apart: some libraries report what is left."""
    gc.unfreeze()


def named_hardware(config: pytest.Config) -> Mapping[DeviceKind, Port]:
    """The devices of `--hardware`. Raises UsageError for what names none."""
    named: dict[DeviceKind, Port] = {}
    for text in config.getoption("--hardware"):
        kind, _, port = text.partition("=")
        try:
            named[DeviceKind(kind)] = Port.parse(port)
        except ValueError as error:
            raise pytest.UsageError(f"--hardware {text}: {error}") from error
    return named


LONGEST = (
    "tests/system/test_kills.py",
    "tests/fleet_server/test_run.py",
    "tests/mutations/",
    "tests/system/test_late_answers.py",
    "tests/system/test_leaks.py",
    "tests/shots/",
    "tests/kiosk/test_main.py",
    "tests/contract/test_document_camera.py",
    "tests/system/test_errands.py",
    "tests/device_drivers/qr_scanner/test_decode.py",
)
"""Files of half a minute and more, the longest first: begun last, one would keep a single worker
busy while the others have nothing left. Those that start a whole system are not begun together:
three of them leave nothing of two cores."""


def refuse_gone(names: Sequence[str]) -> None:
    """Raises UsageError for a name that leads nowhere: a file that was moved would begin last."""
    gone = [name for name in names if not (Path(__file__).parents[1] / name).exists()]
    if gone:
        raise pytest.UsageError(f"LONGEST in tests/conftest.py names what is not there: {gone}")


NO_HANG = pytest.mark.timeout(300)
"""A slow test starts up to ten processes; on a machine others use, each may need 20 s."""


def refuse_untested(config: pytest.Config, items: Sequence[pytest.Item]) -> None:
    """Raises UsageError for named hardware that no collected test is for: none would fail."""
    tested = {
        getattr(item.module, "DEVICE", None)
        for item in items
        if isinstance(item, pytest.Function) and item.get_closest_marker("hardware")
    }
    untested = [kind.value for kind in named_hardware(config) if kind not in tested]
    if untested:
        raise pytest.UsageError(f"--hardware: no contract of {', '.join(untested)} is chosen")


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with the longest files, each together and in order; give slow tests their time.

    What must run alone is slow, whether it says so or not: `make check` runs three workers.
    """
    refuse_untested(config, items)

    def place(item: pytest.Item) -> int:
        starts = (turn for turn, name in enumerate(LONGEST) if item.nodeid.startswith(name))
        return next(starts, len(LONGEST))

    items.sort(key=place)
    for item in items:
        if item.get_closest_marker("alone"):
            item.add_marker(pytest.mark.slow)
        if item.get_closest_marker("slow") and not item.get_closest_marker("timeout"):
            item.add_marker(NO_HANG)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A contract test runs on the emulator, and on hardware where its module's device is named.

    A module with several emulators in place of one names them in `EMULATED`.
    """
    if "stand_kind" in metafunc.fixturenames:
        places: list[object] = [*getattr(metafunc.module, "EMULATED", ("emulator",))]
        if metafunc.module.DEVICE in named_hardware(metafunc.config):
            places.append(pytest.param("hardware", marks=[pytest.mark.hardware, NO_HURRY]))
        metafunc.parametrize("stand_kind", places)


@pytest.fixture
def measured(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Keeps a line with numbers that are worth quoting; all of them are printed at the end."""
    return lambda line: record_property(MEASURED, line)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The lines of `measured`, of tests that passed and of tests that failed."""
    lines = [
        str(line)
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, ())
        for name, line in report.user_properties
        if name == MEASURED and report.when == "call"
    ]
    if lines:
        terminalreporter.section("measured")
        terminalreporter.write_line("\n".join(lines))


MEASURED = "measured"
NO_HURRY = pytest.mark.timeout(1800)
"""A person has to find a card, or a roll of paper."""


@pytest.fixture
def hardware_port(request: pytest.FixtureRequest) -> Port:
    """Where the real device of this contract is."""
    return named_hardware(request.config)[request.module.DEVICE]


@pytest.fixture
def technician(request: pytest.FixtureRequest) -> "Technician":
    """The person beside the device."""
    capture = request.config.pluginmanager.getplugin("capturemanager")

    def ask(words: str) -> str:
        capture.suspend_global_capture(in_=True)
        try:
            return input(f"\n>>> {words}. Then Enter ('s': cannot be done here) ")
        finally:
            capture.resume_global_capture()

    return Technician(ask)


class Technician:
    """Does by hand what the emulator does by itself."""

    def __init__(self, ask: Callable[[str], str]) -> None:
        self._ask = ask

    async def please(self, words: str) -> None:
        """Return when it is done; the test is skipped where it can't be."""
        answer = await asyncio.to_thread(self._ask, words)
        if answer.strip().lower() == "s":
            pytest.skip(f"the technician could not: {words}")
