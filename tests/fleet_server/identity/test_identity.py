"""Signing in: the right password, a growing delay after wrong ones, idle limits, CSRF."""

from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI, Response
from sqlalchemy import select

from fleet_server.audit.tables import AuditEntry
from fleet_server.database import Database
from fleet_server.errors import Forbidden, TooMany, Unprocessable, install_error_handlers
from fleet_server.identity.access import (
    COOKIE,
    Admin,
    CsrfChecked,
    Person,
    csrf_token,
    set_session_cookie,
)
from fleet_server.identity.passwords import hash_password, is_password
from fleet_server.identity.repository import UNKNOWN_NAMES
from fleet_server.identity.service import (
    LONGEST_DELAY,
    LONGEST_NAME,
    Role,
    SignedIn,
    change_password,
    delay_after,
    find_signed_in,
    make_account,
    sign_in,
    sign_out,
)
from fleet_server.identity.tables import SignInFailures
from fleet_server.settings import IdentitySettings, Settings
from tests.fleet_server.fresh_database import fresh_database
from tests.fleet_server.wire import StoppedClock

SETTINGS = IdentitySettings()


class Desk:
    """A database with one account each, and a clock."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = StoppedClock()
        self.passwords: dict[Role, str] = {}
        with database.write() as session:
            for role in Role:
                self.passwords[role] = make_account(
                    session, name=role, role=role, actor="server", now=self.clock.now()
                )

    def sign_in(self, name: str, password: str) -> str:
        return sign_in(
            self.database,
            name=name,
            password=password,
            settings=SETTINGS,
            key="of this server",
            now=self.clock.now(),
        )

    def find(self, secret: str) -> SignedIn | None:
        return find_signed_in(self.database, secret=secret, settings=SETTINGS, now=self.clock.now())


@pytest.fixture
def desk(tmp_path: Path, quick_hashes: None) -> Iterator[Desk]:
    database = fresh_database(tmp_path / "fleet.sqlite")
    yield Desk(database)
    database.close()


@pytest.fixture
def dear_desk(tmp_path: Path) -> Iterator[Desk]:
    """Where checking a password takes its time, as at a real server."""
    database = fresh_database(tmp_path / "fleet.sqlite")
    yield Desk(database)
    database.close()


def test_the_right_password_opens_a_session(desk: Desk) -> None:
    person = desk.find(desk.sign_in("operator", desk.passwords[Role.OPERATOR]))
    assert person is not None
    assert (person.name, person.role, person.must_change_password) == (
        "operator",
        Role.OPERATOR,
        True,
    )


def test_a_flood_of_made_up_names_is_one_entry_a_minute_with_their_number(desk: Desk) -> None:
    assert len(UNKNOWN_NAMES) > LONGEST_NAME
    for number in range(5):
        with pytest.raises(Forbidden):
            desk.sign_in(f"nobody{number}", "wrong")
    desk.clock.pass_s(86_400)  # and what was counted is not forgotten meanwhile
    with pytest.raises(Forbidden):
        desk.sign_in("nobody", "wrong")
    with desk.database.read() as session:
        entries = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "sign_in_failed").order_by(AuditEntry.n)
        ).all()
    assert [entry.facts for entry in entries] == [{"attempts": 1}, {"attempts": 5}]


def test_what_was_typed_as_a_name_is_not_found_in_the_database(desk: Desk) -> None:
    """It may be a password in the wrong field."""
    with pytest.raises(Forbidden):
        desk.sign_in("correct-horse-battery", "wrong")
    with desk.database.read() as session:
        kept = session.scalars(select(SignInFailures.name)).all()
    assert UNKNOWN_NAMES in kept
    assert len(kept) == 2
    assert "correct-horse-battery" not in str(kept)


@pytest.mark.parametrize("name", ["admin", "nobody"])
def test_wrong_and_unknown_look_the_same_and_are_slowed_down(desk: Desk, name: str) -> None:
    for _ in range(3):
        with pytest.raises(Forbidden) as refused:
            desk.sign_in(name, "wrong")
        assert refused.value.code == "wrong_password"
    with pytest.raises(TooMany) as slowed:
        desk.sign_in(name, desk.passwords[Role.ADMIN])
    assert slowed.value.headers == {"Retry-After": "3"}
    desk.clock.pass_s(2)
    with pytest.raises(Forbidden):
        desk.sign_in(name, "wrong")
    with pytest.raises(TooMany):
        desk.sign_in(name, "wrong")


@pytest.mark.slow
def test_guessing_many_at_once_is_no_way_around_the_delay(dear_desk: Desk) -> None:
    def guess(_number: int) -> type[Exception]:
        with pytest.raises((Forbidden, TooMany)) as refused:
            dear_desk.sign_in("admin", "wrong")
        return refused.type

    with ThreadPoolExecutor(12) as threads:
        found = list(threads.map(guess, range(12)))
    assert found.count(Forbidden) == 3


def test_a_success_forgets_the_failures(desk: Desk) -> None:
    for _ in range(3):
        with pytest.raises(Forbidden):
            desk.sign_in("admin", "wrong")
    desk.clock.pass_s(2)
    desk.sign_in("admin", desk.passwords[Role.ADMIN])
    with pytest.raises(Forbidden):
        desk.sign_in("admin", "wrong")


def test_the_delay_grows_to_a_quarter_of_an_hour_and_no_further() -> None:
    delays = [delay_after(n) for n in range(1, 40)]
    assert delays == sorted(delays)
    assert delays[:3] == [timedelta(0), timedelta(0), timedelta(seconds=2)]
    assert delays[-1] == LONGEST_DELAY


def test_an_idle_session_ends(desk: Desk) -> None:
    secret = desk.sign_in("admin", desk.passwords[Role.ADMIN])
    for _ in range(3):
        desk.clock.pass_s(29 * 60)
        assert desk.find(secret) is not None
    desk.clock.pass_s(30 * 60)
    assert desk.find(secret) is None


def test_no_session_outlives_half_a_day(desk: Desk) -> None:
    secret = desk.sign_in("admin", desk.passwords[Role.ADMIN])
    for _ in range(12 * 3 - 1):
        desk.clock.pass_s(20 * 60)
        assert desk.find(secret) is not None
    desk.clock.pass_s(20 * 60)
    assert desk.find(secret) is None


def test_signing_out_ends_it(desk: Desk) -> None:
    secret = desk.sign_in("admin", desk.passwords[Role.ADMIN])
    person = desk.find(secret)
    assert person is not None
    with desk.database.write() as session:
        sign_out(session, person=person, now=desk.clock.now())
    assert desk.find(secret) is None


def test_a_changed_password_ends_every_session(desk: Desk) -> None:
    old = desk.passwords[Role.ADMIN]
    secrets = [desk.sign_in("admin", old) for _ in range(2)]
    person = desk.find(secrets[0])
    assert person is not None
    now = desk.clock.now()
    with pytest.raises(Unprocessable):
        change_password(desk.database, person=person, old=old, new="short", now=now)
    with pytest.raises(Forbidden):
        change_password(desk.database, person=person, old="wrong", new="long enough 1", now=now)
    change_password(desk.database, person=person, old=old, new="long enough 1", now=now)
    assert [desk.find(secret) for secret in secrets] == [None, None]
    again = desk.find(desk.sign_in("admin", "long enough 1"))
    assert again is not None
    assert not again.must_change_password


def test_only_hashes_are_kept(desk: Desk) -> None:
    password = desk.passwords[Role.ADMIN]
    secret = desk.sign_in("admin", password)
    files = list(desk.database.path.parent.glob("fleet.sqlite*"))
    whole = b"".join(path.read_bytes() for path in files)
    assert b"argon2id" in whole
    assert password.encode() not in whole
    assert secret.encode() not in whole


@pytest.mark.slow
def test_nobodys_password_is_never_right() -> None:
    assert is_password(hash_password("x"), "x")
    assert not is_password(None, "x")


def test_a_guess_costs_as_much_as_is_advised() -> None:
    """RFC 9106 section 4, the second recommended option: 64 MiB, three passes, four lanes."""
    assert hash_password("x").startswith("$argon2id$v=19$m=65536,t=3,p=4$")


@pytest.fixture
async def browser(tmp_path: Path, desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    """A small application behind the real dependencies, and a browser signed in as operator."""
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "cookie-key").write_text("a key of the test", encoding="ascii")
    settings = Settings(folder=tmp_path, public_url="https://banshi.example")
    app = FastAPI()
    install_error_handlers(app)
    app.state.fleet = type(
        "Parts", (), {"settings": settings, "database": desk.database, "clock": desk.clock}
    )

    @app.get("/who")
    def who(person: Person) -> dict[str, str]:
        return {"name": person.name, "csrf": csrf_token(person, settings=settings)}

    @app.post("/act")
    def act(person: Person, _checked: CsrfChecked) -> str:
        return person.name

    @app.get("/admin")
    def for_admins(person: Admin) -> str:
        return person.name

    @app.get("/enter")
    def enter(response: Response) -> str:
        secret = desk.sign_in("operator", desk.passwords[Role.OPERATOR])
        set_session_cookie(response, secret, settings=settings)
        return "in"

    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="https://server") as client:
        yield client


async def test_the_cookie_is_for_this_site_only_and_not_for_scripts(
    browser: httpx.AsyncClient,
) -> None:
    cookie = (await browser.get("/enter")).headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict", "Secure"} <= set(cookie.split("; "))


async def test_nobody_is_let_in_without_a_session(browser: httpx.AsyncClient) -> None:
    refused = await browser.get("/who")
    assert (refused.status_code, refused.json()["code"]) == (401, "sign_in_needed")
    forged = await browser.get("/who", headers={"Cookie": f"{COOKIE}=made.up"})
    assert forged.status_code == 401


async def test_a_form_needs_the_token_of_its_session(browser: httpx.AsyncClient) -> None:
    await browser.get("/enter")
    token = (await browser.get("/who")).json()["csrf"]
    without = await browser.post("/act")
    wrong = await browser.post("/act", data={"csrf": "0" * 64})
    assert (without.status_code, wrong.status_code) == (403, 403)
    assert without.json()["code"] == "csrf"
    assert (await browser.post("/act", data={"csrf": token})).status_code == 200
    assert (await browser.post("/act", headers={"X-CSRF-Token": token})).status_code == 200


async def test_an_operator_is_not_an_admin(browser: httpx.AsyncClient) -> None:
    await browser.get("/enter")
    refused = await browser.get("/admin")
    assert (refused.status_code, refused.json()["code"]) == (403, "admin_needed")
