"""Who is calling: a kiosk proves itself on HTTPS with a signed token of a minute's life.

ES256 JWT (`DECISIONS.md` 6): `sub` kiosk id, `aud` `yichuang`, `iat`, `exp` at most 60 s later,
checked against the certificates we issued to that kiosk and have not revoked.
"""

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Final

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from fleet_server.enrolment.repository import valid_certificates
from fleet_server.errors import Unauthorised
from fleet_server.fleet import FleetDep

AUDIENCE: Final = "yichuang"
LONGEST_LIFE_S: Final = 60
CLOCK_LEEWAY: Final = timedelta(seconds=5)
"""A kiosk is told our time by the `Date` header of a refusal; this covers the rest."""


@dataclass(frozen=True, slots=True)
class KioskIdentity:
    """An enrolled kiosk, proved."""

    kiosk_id: str


_BEARER: Final = HTTPBearer(bearerFormat="JWT", scheme_name="kiosk token", auto_error=False)


def kiosk_identity(
    fleet: FleetDep, bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]
) -> KioskIdentity:
    """The caller. Raises Unauthorised: token missing, malformed, expired, too long, or foreign."""
    token = "" if bearer is None else bearer.credentials
    if not token:
        raise Unauthorised("a kiosk token is needed", headers={"WWW-Authenticate": "Bearer"})
    try:
        claimed = jwt.decode(token, options={"verify_signature": False}).get("sub")
    except jwt.PyJWTError as error:
        raise Unauthorised("not a token", code="token_malformed") from error
    if not isinstance(claimed, str):
        raise Unauthorised("no subject", code="token_malformed")
    now = fleet.clock.now()
    with fleet.database.read() as session:
        pems = valid_certificates(session, kiosk_id=claimed, now=now)
    for pem in pems:
        key = x509.load_pem_x509_certificate(pem.encode()).public_key()
        if isinstance(key, ec.EllipticCurvePublicKey) and _signed(token, key):
            _check_times(token, key, now.timestamp())
            return KioskIdentity(claimed)
    raise Unauthorised("no valid certificate has this key", code="token_foreign")


def _signed(token: str, key: ec.EllipticCurvePublicKey) -> bool:
    try:
        jwt.decode(token, key, algorithms=["ES256"], options=_NOTHING_BUT_SIGNATURE)
    except jwt.PyJWTError:
        return False
    return True


_NOTHING_BUT_SIGNATURE: Final[jwt.types.Options] = {
    "verify_aud": False,
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
}


def _check_times(token: str, key: ec.EllipticCurvePublicKey, now_s: float) -> None:
    # the times are judged here, on the injected clock, not inside the library on the machine's
    claims = jwt.decode(token, key, algorithms=["ES256"], options=_NOTHING_BUT_SIGNATURE)
    issued, expires = claims.get("iat"), claims.get("exp")
    if claims.get("aud") != AUDIENCE:
        raise Unauthorised("meant for somebody else", code="token_foreign")
    if not isinstance(issued, int | float) or not isinstance(expires, int | float):
        raise Unauthorised("iat and exp are needed", code="token_malformed")
    if not (math.isfinite(issued) and math.isfinite(expires)):
        # Python reads NaN, and NaN is never later than anything: such a token would not expire
        raise Unauthorised("iat and exp are numbers", code="token_malformed")
    leeway_s = CLOCK_LEEWAY.total_seconds()
    if expires - issued > LONGEST_LIFE_S or issued - leeway_s > now_s:
        raise Unauthorised("lives too long or is from the future", code="token_too_long")
    if expires + leeway_s <= now_s:
        raise Unauthorised("expired", code="token_expired")


KioskDep = Annotated[KioskIdentity, Depends(kiosk_identity)]
