"""The program on a kiosk is just that of the tree it came from, and says which."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from provisioning.program import PARTS, VERSION, copy_program, missing_program, version_of

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A small tree of the same shape."""
    tree = tmp_path / "tree"
    for part in PARTS:
        (tree / part / "inner").mkdir(parents=True)
        (tree / part / "inner" / "one.py").write_text(f"# {part}")
    (tree / "pyproject.toml").write_text('[project]\nversion = "1.2.3"\n')
    return tree


@pytest.fixture
def program(tmp_path: Path) -> Path:
    return tmp_path / "opt"


@pytest.mark.slow
def test_the_program_is_copied_without_the_server_and_stands_on_its_own(tmp_path: Path) -> None:
    assert missing_program(tmp_path)
    copy_program(tmp_path)
    assert missing_program(tmp_path) == ""
    assert not (tmp_path / "fleet_server").exists()
    ran = subprocess.run(
        [sys.executable, "-c", "from kiosk.agent.agent import *; print(software_version())"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0
    assert ran.stdout.strip() == version_of()
    (tmp_path / "kiosk/config.py").write_text("")
    assert missing_program(tmp_path) == "kiosk/config.py"


def test_a_module_that_is_no_more_is_noticed_and_removed(source: Path, program: Path) -> None:
    copy_program(program, source)
    gone = program / "kiosk" / "removed" / "old.py"
    (gone.parent / "__pycache__").mkdir(parents=True)
    (gone.parent / "__pycache__" / "old.cpython-311.pyc").write_bytes(b"")
    gone.write_text("raise SystemExit")
    assert missing_program(program, source) == "kiosk/removed/old.py is of another version"
    copy_program(program, source)
    assert missing_program(program, source) == ""
    assert not gone.parent.exists()


def test_what_was_made_on_the_machine_stays(source: Path, program: Path) -> None:
    copy_program(program, source)
    for made in ("assets/fonts/fonts.json", ".venv/bin/python", "restart-needed"):
        (program / made).parent.mkdir(parents=True, exist_ok=True)
        (program / made).write_text("made here")
    copy_program(program, source)
    assert missing_program(program, source) == ""
    assert (program / "assets/fonts/fonts.json").read_text() == "made here"
    assert (program / ".venv/bin/python").exists()
    assert (program / "restart-needed").exists()


def test_a_copy_that_was_killed_is_seen(source: Path, program: Path) -> None:
    copy_program(program, source)
    (program / VERSION).unlink()
    assert missing_program(program, source) == str(VERSION)


def test_the_version_changes_with_any_file_and_with_nothing_else(
    source: Path, program: Path
) -> None:
    copy_program(program, source)
    before = version_of(source)
    assert re.fullmatch("v1.2.3(-[0-9a-f]{4}){2}", before)
    assert (program / VERSION).read_text().strip() == before == version_of(source)
    (source / "kiosk" / "inner" / "one.py").write_text("# two")
    assert version_of(source) != before
    assert missing_program(program, source) == "kiosk/inner/one.py"
    copy_program(program, source)
    assert (program / VERSION).read_text().strip() == version_of(source)


def test_this_tree_holds_no_installed_version() -> None:
    assert not (ROOT / VERSION).exists()
