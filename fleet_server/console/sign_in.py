"""Signing in and out, and replacing the one-time password."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Header, Query, Request, Response
from fastapi.responses import RedirectResponse

from fleet_server.console.frame import ROOT, OpenPage, own_path
from fleet_server.console.route import ConsoleRoute
from fleet_server.errors import Forbidden, TooMany, Unprocessable
from fleet_server.fleet import FleetDep
from fleet_server.identity.access import (
    CsrfChecked,
    Person,
    clear_session_cookie,
    set_session_cookie,
)
from fleet_server.identity.passwords import SHORTEST
from fleet_server.identity.service import change_password, sign_in, sign_out
from fleet_server.initialise import cookie_key

router = APIRouter(route_class=ConsoleRoute)

Name = Annotated[str, Form(max_length=80)]
Password = Annotated[str, Form(max_length=200)]


@router.get("/sign-in")
def sign_in_page(page: OpenPage, wanted: Annotated[str, Query(alias="next")] = "") -> Response:
    """The form; whoever is signed in already goes on."""
    if page.person is not None:
        return page.go(own_path(wanted))
    return page.show("sign_in.html", wanted=wanted, name="", trouble="", wait_s=0)


@router.post("/sign-in")
def post_sign_in(
    page: OpenPage,
    name: Name = "",
    password: Password = "",
    wanted: Annotated[str, Form(alias="next", max_length=400)] = "",
    origin: Annotated[str, Header()] = "",
) -> Response:
    """A session, or calm words about why not: 403 wrong, 429 too often, with the wait."""
    _check_origin(page.request, origin)
    fleet = page.fleet
    plain = name.strip().lower()
    try:
        secret = sign_in(
            fleet.database,
            name=plain,
            password=password,
            settings=fleet.settings.identity,
            key=cookie_key(fleet.settings),
            now=page.now,
        )
    except Forbidden as error:
        return page.show(
            "sign_in.html",
            status=error.status,
            wanted=wanted,
            name=plain,
            trouble="wrong_password",
            wait_s=0,
        )
    except TooMany as error:
        wait_s = int(error.headers["Retry-After"])
        answer = page.show(
            "sign_in.html",
            status=error.status,
            wanted=wanted,
            name=plain,
            trouble="too_many",
            wait_s=wait_s,
        )
        answer.headers["Retry-After"] = str(wait_s)
        return answer
    welcome = page.go(own_path(wanted))
    set_session_cookie(welcome, secret, settings=fleet.settings)
    return welcome


@router.post("/sign-out")
def post_sign_out(fleet: FleetDep, person: Person, _csrf: CsrfChecked) -> Response:
    """The end of this session."""
    with fleet.database.write() as session:
        sign_out(session, person=person, now=fleet.clock.now())
    answer = RedirectResponse(f"{ROOT}/sign-in", 303)
    clear_session_cookie(answer)
    return answer


@router.get("/password")
def password_page(page: OpenPage, _person: Person) -> Response:
    """The form."""
    return page.show("password.html", trouble="", shortest=SHORTEST)


@router.post("/password")
def post_password(
    page: OpenPage,
    person: Person,
    _csrf: CsrfChecked,
    old: Password = "",
    new: Password = "",
    again: Password = "",
) -> Response:
    """Replace it; whoever did signs in again with the new one."""
    fleet = page.fleet
    if new != again:
        return page.show("password.html", status=422, trouble="password_differs", shortest=SHORTEST)
    try:
        change_password(fleet.database, person=person, old=old, new=new, now=page.now)
    except (Forbidden, Unprocessable) as error:
        return page.show(
            "password.html", status=error.status, trouble=error.code, shortest=SHORTEST
        )
    answer = page.go("/sign-in", done="password_changed")
    clear_session_cookie(answer)
    return answer


def _check_origin(request: Request, origin: str) -> None:
    """Nobody is signed in by a form of another site; browsers say where a form comes from."""
    if origin and urlsplit(origin).netloc != request.url.netloc:
        raise Forbidden("the form is of another site", code="csrf")
