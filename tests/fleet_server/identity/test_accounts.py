"""Accounts: listed, closed, and never kept signed in by a page that asks by itself."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fleet_server.database import Database
from fleet_server.errors import Conflict, Forbidden, NotFound
from fleet_server.identity.service import (
    Role,
    SignedIn,
    close_account,
    find_signed_in,
    list_accounts,
    make_account,
    sign_in,
)
from fleet_server.settings import IdentitySettings
from tests.fleet_server.fresh_database import fresh_database
from tests.fleet_server.wire import StoppedClock

SETTINGS = IdentitySettings(idle_minutes=30)


class Office:
    """An admin and an inspector, who has a running session."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = StoppedClock()
        with database.write() as session:
            for name, role in (("chief", Role.ADMIN), ("watcher", Role.INSPECTOR)):
                self.password = make_account(
                    session, name=name, role=role, actor="server", now=self.clock.now()
                )
        self.secret = self.sign_in()

    def sign_in(self) -> str:
        return sign_in(
            self.database,
            name="watcher",
            password=self.password,
            settings=SETTINGS,
            key="of this server",
            now=self.clock.now(),
        )

    def find(self, *, is_activity: bool = True) -> SignedIn | None:
        return find_signed_in(
            self.database,
            secret=self.secret,
            settings=SETTINGS,
            now=self.clock.now(),
            is_activity=is_activity,
        )

    def close(self, name: str, actor: str = "chief") -> None:
        with self.database.write() as session:
            close_account(session, name=name, actor=actor, now=self.clock.now())


@pytest.fixture
def office(tmp_path: Path, quick_hashes: None) -> Iterator[Office]:
    database = fresh_database(tmp_path / "fleet.sqlite")
    yield Office(database)
    database.close()


def test_a_closed_account_is_out_at_once_and_stays_out(office: Office) -> None:
    assert office.find() is not None
    office.close("watcher")
    assert office.find() is None
    with pytest.raises(Forbidden):
        office.sign_in()
    with office.database.read() as session:
        closed = {account.name: account.disabled_at for account in list_accounts(session)}
    assert closed == {"chief": None, "watcher": office.clock.now()}


def test_nobody_closes_their_own_account_or_one_that_is_not(office: Office) -> None:
    with pytest.raises(Conflict):
        office.close("chief")
    with pytest.raises(NotFound):
        office.close("nobody")


@pytest.mark.parametrize(("is_activity", "is_still_in"), [(True, True), (False, False)])
def test_only_what_a_person_does_keeps_them_signed_in(
    office: Office, is_activity: bool, is_still_in: bool
) -> None:
    for _ in range(4):
        office.clock.pass_s(10 * 60)
        found = office.find(is_activity=is_activity)
    assert (found is not None) == is_still_in
