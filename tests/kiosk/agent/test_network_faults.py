"""Lines that go bad without a word: the agent notices, comes back, and nothing is lost."""

import time
from collections.abc import Iterator

import pytest

from kiosk.contract.uplink import SessionStarted
from kiosk.store.shared_state import LinkState
from tests.kiosk.agent.bad_line import BadLine, Mode
from tests.kiosk.agent.conftest import Fleet
from tests.kiosk.agent.small_broker import eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


@pytest.fixture
def lines(fleet: Fleet) -> Iterator[tuple[BadLine, BadLine]]:
    """The lines to the broker and to the server."""
    broker, server = BadLine(fleet.broker.port), BadLine(fleet.server.port)
    text = fleet.kiosk.config.read_text()
    text = text.replace(f"broker_port = {fleet.broker.port}", f"broker_port = {broker.port}")
    text = text.replace(f"127.0.0.1:{fleet.server.port}", f"127.0.0.1:{server.port}")
    fleet.kiosk.config.write_text(text)
    yield broker, server
    if fleet.process is not None:
        fleet.stop_agent()
    broker.stop()
    server.stop()


def link(fleet: Fleet) -> tuple[bool, bool]:
    found = fleet.state.get(LinkState)
    return (found.server_reachable, found.broker_reachable) if found else (False, False)


@pytest.mark.parametrize("mode", ["black_hole", "one_way"])
def test_a_silent_line_to_the_broker_is_noticed_and_nothing_is_lost(
    fleet: Fleet, lines: tuple[BadLine, BadLine], mode: Mode
) -> None:
    to_broker, _ = lines
    ingest = fleet.listen()
    fleet.start_agent()
    assert eventually(lambda: link(fleet) == (True, True))
    to_broker.mode = mode
    numbers = [fleet.outbox.record(SessionStarted, service_id=f"s{n}") for n in range(20)]
    # two and a half heartbeats of 2 s
    assert eventually(lambda: link(fleet) == (True, False))
    to_broker.mode = "good"
    assert eventually(lambda: fleet.outbox.waiting() == 0, within_s=30)
    assert {n for _, n in ingest.events} >= set(numbers)


def test_a_line_cut_in_mid_packet_heals(fleet: Fleet, lines: tuple[BadLine, BadLine]) -> None:
    to_broker, to_server = lines
    fleet.listen()
    fleet.start_agent()
    assert eventually(lambda: link(fleet) == (True, True))
    submitted = []
    for _ in range(5):
        submitted.append(fleet.submit(pages=1, size=600_000))
        time.sleep(0.15)
        to_broker.reset()
        to_server.reset()
    assert eventually(
        lambda: all(fleet.desk.look(one) is not None for one in submitted), within_s=30
    )
    assert len(fleet.server.cases()) == 5
    assert eventually(lambda: fleet.outbox.waiting() == 0)


def test_a_silent_line_to_the_server_is_told_within_five_seconds_and_heals(
    fleet: Fleet, lines: tuple[BadLine, BadLine]
) -> None:
    _, to_server = lines
    fleet.start_agent()
    assert eventually(lambda: link(fleet) == (True, True))
    waiting = fleet.submit()
    assert eventually(lambda: fleet.desk.look(waiting) is not None)
    to_server.mode = "black_hole"
    # the next probe comes within 2 s, and gives up 2.5 s later
    assert eventually(lambda: not link(fleet)[0])
    stuck = fleet.submit()
    to_server.mode = "good"
    assert eventually(lambda: fleet.desk.look(stuck) is not None)
    assert len(fleet.server.cases()) == 2


def test_a_slow_line_delivers_all_the_same(fleet: Fleet, lines: tuple[BadLine, BadLine]) -> None:
    _, to_server = lines
    fleet.start_agent()
    assert eventually(lambda: link(fleet) == (True, True))
    to_server.mode = "slow"  # 10 kB/s
    submitted = fleet.submit(pages=1, size=60_000)
    assert eventually(lambda: fleet.desk.look(submitted) is not None, within_s=30)
    assert len(fleet.server.cases()) == 1
