import time
from pathlib import Path

import pytest

from kiosk.agent.epoch import raise_epoch


def test_each_start_is_above_the_last_even_within_a_second(tmp_path: Path) -> None:
    epochs = [raise_epoch(tmp_path / "epoch") for _ in range(5)]
    assert epochs == sorted(set(epochs))


def test_a_clock_set_back_does_not_lower_it(tmp_path: Path) -> None:
    ahead = int(time.time()) + 10_000_000
    (tmp_path / "epoch").write_text(str(ahead))
    assert raise_epoch(tmp_path / "epoch") == ahead + 1


def test_a_lost_or_broken_file_does_not_lower_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, began_s = raise_epoch(tmp_path / "epoch"), time.time()
    (tmp_path / "epoch").write_text("garbage")
    monkeypatch.setattr("kiosk.agent.epoch.time.time", lambda: began_s + 1.1)
    assert raise_epoch(tmp_path / "epoch") > before
    (tmp_path / "epoch").unlink()
    monkeypatch.setattr("kiosk.agent.epoch.time.time", lambda: began_s + 2.2)
    assert raise_epoch(tmp_path / "epoch") > before + 1
