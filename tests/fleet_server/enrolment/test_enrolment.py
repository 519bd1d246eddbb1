"""A token enrols one kiosk once, and what it brings lets the kiosk in everywhere it should."""

import base64
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI

from fleet_server.app import create_app
from fleet_server.audit.reading import newest
from fleet_server.enrolment.service import make_token, revoke
from fleet_server.errors import Conflict, Unprocessable
from fleet_server.fleet import Fleet
from fleet_server.initialise import sealing_key
from fleet_server.kiosks.service import kiosk_detail, list_kiosks
from fleet_server.kiosks.tables import Kiosk
from tests.fleet_server.small_hall import make_hall
from tests.fleet_server.wire import StoppedClock, TalkingKiosk, key_and_request, write_identity

pytestmark = pytest.mark.slow

KIOSK = "hz0042"


class Server:
    """The application with its lifespan running, its clock stopped, and a client."""

    def __init__(self, app: FastAPI, clock: StoppedClock, client: httpx.AsyncClient) -> None:
        self.app = app
        self.fleet: Fleet = app.state.fleet
        self.clock = clock
        self.client = client

    def token(self, kiosk_id: str = KIOSK) -> str:
        with self.fleet.database.write() as session:
            return make_token(
                session,
                kiosk_id=kiosk_id,
                name="一号机",
                hall="县政务服务大厅",
                actor="server",
                now=self.clock.now(),
                life=timedelta(minutes=10),
            )

    async def enrol(self, token: str, csr_pem: str) -> httpx.Response:
        return await self.client.post("/v1/enrol", json={"token": token, "csr_pem": csr_pem})

    async def ask(self, key: ec.EllipticCurvePrivateKey, **claims: object) -> httpx.Response:
        """`GET /v1/desired` with a token whose claims the test spoils."""
        now = self.clock.now()
        whole: dict[str, object] = {
            "sub": KIOSK,
            "aud": "yichuang",
            "iat": now,
            "exp": now + timedelta(seconds=60),
        }
        token = jwt.encode({**whole, **claims}, key, algorithm="ES256")
        return await self.client.get("/v1/desired", headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    hall = make_hall(tmp_path, departments=())
    clock = StoppedClock()
    clock.moment = datetime.now(UTC)
    app = create_app(hall.settings, clock=clock)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app), base_url="http://server"
        ) as client,
    ):
        yield Server(app, clock, client)


async def test_enrolment_brings_all_a_kiosk_needs(server: Server, tmp_path: Path) -> None:
    key, request = key_and_request()
    answer = await server.enrol(server.token(), request)
    assert answer.status_code == 200
    told = answer.json()
    certificate = x509.load_pem_x509_certificate(told["certificate_pem"].encode())
    assert certificate.subject.rfc4514_string() == f"CN={KIOSK}"
    certificate.verify_directly_issued_by(server.fleet.authority.certificate)
    public = bytes(sealing_key(server.fleet.settings).public_key)
    assert base64.b64decode(told["sealing_key"]) == public
    assert told["public_url"] == server.fleet.settings.public_url
    assert '"_type": "root"' in told["content_root"] or '"_type":"root"' in told["content_root"]
    assert (await server.ask(key)).status_code == 200
    identity = write_identity(tmp_path, KIOSK, told["certificate_pem"], key)
    kiosk = TalkingKiosk(server.fleet.settings, identity)
    assert kiosk.connect()
    kiosk.leave()
    with server.fleet.database.read() as session:
        (summary,) = list_kiosks(session)
    assert (summary.kiosk_id, summary.presence.why) == (KIOSK, "never_heard")


async def test_a_token_works_once(server: Server) -> None:
    token = server.token()
    _, request = key_and_request()
    assert (await server.enrol(token, request)).status_code == 200
    again = await server.enrol(token, request)
    assert (again.status_code, again.json()["code"]) == (403, "token_used")


async def test_a_token_expires(server: Server) -> None:
    token = server.token()
    server.clock.pass_s(601)
    _, request = key_and_request()
    late = await server.enrol(token, request)
    assert (late.status_code, late.json()["code"]) == (403, "token_expired")


async def test_a_made_up_token_is_unknown(server: Server) -> None:
    _, request = key_and_request()
    made_up = await server.enrol("made-up", request)
    assert (made_up.status_code, made_up.json()["code"]) == (403, "token_unknown")


async def test_a_bad_request_does_not_use_the_token_up(server: Server) -> None:
    token = server.token()
    bad = await server.enrol(token, "not a request")
    assert (bad.status_code, bad.json()["code"]) == (422, "bad_request_certificate")
    _, request = key_and_request()
    assert (await server.enrol(token, request)).status_code == 200


@pytest.mark.parametrize(
    ("spoiled", "code"),
    [
        ({"aud": "somebody-else"}, "token_foreign"),
        ({"sub": "hz9999"}, "token_foreign"),
        ({"exp": 4102444800}, "token_too_long"),
        ({"iat": 4102444740, "exp": 4102444800}, "token_too_long"),
        ({"iat": 1, "exp": 61}, "token_expired"),
        ({"iat": "soon"}, "token_malformed"),
        ({"exp": float("nan")}, "token_malformed"),
    ],
)
async def test_a_token_that_is_not_right_in_everything_is_refused(
    server: Server, spoiled: dict[str, object], code: str
) -> None:
    key, request = key_and_request()
    await server.enrol(server.token(), request)
    assert (await server.ask(key)).status_code == 200
    refused = await server.ask(key, **spoiled)
    assert (refused.status_code, refused.json()["code"]) == (401, code)


async def test_a_token_expires_by_the_servers_clock(server: Server) -> None:
    key, request = key_and_request()
    await server.enrol(server.token(), request)
    now = server.clock.now()
    server.clock.pass_s(66)
    late = await server.ask(key, iat=now, exp=now + timedelta(seconds=60))
    assert (late.status_code, late.json()["code"]) == (401, "token_expired")


async def test_another_kiosks_key_is_foreign(server: Server) -> None:
    _, request = key_and_request()
    await server.enrol(server.token(), request)
    other_key, other_request = key_and_request()
    await server.enrol(server.token("hz0043"), other_request)
    stolen = await server.ask(other_key)
    assert (stolen.status_code, stolen.json()["code"]) == (401, "token_foreign")


async def test_an_unsigned_token_is_refused(server: Server) -> None:
    _, request = key_and_request()
    await server.enrol(server.token(), request)
    unsigned = jwt.encode({"sub": KIOSK, "aud": "yichuang"}, "", algorithm="none")
    answer = await server.client.get("/v1/desired", headers={"Authorization": f"Bearer {unsigned}"})
    assert (answer.status_code, answer.json()["code"]) == (401, "token_foreign")


async def test_a_revoked_kiosk_is_refused_everywhere(server: Server, tmp_path: Path) -> None:
    key, request = key_and_request()
    told = (await server.enrol(server.token(), request)).json()
    identity = write_identity(tmp_path, KIOSK, told["certificate_pem"], key)
    kiosk = TalkingKiosk(server.fleet.settings, identity)
    assert kiosk.connect()
    assert revoke(server.fleet, kiosk_id=KIOSK, reason="失窃，已报警", actor="admin") == 1
    assert kiosk.gone.wait(5)
    refused = await server.ask(key)
    assert (refused.status_code, refused.json()["code"]) == (401, "token_foreign")
    kiosk.leave()


async def test_a_revoked_kiosk_leaves_the_lists_and_comes_back_when_enrolled_again(
    server: Server,
) -> None:
    def listed() -> list[str]:
        with server.fleet.database.read() as session:
            return [kiosk.kiosk_id for kiosk in list_kiosks(session)]

    _, request = key_and_request()
    await server.enrol(server.token(), request)
    assert listed() == [KIOSK]
    revoke(server.fleet, kiosk_id=KIOSK, reason="失窃，已报警", actor="admin")
    assert listed() == []
    with server.fleet.database.read() as session:
        assert kiosk_detail(session, kiosk_id=KIOSK).summary.kiosk_id == KIOSK
    await server.enrol(server.token(), request)
    assert listed() == [KIOSK]


async def test_a_revocation_says_why_ends_open_tokens_and_happens_once(server: Server) -> None:
    _, request = key_and_request()
    await server.enrol(server.token(), request)
    unused = server.token()
    with pytest.raises(Unprocessable):
        revoke(server.fleet, kiosk_id=KIOSK, reason=" 丢 ", actor="admin")
    assert revoke(server.fleet, kiosk_id=KIOSK, reason="失窃，已报警", actor="admin") == 1
    with pytest.raises(Conflict):
        revoke(server.fleet, kiosk_id=KIOSK, reason="失窃，已报警", actor="admin")
    refused = await server.enrol(unused, request)
    assert (refused.status_code, refused.json()["code"]) == (403, "token_expired")
    with server.fleet.database.read() as session:
        presence = kiosk_detail(session, kiosk_id=KIOSK).summary.presence
        (entry, *_) = newest(session, limit=1, text=KIOSK)
    assert (presence.word, presence.why, presence.due_at) == ("silent", "revoked", None)
    assert (entry.action, entry.actor) == ("kiosk_revoked", "admin")
    assert entry.facts == {"certificates": 1, "reason": "失窃，已报警"}


async def test_a_retired_kiosk_is_refused_whatever_certificates_it_has(server: Server) -> None:
    key, request = key_and_request()
    await server.enrol(server.token(), request)
    assert (await server.ask(key)).status_code == 200
    with server.fleet.database.write() as session:
        session.get_one(Kiosk, KIOSK).retired_at = server.clock.now()
    assert (await server.ask(key)).status_code == 401


async def test_only_the_data_folders_owner_gets_tokens_over_http(server: Server) -> None:
    asked = {"kiosk_id": KIOSK, "name": "一号机", "hall": "大厅"}
    refused = await server.client.post("/local/enrol-tokens", json=asked)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_local")
    secret = (server.fleet.settings.keys / "local-secret").read_text(encoding="ascii")
    answer = await server.client.post(
        "/local/enrol-tokens", json=asked, headers={"X-Local-Secret": secret}
    )
    _, request = key_and_request()
    assert (await server.enrol(answer.json()["token"], request)).status_code == 200
    elsewhere = httpx.ASGITransport(app=server.app, client=("192.0.2.7", 40_000))
    async with httpx.AsyncClient(transport=elsewhere, base_url="http://server") as stranger:
        refused = await stranger.post(
            "/local/enrol-tokens", json=asked, headers={"X-Local-Secret": secret}
        )
    assert (refused.status_code, refused.json()["code"]) == (403, "not_local")


async def test_desired_is_not_sent_twice(server: Server) -> None:
    key, request = key_and_request()
    await server.enrol(server.token(), request)
    first = await server.ask(key)
    now = server.clock.now()
    claims = {"sub": KIOSK, "aud": "yichuang", "iat": now, "exp": now + timedelta(seconds=60)}
    token = jwt.encode(claims, key, algorithm="ES256")
    second = await server.client.get(
        "/v1/desired",
        headers={"Authorization": f"Bearer {token}", "If-None-Match": first.headers["ETag"]},
    )
    assert (first.json()["version"] > 0, second.status_code, second.content) == (True, 304, b"")


async def test_the_api_document_tells_the_truth_about_refusals(server: Server) -> None:
    document = (await server.client.get("/openapi.json")).json()
    paths = document["paths"]
    for path, method in (("/v1/cases", "post"), ("/v1/desired", "get")):
        operation = paths[path][method]
        problem = operation["responses"]["4XX"]["content"]["application/json"]["schema"]
        assert problem == {"$ref": "#/components/schemas/Problem"}
        assert "422" not in operation["responses"]
        assert operation["security"] == [{"kiosk token": []}]
    refused = await server.client.post("/v1/enrol", json={})
    fields = document["components"]["schemas"]["Problem"]["properties"]
    assert refused.json().keys() == fields.keys()
    assert {"201", "202"} <= paths["/v1/objects/{sha256}"]["put"]["responses"].keys()
    assert (await server.client.get("/docs")).status_code == 404  # its scripts are a CDN's


async def test_a_full_disk_is_told_as_a_trouble_that_passes(server: Server) -> None:
    asked = {"kiosk_id": KIOSK, "name": "一号机", "hall": "大厅"}
    secret = (server.fleet.settings.keys / "local-secret").read_text(encoding="ascii")
    with server.fleet.database.writing_connection() as connection:
        pages = int(connection.exec_driver_sql("PRAGMA page_count").scalar_one())
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    answers = [
        await server.client.post(
            "/local/enrol-tokens", json=asked, headers={"X-Local-Secret": secret}
        )
        for _ in range(60)
    ]
    assert (answers[-1].status_code, answers[-1].json()["code"]) == (503, "unavailable")
    assert answers[-1].headers["Retry-After"]
