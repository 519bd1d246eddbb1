"""Every constant of every protocol, broken one at a time.

The emulators are written from the documents and share no line with the drivers, so a constant that
is wrong on one side only must fail a test: some test at all, and of the contract alone all those
that are not in `uncontracted`. `make test` tries a few of each device, the same ones until the file
changes; `make nightly` all of them.
"""

import ast
import os
import random
from collections.abc import Iterator

import pytest
from _pytest.mark.structures import ParameterSet

from tests.mutations.forking import Forking
from tests.mutations.mutants import Mutant, Unbroken
from tests.mutations.protocols import DRIVERS, PROTOCOLS, WITHOUT_NUMBERS, Protocol
from tests.mutations.uncontracted import BY_DAY, UNCONTRACTED

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

IS_NIGHT = os.environ.get("NIGHTLY") == "1"
NOTICED = {pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED}
"""The latter where the broken module cannot even be imported."""


@pytest.fixture(scope="module")
def forking() -> Iterator[Forking]:
    with Forking() as process:
        yield process


def uncontracted(protocol: Protocol) -> dict[str, str]:
    """The constants of a module that no contract notices, and why."""
    reasons = UNCONTRACTED.get(protocol.module, {})
    return {key: reason for reason, keys in reasons.items() for key in keys}


def some_or_all() -> list[ParameterSet]:
    """The mutants of this run for all tests of a device; by day one of each module."""
    return [
        pytest.param(protocol, each, id=f"{protocol.module}-{each.title}")
        for protocol in PROTOCOLS
        for each in (
            protocol.mutants()
            if IS_NIGHT
            else random.Random(protocol.module).sample(protocol.mutants(), 1)  # noqa: S311
        )
    ]


def contracted() -> list[ParameterSet]:
    """The mutants a contract alone must notice; by day those of `BY_DAY`, one of each device."""
    return [
        pytest.param(protocol, each, id=f"{protocol.module}-{each.title}")
        for protocol in PROTOCOLS
        for each in protocol.mutants()
        if each.key not in uncontracted(protocol) and (IS_NIGHT or is_of_the_day(protocol, each))
    ]


def is_of_the_day(protocol: Protocol, mutant: Mutant) -> bool:
    return protocol.module in BY_DAY and BY_DAY[protocol.module].key == mutant.key


def contract_of(protocol: Protocol) -> list[str]:
    """What pytest is asked; by day the quickest of the device's promises."""
    asked = [f"tests/contract/{each}" for each in protocol.contract.modules]
    if IS_NIGHT or protocol.module not in BY_DAY:
        return [*asked, *(("-k", protocol.contract.tests) if protocol.contract.tests else ())]
    return [*asked, "-k", BY_DAY[protocol.module].tests]


@pytest.mark.parametrize(("protocol", "mutant"), some_or_all())
def test_a_broken_constant_is_noticed(protocol: Protocol, mutant: Mutant, forking: Forking) -> None:
    golden = [f"tests/device_drivers/{protocol.golden}"]
    the_rest = [f"tests/device_drivers/{protocol.device}"]
    # one after the other: asked at once, pytest would import everything before it tries the first
    assert any(
        forking.tried(asked, mutant).code in NOTICED
        for asked in (golden, the_rest, contract_of(protocol))
    ), f"nobody noticed {mutant.title}"


@pytest.mark.parametrize(("protocol", "mutant"), contracted())
def test_a_contract_alone_notices_too(protocol: Protocol, mutant: Mutant, forking: Forking) -> None:
    """It knows the emulator, which was written from the document, and no byte of the driver's."""
    done = forking.tried(contract_of(protocol), mutant)
    assert done.code in NOTICED, done.output[-2000:]


@pytest.mark.parametrize(
    "protocol",
    [each for each in PROTOCOLS if IS_NIGHT or each.module in BY_DAY],
    ids=lambda protocol: protocol.module,
)
def test_a_contract_notices_nothing_when_nothing_is_broken(
    protocol: Protocol, forking: Forking
) -> None:
    """The negative control: the file's own source comes in as that of a mutant does."""
    done = forking.tried(contract_of(protocol), Unbroken(protocol.path))
    assert done.code == pytest.ExitCode.OK, done.output[-2000:]


def test_golden_bytes_notice_nothing_when_nothing_is_broken(forking: Forking) -> None:
    """The negative control of those that are asked first, all at once; by day the quick ones."""
    golden = {f"tests/device_drivers/{protocol.golden}" for protocol in PROTOCOLS}
    quick = [] if IS_NIGHT else ["-m", "not slow"]
    unbroken = [Unbroken(protocol.path) for protocol in PROTOCOLS]
    done = forking.tried([*sorted(golden), *quick], *unbroken)
    assert done.code == pytest.ExitCode.OK, done.output[-2000:]


@pytest.mark.parametrize(
    "device", sorted({each.device for each in PROTOCOLS}) if IS_NIGHT else ["power_supply"]
)
def test_a_devices_tests_notice_nothing_when_nothing_is_broken(
    device: str, forking: Forking
) -> None:
    """The negative control of those that are asked next; by day golden bytes leave them nothing."""
    unbroken = [Unbroken(each.path) for each in PROTOCOLS if each.device == device]
    done = forking.tried([f"tests/device_drivers/{device}"], *unbroken)
    assert done.code == pytest.ExitCode.OK, done.output[-2000:]


def test_every_protocol_has_constants_to_break() -> None:
    assert [protocol.module for protocol in PROTOCOLS if not protocol.mutants()] == []


def test_every_exception_names_a_constant_that_is_there_and_its_reason() -> None:
    keys = {protocol.module: {each.key for each in protocol.mutants()} for protocol in PROTOCOLS}
    gone = [
        f"{module}: {key}"
        for module, reasons in UNCONTRACTED.items()
        for listed in reasons.values()
        for key in listed
        if key not in keys[module]
    ]
    assert gone == []
    assert [module for module, day in BY_DAY.items() if day.key not in keys[module]] == []
    assert {protocol.device for protocol in PROTOCOLS} == {
        module.partition("/")[0] for module in BY_DAY
    }


def numbers_in_functions(source: str) -> list[str]:
    """Bytes and hexadecimal numbers that stand below a `def`: no mutant would find them."""
    return [
        text
        for function in ast.walk(ast.parse(source))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for statement in function.body
        for node in ast.walk(statement)
        if isinstance(node, ast.Constant) and isinstance(node.value, bytes | int)
        for text in (ast.get_source_segment(source, node) or "",)
        if (isinstance(node.value, bytes) and node.value) or text.lower().startswith("0x")
    ]


@pytest.mark.parametrize("module", [*(each.module for each in PROTOCOLS), *WITHOUT_NUMBERS])
def test_no_function_of_a_protocol_hides_a_number(module: str) -> None:
    assert numbers_in_functions((DRIVERS / module).read_text("utf-8")) == []


def test_a_number_in_a_function_is_found() -> None:
    source = 'MASK = 0x0C\ndef f(byte):\n    return byte & 0x93 == 16 or b"\\x10"\n'
    assert sorted(numbers_in_functions(source)) == ["0x93", 'b"\\x10"']
