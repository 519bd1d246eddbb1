"""What the tests' own settings promise: nothing that must run alone gets into the quick phase."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import LONGEST, refuse_gone

ROOT = Path(__file__).parents[1]
ONE_OF_EACH = """
import pytest

@pytest.mark.alone
def test_alone() -> None: ...

@pytest.mark.slow
def test_slow() -> None: ...

def test_quick() -> None: ...
"""


def chosen(tmp_path: Path, marks: str, *plugins: str) -> set[str]:
    """Which of three tests pytest takes for these marks."""
    (tmp_path / "test_each.py").write_text(ONE_OF_EACH, "utf-8")
    asked = ["-q", "-p", "no:xdist", *plugins, "-W", "ignore", "--collect-only", "-m", marks]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *asked, "--rootdir", tmp_path, tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return {line.rpartition("::")[2] for line in done.stdout.splitlines() if "::" in line}


@pytest.mark.slow
def test_what_must_run_alone_never_runs_among_the_quick(tmp_path: Path) -> None:
    ours = ("-p", "tests.conftest")
    assert chosen(tmp_path, "not slow", *ours) == {"test_quick"}
    assert chosen(tmp_path, "slow and not alone", *ours) == {"test_slow"}
    assert chosen(tmp_path, "alone", *ours) == {"test_alone"}


@pytest.mark.slow
def test_without_our_settings_it_would(tmp_path: Path) -> None:
    """The negative control of the test above."""
    assert chosen(tmp_path, "not slow") == {"test_quick", "test_alone"}


def test_what_must_run_alone_is_where_make_test_looks_for_it() -> None:
    ours = {ROOT / "tests/conftest.py", ROOT / "tests/test_conftest.py"}
    others = set((ROOT / "tests").rglob("*.py")) - ours
    marked = [path for path in others if "mark.alone" in path.read_text("utf-8")]
    assert marked
    assert [path for path in marked if not path.is_relative_to(ROOT / "tests/system")] == []


def test_the_order_names_what_is_there() -> None:
    refuse_gone(LONGEST)


def test_an_order_that_names_what_is_gone_is_refused() -> None:
    with pytest.raises(pytest.UsageError, match="no_such_file"):
        refuse_gone([*LONGEST, "tests/system/no_such_file.py"])
