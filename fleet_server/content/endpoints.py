"""TUF metadata and bundles for kiosks (`DECISIONS.md` 6)."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from fleet_server.content import repository
from fleet_server.content.service import published_bytes
from fleet_server.errors import NotFound
from fleet_server.fleet import FleetDep
from fleet_server.tokens import KioskDep

router = APIRouter(prefix="/v1/content", tags=["content"])


@router.get("/metadata/{name}")
def metadata(
    fleet: FleetDep,
    _kiosk: KioskDep,
    name: Annotated[str, Path(pattern=r"^([0-9]+\.root|timestamp|snapshot|targets)\.json$")],
) -> Response:
    """One role's newest signed metadata; roots by number."""
    role = name.removesuffix(".json")
    if role == "1.root":
        return _json(fleet.content.root)
    with fleet.database.read() as session:
        signed = repository.signed_role(session, role)
    if signed is None:
        raise NotFound(code="no_metadata")
    return _json(signed.content)


@router.get("/targets/content/{content_hash}.json")
def target(
    fleet: FleetDep,
    _kiosk: KioskDep,
    content_hash: Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")],
) -> Response:
    """A bundle exactly as signed."""
    with fleet.database.read() as session:
        found = published_bytes(session, content_hash)
    if found is None:
        raise NotFound(code="unknown_content")
    return _json(found)


def _json(content: bytes) -> Response:
    return Response(content, media_type="application/json", headers={"Cache-Control": "no-cache"})
