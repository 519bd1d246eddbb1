"""What the command line says when it cannot begin."""

import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from kiosk.agent.__main__ import EXIT_BAD_CONFIG, EXIT_STORE_FAILED
from kiosk.store.database import known_version
from tests.kiosk.agent.conftest import ROOT, Fleet

pytestmark = pytest.mark.slow


def refused(config: Path, status: int = EXIT_BAD_CONFIG) -> str:
    ran = subprocess.run(
        [sys.executable, "-m", "kiosk.agent", "--config", str(config)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == status
    return ran.stderr


def test_an_unknown_key_is_named_with_its_file(fleet: Fleet) -> None:
    text = fleet.kiosk.config.read_text()
    fleet.kiosk.config.write_text(text.replace("[agent]", '[agent]\ncolour = "red"'))
    told = refused(fleet.kiosk.config)
    assert "kiosk.toml" in told
    assert "agent.colour" in told


def test_a_missing_key_file_is_named(fleet: Fleet) -> None:
    (fleet.kiosk.folder / "key.pem").unlink()
    assert "key.pem" in refused(fleet.kiosk.config)


def test_a_newer_store_is_named_and_left_alone(fleet: Fleet) -> None:
    with apsw.Connection(str(fleet.kiosk.store_file)) as connection:
        connection.pragma("user_version", known_version() + 1)
    told = refused(fleet.kiosk.config)
    assert f"schema v{known_version() + 1} is newer" in told
    assert connection.pragma("user_version") == known_version() + 1
    connection.close()


def test_a_store_that_is_busy_now_may_be_tried_again(fleet: Fleet) -> None:
    with fleet.store.transaction():
        told = refused(fleet.kiosk.config, EXIT_STORE_FAILED)
    assert "kiosk.sqlite" in told
    assert "Traceback" not in told
