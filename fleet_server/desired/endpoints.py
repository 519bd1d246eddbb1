"""`GET /v1/desired` (`DECISIONS.md` 6)."""

from typing import Annotated

from fastapi import APIRouter, Header, Response

from fleet_server.desired.service import read_desired
from fleet_server.fleet import FleetDep
from fleet_server.tokens import KioskDep
from kiosk.contract.downlink import Desired

router = APIRouter(tags=["kiosk"])


@router.get("/v1/desired", responses={200: {"model": Desired}, 304: {"description": "Unchanged"}})
def get_desired(
    fleet: FleetDep, _kiosk: KioskDep, if_none_match: Annotated[str | None, Header()] = None
) -> Response:
    """A `Desired`; 304 while its version is the one in `If-None-Match`."""
    with fleet.database.read() as session:
        desired = read_desired(session, parts=fleet.desired)
    etag = f'"{desired.version}"'
    headers = {"ETag": etag, "Cache-Control": "no-cache"}
    if if_none_match == etag:
        return Response(status_code=304, headers=headers)
    return Response(desired.model_dump_json(), media_type="application/json", headers=headers)
