"""`GET /v1/commands` (`DECISIONS.md` 6)."""

from typing import Annotated

from fastapi import APIRouter, Query

from fleet_server.commands.service import hand_out
from fleet_server.fleet import FleetDep
from fleet_server.tokens import KioskDep
from kiosk.contract.downlink import CommandList

router = APIRouter(tags=["kiosk"])


@router.get("/v1/commands")
def get_commands(
    fleet: FleetDep, kiosk: KioskDep, after: Annotated[int, Query(ge=0)] = 0
) -> CommandList:
    """What this kiosk shall do beyond command number `after`, oldest first."""
    with fleet.database.write() as session:
        return hand_out(
            session,
            kiosk_id=kiosk.kiosk_id,
            after=after,
            now=fleet.clock.now(),
            live=fleet.live,
        )
