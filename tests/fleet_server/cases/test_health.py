"""Does the hand-over work? Said by itself, and by `/v1/health` of a running server."""

import asyncio
from pathlib import Path

import httpx
import pytest

from fleet_server.app import create_app
from fleet_server.cases.health import BEAT_WITHIN_S, LONGEST_ATTEMPT_S, HandOverHealth
from fleet_server.fleet import Fleet
from tests.fleet_server.small_hall import make_hall
from tests.fleet_server.wire import StoppedClock, soon


def test_a_worker_that_has_not_begun_or_looks_no_more_is_not_working() -> None:
    clock = StoppedClock()
    health = HandOverHealth(clock.monotonic_s)
    told = [health.working]
    health.beat()
    for passed_s in (0, BEAT_WITHIN_S, 1):
        clock.pass_s(passed_s)
        told.append(health.working)
    health.beat()
    assert [*told, health.working] == [False, True, True, False, True]


def test_an_attempt_that_hangs_is_told_though_the_worker_goes_on() -> None:
    clock = StoppedClock()
    health = HandOverHealth(clock.monotonic_s)
    with health.attempting("a"):
        clock.pass_s(LONGEST_ATTEMPT_S + 1)
        health.beat()
        assert not health.working
    assert health.working


@pytest.mark.slow
async def test_the_server_says_when_its_hand_over_cannot_look(tmp_path: Path) -> None:
    clock = StoppedClock()
    app = create_app(make_hall(tmp_path, departments=()).settings, clock=clock)
    server = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=server, base_url="http://server") as client,
    ):
        fleet: Fleet = app.state.fleet
        assert await soon(lambda: fleet.ingest.connected and fleet.handover.working)
        well = await client.get("/v1/health")
        assert (well.status_code, well.json()["hand_over"]) == (200, True)
        _rename(fleet, "citizen_case", "out_of_reach")
        fleet.live.publish("case")  # look now
        await asyncio.sleep(0.2)
        clock.pass_s(BEAT_WITHIN_S + 1)
        ill = await client.get("/v1/health")
        assert (ill.status_code, ill.json()["hand_over"], ill.json()["ingest"]) == (
            503,
            False,
            True,
        )
        _rename(fleet, "out_of_reach", "citizen_case")
        assert await soon(lambda: fleet.handover.working, within_s=10)


def _rename(fleet: Fleet, old: str, new: str) -> None:
    with fleet.database.writing_connection() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {old} RENAME TO {new}")
