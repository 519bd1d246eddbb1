"""FastAPI dependencies: who is signed in, what they may do, and that the form is ours.

The cookie holds a random secret, signed with the server's cookie key so that a made-up one
never reaches the database; `HttpOnly; SameSite=Strict`. The CSRF token is derived from the
session, so it needs no place of its own.
"""

import hashlib
import hmac
from typing import Annotated, Final

from fastapi import Cookie, Depends, Form, Header, Request, Response
from itsdangerous import BadSignature, Signer

from fleet_server.errors import Forbidden, Unauthorised
from fleet_server.fleet import FleetDep
from fleet_server.identity.service import Role, SignedIn, find_signed_in
from fleet_server.initialise import cookie_key
from fleet_server.settings import Settings

COOKIE: Final = "yichuang_session"
CSRF_FIELD: Final = "csrf"
CSRF_HEADER: Final = "X-CSRF-Token"


def set_session_cookie(response: Response, secret: str, *, settings: Settings) -> None:
    """Hand the browser its session; it ends with the browser or with the server's limit."""
    response.set_cookie(
        COOKIE,
        _signer(settings).sign(secret).decode("ascii"),
        httponly=True,
        samesite="strict",
        secure=settings.public_url.startswith("https://"),
        path="/",
    )


def clear_session_cookie(response: Response) -> None:
    """Make the browser forget it."""
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")


def person_or_none(
    request: Request, fleet: FleetDep, cookie: Annotated[str, Cookie(alias=COOKIE)] = ""
) -> SignedIn | None:
    """Who is signed in; None for nobody, an unsigned cookie, or a session that is over."""
    try:
        secret = _signer(fleet.settings).unsign(cookie).decode("ascii")
    except (BadSignature, UnicodeDecodeError):
        return None
    return find_signed_in(
        fleet.database,
        secret=secret,
        settings=fleet.settings.identity,
        now=fleet.clock.now(),
        is_activity=not _is_by_itself(request),
    )


PersonOrNone = Annotated[SignedIn | None, Depends(person_or_none)]


def signed_in(person: PersonOrNone) -> SignedIn:
    """Raises Unauthorised (`sign_in_needed`); pages turn that into the sign-in page."""
    if person is None:
        raise Unauthorised("sign in first", code="sign_in_needed")
    return person


Person = Annotated[SignedIn, Depends(signed_in)]


def admin(person: Person) -> SignedIn:
    """Raises Forbidden (`admin_needed`)."""
    if person.role is not Role.ADMIN:
        raise Forbidden("only for admins", code="admin_needed")
    return person


Admin = Annotated[SignedIn, Depends(admin)]


def csrf_token(person: SignedIn, *, settings: Settings) -> str:
    """What every form of this session must carry in `csrf`, and htmx in `X-CSRF-Token`."""
    key = cookie_key(settings).encode()
    return hmac.new(key, f"csrf:{person.session_hash}".encode(), hashlib.sha256).hexdigest()


def check_csrf(
    fleet: FleetDep,
    person: Person,
    field: Annotated[str, Form(alias=CSRF_FIELD)] = "",
    header: Annotated[str, Header(alias=CSRF_HEADER)] = "",
) -> None:
    """A dependency of every POST of a signed-in person. Raises Forbidden (`csrf`)."""
    wanted = csrf_token(person, settings=fleet.settings).encode()
    if not hmac.compare_digest((header or field).encode(), wanted):
        raise Forbidden("the form is not of this session", code="csrf")


CsrfChecked = Annotated[None, Depends(check_csrf)]


def _is_by_itself(request: Request) -> bool:
    """Whether the open page asks, not the person: a part drawn again, or the event stream."""
    headers = request.headers
    is_part = request.method == "GET" and "hx-request" in headers
    return is_part or headers.get("accept") == "text/event-stream"


def _signer(settings: Settings) -> Signer:
    return Signer(cookie_key(settings), salt="session", digest_method=hashlib.sha256)
