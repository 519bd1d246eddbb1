"""The rules of the house that no linter knows: locks, addresses, file sizes, shared words."""

import json
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

from device_drivers import status as driver_words
from kiosk.contract import devices as contract_words

ROOT = Path(__file__).resolve().parent.parent
REGISTRY_HOSTS = re.compile(r"https?://[^/\s\"']*(?:pypi|pythonhosted|npmjs|debian)\.")
MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:root|home/\w+|work)/")
FORBIDDEN_NAMES = {"utils", "helpers", "manager", "base", "common", "core", "misc"}


def committed_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / name for name in listed.stdout.split("\0") if name]


def text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (UnicodeDecodeError, OSError):
        return ""


@pytest.mark.parametrize("name", ["all", "kiosk", "server"])
def test_every_pinned_requirement_carries_a_hash(name: str) -> None:
    lock = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    pinned = re.findall(r"^[A-Za-z0-9._-]+==\S+.*$", lock, flags=re.MULTILINE)
    assert len(pinned) > 10
    assert [line for line in pinned if not line.endswith("\\")] == []


def test_the_npm_lock_names_no_address() -> None:
    lock = json.loads((ROOT / "fleet_server/console/package-lock.json").read_text("utf-8"))
    assert [name for name, entry in lock["packages"].items() if "resolved" in entry] == []


def test_no_file_names_a_registry_host_or_a_path_of_one_machine() -> None:
    this_file = Path(__file__).resolve()
    found = [
        f"{path.relative_to(ROOT)}: {pattern.pattern}"
        for path in committed_files()
        if path != this_file
        for pattern in (REGISTRY_HOSTS, MACHINE_PATHS)
        if pattern.search(text_of(path))
    ]
    assert found == []


def test_the_patterns_for_addresses_do_find_them() -> None:
    assert REGISTRY_HOSTS.search("https://" + "registry.npmjs.org/x")
    assert MACHINE_PATHS.search('open("/' + 'work/main/x")')


def test_python_files_stay_short_enough_to_hold_in_the_head() -> None:
    long = [
        f"{path.relative_to(ROOT)}: {len(text_of(path).splitlines())}"
        for path in committed_files()
        if path.suffix == ".py" and len(text_of(path).splitlines()) > 400
    ]
    assert long == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    nameless = [
        str(path.relative_to(ROOT))
        for path in committed_files()
        if path.suffix == ".py" and FORBIDDEN_NAMES & {path.stem, path.parent.name}
    ]
    assert nameless == []


def test_both_packages_use_the_same_device_words() -> None:
    assert {kind.value for kind in driver_words.DeviceKind} == {
        kind.value for kind in contract_words.DeviceKind
    }
    assert {word.value for word in driver_words.DeviceStatus} == {
        word.value for word in contract_words.DeviceStatus
    }


@cache
def defined_tests() -> dict[str, frozenset[str]]:
    """The tests of every Python file; a file that holds none is there too."""
    return {
        str(path.relative_to(ROOT)): frozenset(re.findall(r"def (test_\w+)\(", text_of(path)))
        for path in committed_files()
        if path.suffix == ".py"
    }


def missing_citations(text: str) -> list[str]:
    """Which files and tests a text names and the tree has not, to the letter.

    A file may be named by the end of its path; a test named behind its file must stand there.
    """
    tests = defined_tests()
    missing = []
    for named, test in re.findall(r"([\w/]+\.py)(?:::(test_\w+))?", text):
        meant = [file for file in tests if f"/{file}".endswith(f"/{named.lstrip('/')}")]
        if not meant or (test and not any(test in tests[file] for file in meant)):
            missing.append(f"{named}::{test}" if test else named)
    everywhere = frozenset[str]().union(*tests.values())
    return missing + [
        name for name in re.findall(r"\btest_\w+\b(?!\.py)", text) if name not in everywhere
    ]


def test_every_file_and_test_our_texts_name_exists() -> None:
    texts = [path for path in committed_files() if path.suffix == ".md"]
    cited = {
        str(path.relative_to(ROOT)): missing
        for path in texts
        if (missing := missing_citations(text_of(path)))
    }
    assert cited == {}
    assert {"README.md", "DECISIONS.md"} <= {path.name for path in texts}
    assert sum(len(re.findall(r"\btest_\w+\b(?!\.py)", text_of(path))) for path in texts) > 200


@pytest.mark.parametrize(
    "citation",
    [
        "no/such_file.py",
        "`…::test_nobody_has`",
        "test_every_pinned_requirement…",
        "tests/test_words.py::test_the_npm_lock_names_no_address",
    ],
)
def test_a_name_that_is_not_there_is_missed(citation: str) -> None:
    assert len(missing_citations(citation)) == 1


def test_a_name_that_is_there_is_not_missed() -> None:
    assert missing_citations("test_house.py::test_the_npm_lock_names_no_address") == []
