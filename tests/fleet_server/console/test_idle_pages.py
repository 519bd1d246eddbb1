"""A page left open draws itself again and again, and still its session ends."""

from pathlib import Path

import httpx
import pytest

from fleet_server.app import create_app
from fleet_server.database import Database
from fleet_server.identity.passwords import hash_password
from fleet_server.identity.tables import Account
from tests.fleet_server.small_hall import Hall, make_hall, serving
from tests.fleet_server.wire import StoppedClock

pytestmark = pytest.mark.slow

PASSWORD = "correct horse battery"


@pytest.fixture
def hall(tmp_path: Path) -> Hall:
    """A server folder whose admin has a password of their own."""
    made = make_hall(tmp_path / "server", departments=())
    database = Database(made.settings.database_file)
    with database.write() as session:
        account = session.get_one(Account, "admin")
        account.password_hash = hash_password(PASSWORD)
        account.must_change_password = False
    database.close()
    return made


def test_a_page_that_only_draws_itself_is_signed_out_and_led_back_afterwards(hall: Hall) -> None:
    clock = StoppedClock()
    app = create_app(hall.settings, clock=clock)
    with (
        serving(app, hall.settings.http.port),
        httpx.Client(base_url=hall.url, trust_env=False, timeout=20) as client,
    ):
        welcome = client.post("/console/sign-in", data={"name": "admin", "password": PASSWORD})
        # the hall is known by an https address, so its cookie is for https only
        assert "Secure" in welcome.headers["set-cookie"]
        client.headers["Cookie"] = welcome.headers["set-cookie"].partition(";")[0]
        clock.pass_s(20 * 60)
        assert client.get("/console/kiosks").status_code == 200
        part = {"HX-Request": "true", "HX-Current-URL": f"{hall.url}/console/kiosks?word=silent"}
        for _ in range(2):
            clock.pass_s(14 * 60)
            assert client.get("/console/kiosks", headers=part).status_code == 200
        clock.pass_s(3 * 60)
        ended = client.get("/console/kiosks", headers=part)
    assert ended.status_code == 401
    assert ended.headers["hx-redirect"] == (
        "/console/sign-in?next=%2Fconsole%2Fkiosks%3Fword%3Dsilent"
    )
