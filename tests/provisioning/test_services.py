"""What the last step asks of systemd, which does not run where these tests do."""

import os
from pathlib import Path

import pytest

from provisioning import services
from provisioning.services import UNITS, NotRunning, not_running, start

SYSTEMCTL = """#!/bin/sh
echo "$@" >> "{log}"
case "$1" in
  is-*) for unit; do :; done; test -e "{folder}/$1-$unit" ;;
  enable) shift; for unit; do touch "{folder}/is-enabled-$unit"; done ;;
  restart) if test -e "{folder}/broken"; then echo "Job failed." >&2; exit 1; fi
           shift; for unit; do touch "{folder}/is-active-$unit"; done ;;
esac
"""


class Systemd:
    """A `systemctl` that keeps books as the real one does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "log"
        program = folder / "systemctl"
        program.write_text(SYSTEMCTL.format(folder=folder, log=self.log))
        program.chmod(0o755)

    def asked(self, verb: str) -> list[str]:
        return [line for line in self.log.read_text().splitlines() if line.startswith(verb)]


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    return tmp_path / "restart-needed"


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Systemd:
    folder = tmp_path / "systemd"
    folder.mkdir()
    monkeypatch.setattr(services, "SYSTEMD", folder)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return Systemd(folder)


def test_without_systemd_nothing_is_said_to_run(
    changed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "SYSTEMD", tmp_path / "nowhere")
    assert "systemd does not run" in not_running(changed)
    with pytest.raises(NotRunning):
        start(changed)


def test_after_the_start_everything_is_enabled_and_runs(systemd: Systemd, changed: Path) -> None:
    assert "is-enabled" in not_running(changed)
    start(changed)
    assert not_running(changed) == ""


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("state", ["is-enabled", "is-active"])
def test_one_unit_that_is_not_is_noticed(
    systemd: Systemd, changed: Path, unit: str, state: str
) -> None:
    start(changed)
    (systemd.folder / f"{state}-{unit}").unlink()
    assert not_running(changed) == f"{unit}: systemctl {state} says no"


def test_new_files_are_not_done_until_everything_was_started_again(
    systemd: Systemd, changed: Path
) -> None:
    start(changed)
    changed.touch()
    assert not_running(changed) == "new files do not run yet"
    start(changed)
    assert not_running(changed) == ""
    assert len(systemd.asked("restart")) == 2


def test_a_start_that_fails_leaves_the_note_for_the_next_run(
    systemd: Systemd, changed: Path
) -> None:
    changed.touch()
    (systemd.folder / "broken").touch()
    with pytest.raises(NotRunning, match="Job failed"):
        start(changed)
    assert changed.exists()
