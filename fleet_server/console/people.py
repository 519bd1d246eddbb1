"""人员: accounts and their roles."""

import re
from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import APIRouter, Form, Response

from fleet_server.console.frame import Admin, Page, StaffPage
from fleet_server.console.route import ConsoleRoute
from fleet_server.errors import Conflict
from fleet_server.identity.access import CsrfChecked
from fleet_server.identity.service import Role, close_account, list_accounts, make_account

router = APIRouter(prefix="/people", route_class=ConsoleRoute)

_NAME: Final = re.compile(r"[a-z][a-z0-9.-]{1,39}")
_NOTHING_ASKED: Final[Mapping[str, str]] = {"name": "", "role": ""}


@router.get("")
def people(page: StaffPage, _admin: Admin) -> Response:
    """Every account."""
    return _people_page(page)


@router.post("")
def post_person(
    page: StaffPage,
    admin: Admin,
    _csrf: CsrfChecked,
    name: Annotated[str, Form(max_length=40)] = "",
    role: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """A new account; its one-time password is shown on this answer only."""
    plain = name.strip().lower()
    asked = {"name": name.strip(), "role": role}
    if not _NAME.fullmatch(plain):
        return _people_page(page, status=422, trouble="account_name", asked=asked)
    if role not in set(Role):
        return _people_page(page, status=422, trouble="account_role", asked=asked)
    try:
        with page.fleet.database.write() as session:
            password = make_account(
                session, name=plain, role=Role(role), actor=admin.name, now=page.now
            )
    except Conflict as error:
        return _people_page(page, status=error.status, trouble=error.code, asked=asked)
    return _people_page(page, made=plain, password=password)


@router.post("/{name}/close")
def close(page: StaffPage, admin: Admin, _csrf: CsrfChecked, name: str) -> Response:
    """Let an account in no more."""
    with page.fleet.database.write() as session:
        close_account(session, name=name, actor=admin.name, now=page.now)
    return page.go("/people", done="account_closed")


def _people_page(
    page: Page,
    *,
    status: int = 200,
    trouble: str = "",
    asked: Mapping[str, str] = _NOTHING_ASKED,
    made: str = "",
    password: str = "",
) -> Response:
    """`asked`: what was typed and refused, so that nobody has to type it again."""
    with page.fleet.database.read() as session:
        accounts = list_accounts(session)
    return page.show(
        "people.html",
        status=status,
        accounts=accounts,
        roles=tuple(Role),
        trouble=trouble,
        asked=asked,
        made=made,
        password=password,
    )
