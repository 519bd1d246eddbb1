"""What the console orders is gone on with when the store failed in the middle of it."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kiosk import orders
from kiosk.contract.downlink import Command, SetOutOfService
from kiosk.flow import states as st
from kiosk.flow.clerk import Clerk
from kiosk.orders import Orders
from kiosk.store.command_log import CommandLog
from kiosk.store.database import StoreFull
from kiosk.store.journal import Fact, Journal
from kiosk.store.shared_state import OutOfService, SharedState
from tests.kiosk.flow.night_desk import night_desk


class FullOnce(Journal):
    """There is no room for its first entry."""

    refusals = 1

    def write(self, kind: str, **facts: Fact) -> int:
        self.refusals -= 1
        if self.refusals >= 0:
            raise StoreFull("kiosk.sqlite: database or disk is full")
        return super().write(kind, **facts)


@pytest.mark.slow
async def test_an_order_cut_off_by_a_full_disk_is_finished_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders, "SEEN_WITHIN_S", 0.1)  # nothing changes this desk's world
    async with night_desk(tmp_path) as desk:
        await desk.until(st.Idle)
        commands, shared, clerk = (
            CommandLog(desk.store, desk.outbox),
            SharedState(desk.store),
            Clerk(),
        )
        working = asyncio.create_task(clerk.work())
        obeying = Orders(
            desk.store,
            commands=commands,
            shared=shared,
            outbox=desk.outbox,
            journal=FullOnce(desk.store),
            clerk=clerk,
            runner=desk.runner,
            look_again=lambda: None,
            restart=lambda: None,
        )
        closing = SetOutOfService(on=True, reason="检修")
        expires_at = datetime.now(UTC) + timedelta(minutes=5)
        commands.receive(Command(id="c1", number=1, order=closing, expires_at=expires_at))
        with pytest.raises(StoreFull):
            await obeying.obey()
        assert shared.get(OutOfService) is None  # all of it or nothing
        assert commands.state("c1") == "running"
        await obeying.obey()
        assert shared.get(OutOfService) == OutOfService(on=True, reason="检修")
        assert desk.kinds().count("service_state_changed") == 1
        assert commands.state("c1") == "failed"  # closed, and not seen to be on this desk
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
