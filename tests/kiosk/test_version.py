import tomllib
from pathlib import Path

import pytest

from kiosk.store.database import Store
from kiosk.store.journal import Journal
from kiosk.version import PROJECT, software_version
from provisioning.program import version_of


def test_an_installed_kiosk_says_what_its_installation_wrote(tmp_path: Path) -> None:
    written = tmp_path / "version.txt"
    written.write_text("v0.1.0-3f2a-91bc\n")
    assert software_version(written) == "v0.1.0-3f2a-91bc"


def test_a_work_tree_says_so_with_the_projects_version() -> None:
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    assert software_version() == f"v{project['version']}-source"


@pytest.mark.parametrize("version", [software_version(), version_of(), "v0.1.0-1234-5678"])
def test_the_journal_takes_every_version_for_a_code(tmp_path: Path, version: str) -> None:
    store = Store.open(tmp_path / "kiosk.sqlite")
    Journal(store).write("agent_started", epoch=1, software=version)
    store.close()


def test_without_either_it_is_unknown(tmp_path: Path) -> None:
    assert software_version(tmp_path / "none", tmp_path / "none") == "unknown"
