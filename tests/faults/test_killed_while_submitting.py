"""kill -9 of a process that submits in a loop: what returned is there, exactly once."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kiosk.store.database import Store
from kiosk.store.outbox import Outbox

KILLS = 20


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_every_submit_that_returned_is_there_exactly_once(tmp_path: Path) -> None:
    path = tmp_path / "kiosk.sqlite"
    chance = random.Random(20261123)
    said: list[str] = []
    for _ in range(KILLS):
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.submit_for_ever", str(path)],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).resolve().parents[2],
        )
        assert process.stdout is not None
        said.append(process.stdout.readline().decode().strip())
        time.sleep(chance.uniform(0, 0.15))
        process.kill()
        said += process.stdout.read().decode().split()
        process.wait()
        process.stdout.close()
    store = Store.open(path)
    assert store.rows("PRAGMA integrity_check") == [("ok",)]
    found = [row[0] for row in store.rows("SELECT case_id FROM case_out")]
    assert {case_id: found.count(case_id) for case_id in said if found.count(case_id) != 1} == {}
    # at most the one under way at each kill was kept without having been said
    assert len(said) <= len(found) <= len(said) + KILLS
    whole = store.rows("SELECT count(DISTINCT case_id) FROM case_paper")
    assert whole == [(len(found),)]
    told = [row.event.kind for row in Outbox(store).pending(limit=100_000)]
    assert told == ["case_submitted"] * len(found)
    store.close()
