"""`POST /v1/enrol` (`DECISIONS.md` 6), and tokens for the command line of a running server."""

import base64
import hmac
import ipaddress
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Header, Request

from fleet_server.content.signing import read_root
from fleet_server.enrolment.schemas import (
    Enrolment,
    EnrolRequest,
    Revoked,
    RevokeRequest,
    TokenAnswer,
    TokenRequest,
)
from fleet_server.enrolment.service import enrol, make_token, revoke
from fleet_server.errors import Forbidden
from fleet_server.fleet import Fleet, FleetDep
from fleet_server.initialise import local_secret, sealing_key

router = APIRouter(tags=["enrolment"])


@router.post("/v1/enrol")
def post_enrol(fleet: FleetDep, request: EnrolRequest) -> Enrolment:
    """Identity for a new kiosk; the one-time token is the only authentication."""
    with fleet.database.write() as session:
        kiosk_id, issued = enrol(
            session,
            token=request.token,
            csr_pem=request.csr_pem,
            authority=fleet.authority,
            certificate_days=fleet.settings.enrolment.certificate_days,
            now=fleet.clock.now(),
        )
    fleet.live.publish("kiosk", kiosk_id)
    settings = fleet.settings
    public = bytes(sealing_key(settings).public_key)
    return Enrolment(
        kiosk_id=kiosk_id,
        certificate_pem=issued.pem,
        ca_pem=fleet.authority.pem,
        sealing_key=base64.b64encode(public).decode("ascii"),
        content_root=read_root(settings.keys).decode(),
        api_url=settings.api_url,
        public_url=settings.public_url,
        broker_host=settings.kiosk_host,
        broker_port=settings.broker.port,
    )


@router.post("/local/enrol-tokens", include_in_schema=False)
def post_token(
    fleet: FleetDep,
    request: TokenRequest,
    connection: Request,
    local_secret_header: Annotated[str, Header(alias="X-Local-Secret")] = "",
) -> TokenAnswer:
    """For whoever can read the server's data folder: the running server owns the database."""
    _only_the_command_line(fleet, connection, local_secret_header)
    with fleet.database.write() as session:
        token = make_token(
            session,
            kiosk_id=request.kiosk_id,
            name=request.name,
            hall=request.hall,
            actor="server",
            now=fleet.clock.now(),
            life=timedelta(minutes=fleet.settings.enrolment.token_minutes),
        )
    return TokenAnswer(
        token=token,
        ca_fingerprint=fleet.authority.fingerprint,
        server=fleet.settings.api_url,
        kiosk_id=request.kiosk_id,
    )


@router.post("/local/revocations", include_in_schema=False)
def post_revocation(
    fleet: FleetDep,
    request: RevokeRequest,
    connection: Request,
    local_secret_header: Annotated[str, Header(alias="X-Local-Secret")] = "",
) -> Revoked:
    """As `post_token`: cut a kiosk off while the server runs."""
    _only_the_command_line(fleet, connection, local_secret_header)
    count = revoke(fleet, kiosk_id=request.kiosk_id, reason=request.reason, actor="server")
    return Revoked(kiosk_id=request.kiosk_id, certificates=count)


def _only_the_command_line(fleet: Fleet, connection: Request, secret: str) -> None:
    """Raises Forbidden (`not_local`)."""
    caller = "" if connection.client is None else connection.client.host
    if not _is_loopback(caller):
        raise Forbidden("only from this machine", code="not_local")
    if not hmac.compare_digest(secret.encode(), local_secret(fleet.settings).encode()):
        raise Forbidden("only for the server's own command line", code="not_local")


def _is_loopback(host: str) -> bool:
    """A reverse proxy on this machine names the caller it speaks for; uvicorn believes it."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
