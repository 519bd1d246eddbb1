import tomllib
from pathlib import Path

from kiosk.version import PROJECT, software_version


def test_an_installed_kiosk_says_what_its_installation_wrote(tmp_path: Path) -> None:
    written = tmp_path / "version.txt"
    written.write_text("0.1.0+3f2a91bc04de\n")
    assert software_version(written) == "0.1.0+3f2a91bc04de"


def test_a_work_tree_says_so_with_the_projects_version() -> None:
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    assert software_version() == f"{project['version']}+source"


def test_without_either_it_is_unknown(tmp_path: Path) -> None:
    assert software_version(tmp_path / "none", tmp_path / "none") == "unknown"
