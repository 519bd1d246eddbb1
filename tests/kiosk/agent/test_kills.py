"""kill -9 of the agent, the server and the broker during deliveries: each case exactly once."""

import random
import signal
import time

import pytest

from tests.kiosk.agent.conftest import Fleet
from tests.kiosk.agent.small_broker import eventually


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_cases_arrive_exactly_once_through_twelve_deaths(fleet: Fleet) -> None:
    ingest = fleet.listen()
    chance = random.Random(42)
    submitted = []
    fleet.start_agent()
    for turn in range(12):
        submitted += [fleet.submit(pages=1, size=400_000) for _ in range(3)]
        time.sleep(chance.uniform(0.0, 0.9))
        if turn % 3 == 0:
            fleet.server.stop()
            time.sleep(0.1)
            fleet.server.start()
        elif turn % 3 == 1:
            fleet.stop_agent(signal.SIGKILL)
            fleet.start_agent()
        else:
            fleet.broker.kill()
            fleet.broker.start()
    wanted = sorted(one.case_id for one in submitted)
    assert eventually(lambda: len(fleet.server.cases()) == len(wanted), within_s=60)
    assert sorted(case.case_id for case in fleet.server.cases()) == wanted
    assert eventually(lambda: fleet.outbox.waiting() == 0, within_s=30)
    assert list(ingest.events.values()).count("case_submitted") == len(wanted)
    papers = "SELECT count(*) FROM case_paper"  # they go when the kiosk has the last receipt
    assert eventually(lambda: fleet.store.rows(papers) == [(0,)])
