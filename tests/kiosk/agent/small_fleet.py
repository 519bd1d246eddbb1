"""A small real fleet for the agent's tests: CA, mosquitto with mutual TLS, HTTPS server, ingest.

The HTTPS side implements the table of DECISIONS.md 6 over SQLite, with knobs for what goes wrong.
"""

import asyncio
import json
import socket
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import apsw
import jwt
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI, Request, Response
from nacl.public import PrivateKey, PublicKey, SealedBox

from fleet_server.content.signing import ContentSigner, init_keys, read_root
from fleet_server.pki import Authority
from kiosk.contract.cases import CaseReceipt, CaseReply, CaseState, SealedCase, SealedReply
from kiosk.contract.content import ContentBundle
from kiosk.contract.downlink import Command, CommandList, Desired, DesiredContent
from tests.kiosk.agent.small_broker import KIOSK_ID, KeptPort, eventually, listens


class _Abrupt(uvicorn.Server):
    """Hangs up on everybody when stopped, as a server that dies does."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        _hang_up()
        await super().shutdown(sockets)
        _hang_up()
        await asyncio.sleep(0.05)


def _hang_up() -> None:
    """Also on those who wait for the other side to end TLS politely, which it never will."""
    transports = getattr(asyncio.get_running_loop(), "_transports", {})
    for transport in list(transports.values()):
        transport.abort()


class SmallServer:
    """The HTTPS side. What it has committed survives `stop` and `start`; `close` is the end."""

    def __init__(self, folder: Path, keys: Path, kiosk_key: ec.EllipticCurvePublicKey) -> None:
        self._kept_port = KeptPort()
        self.port = self._kept_port.number
        self.keys = keys
        self.kiosk_key = kiosk_key
        self.sealing_key = PrivateKey.generate()
        self.database = folder / "server.sqlite"
        self.objects = folder / "objects"
        self.objects.mkdir(parents=True)
        self.commands: list[Command] = []
        self.desired = Desired(version=1, content=None)
        self.metadata: dict[str, bytes] = {}
        self.targets: dict[str, bytes] = {}
        # what goes wrong
        self.refuse_cases: tuple[int, str] | None = None
        self.stuck_case = ""
        self.cut_upload_after: int | None = None
        self.reply_after_s = 0.0
        self.posts = 0
        self.pulls = 0
        self.pulled_version = 0
        self.polls = 0
        self.most_polls = 0
        self.uploaded_bytes = 0
        self.clock_ahead_s = 0.0
        with self._open() as connection:
            connection.execute(
                "CREATE TABLE IF NOT EXISTS case_in (case_id TEXT PRIMARY KEY, body TEXT NOT NULL)"
            )
        connection.close()
        self._server: _Abrupt | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._server = _Abrupt(
            uvicorn.Config(
                self._app(),
                host="127.0.0.1",
                port=self.port,
                log_level="critical",
                ssl_certfile=str(self.keys / "server.pem"),
                ssl_keyfile=str(self.keys / "server-key.pem"),
                timeout_graceful_shutdown=1,
                lifespan="off",
                date_header=False,
            )
        )
        self._thread = threading.Thread(target=self._server.run)
        self._thread.start()
        assert eventually(lambda: listens(self.port))

    def stop(self) -> None:
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join()
            self._server = self._thread = None

    def close(self) -> None:
        self.stop()
        self._kept_port.close()

    def cases(self) -> list[SealedCase]:
        connection = self._open()
        rows = list(connection.execute("SELECT body FROM case_in ORDER BY rowid"))
        connection.close()
        return [SealedCase.model_validate_json(str(body)) for (body,) in rows]

    def all_pulled(self) -> bool:
        """Has the kiosk been told what is desired now?"""
        return self.pulled_version == self.desired.version

    def desire(self, content: DesiredContent | None) -> None:
        self.desired = Desired(version=self.desired.version + 1, content=content)

    def _open(self) -> apsw.Connection:
        connection = apsw.Connection(str(self.database))
        connection.set_busy_timeout(5000)
        return connection

    def _receipt(self, case_id: str, state: CaseState = CaseState.RECEIVED) -> CaseReceipt:
        return CaseReceipt(
            case_id=case_id,
            case_number=f"370321-20261123-{int(case_id[:5], 16) % 1_000_000:06d}",
            received_at=datetime.now(UTC),
            verify_url=f"{self.url}/v/{case_id}",
            state=state,
        )

    def _known(self, request: Request) -> bool:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        try:
            claims = jwt.decode(
                token,
                self.kiosk_key,
                algorithms=["ES256"],
                audience="yichuang",
                options={"verify_exp": False, "verify_iat": False},
            )
        except jwt.PyJWTError:
            return False
        now = time.time() + self.clock_ahead_s
        return bool(claims["exp"] - claims["iat"] <= 60 and abs(now - claims["iat"]) <= 60)

    def _app(self) -> FastAPI:
        app = FastAPI()

        def no(status: int, code: str, headers: dict[str, str] | None = None) -> Response:
            body = json.dumps({"code": code, "detail": ""})
            return Response(body, status, headers, "application/json")

        @app.middleware("http")
        async def _only_the_kiosk(request: Request, call_next: Any) -> Response:
            if not self._known(request):
                shown = datetime.now(UTC) + timedelta(seconds=self.clock_ahead_s)
                return no(401, "token_expired", {"Date": shown.strftime(_HTTP_DATE)})
            answer: Response = await call_next(request)
            return answer

        @app.get("/v1/desired")
        def _desired(request: Request) -> Response:
            self.pulls += 1
            self.pulled_version = self.desired.version
            etag = f'"{self.desired.version}"'
            if request.headers.get("if-none-match") == etag:
                return Response(status_code=304)
            return Response(self.desired.model_dump_json(), 200, {"ETag": etag}, "application/json")

        @app.get("/v1/commands")
        def _commands(after: int) -> Response:
            found = tuple(one for one in self.commands if one.number > after)
            return Response(CommandList(commands=found).model_dump_json(), 200)

        @app.head("/v1/objects/{sha256}")
        def _offset(sha256: str) -> Response:
            if (self.objects / sha256).exists():
                return Response(status_code=200)
            part = self.objects / f"{sha256}.part"
            size = part.stat().st_size if part.exists() else 0
            return Response(status_code=404, headers={"Upload-Offset": str(size)})

        @app.put("/v1/objects/{sha256}")
        async def _upload(sha256: str, request: Request) -> Response:
            place, total = request.headers["content-range"].removeprefix("bytes ").split("/")
            part = self.objects / f"{sha256}.part"
            here = part.stat().st_size if part.exists() else 0
            if int(place.split("-")[0]) != here:
                return no(409, "wrong_offset", {"Upload-Offset": str(here)})
            body = await request.body()
            self.uploaded_bytes += len(body)
            with part.open("ab") as file:
                file.write(body)
            if self.cut_upload_after is not None and here + len(body) >= self.cut_upload_after:
                self.cut_upload_after = None
                return no(503, "cut")
            if here + len(body) < int(total):
                return Response(status_code=202)
            part.rename(self.objects / sha256)
            return Response(status_code=201)

        @app.post("/v1/cases")
        async def _submit(request: Request) -> Response:
            self.posts += 1
            case = SealedCase.model_validate_json(await request.body())
            if self.refuse_cases is not None:
                return no(*self.refuse_cases)
            if case.case_id == self.stuck_case:
                return no(500, "internal")
            if any(not (self.objects / paper.sha256).exists() for paper in case.papers):
                return no(409, "papers_missing")
            connection = self._open()
            connection.execute(
                "INSERT INTO case_in VALUES (?, ?) ON CONFLICT DO NOTHING",
                (case.case_id, case.model_dump_json()),
            )
            new = connection.changes() == 1
            connection.close()
            receipt = self._receipt(case.case_id).model_dump_json()
            return Response(receipt, 201 if new else 200, media_type="application/json")

        @app.get("/v1/cases/{case_id}/reply")
        async def _reply(case_id: str, wait_s: float) -> Response:
            found = [case for case in self.cases() if case.case_id == case_id]
            if not found:
                return no(404, "no_such_case")
            self.polls += 1
            self.most_polls = max(self.most_polls, self.polls)
            try:
                await asyncio.sleep(min(self.reply_after_s, wait_s))
            finally:
                self.polls -= 1
            sealed = b""
            if self.reply_after_s <= wait_s:
                receipt = self._receipt(case_id, CaseState.ACCEPTED)
                reply = CaseReply(
                    case_id=case_id,
                    case_number=receipt.case_number,
                    state=CaseState.ACCEPTED,
                    decide_by="2026-11-26",
                )
                box = SealedBox(PublicKey(found[0].reply_key))
                sealed = box.encrypt(reply.model_dump_json().encode())
            else:
                receipt = self._receipt(case_id)
            answer = SealedReply.model_construct(receipt=receipt, sealed=sealed or None)
            return Response(answer.model_dump_json(), 200, media_type="application/json")

        @app.get("/v1/content/metadata/{name}")
        def _metadata(name: str) -> Response:
            found = self.metadata.get(name)
            return no(404, "no_such_file") if found is None else Response(found)

        @app.get("/v1/content/targets/{path:path}")
        def _target(path: str) -> Response:
            found = self.targets.get(path)
            return no(404, "no_such_file") if found is None else Response(found)

        return app


_HTTP_DATE = "%a, %d %b %Y %H:%M:%S GMT"


class Publisher:
    """Signs bundles as the real server does."""

    def __init__(self, server: SmallServer, keys: Path) -> None:
        init_keys(keys, now=datetime.now(UTC))
        self.root = read_root(keys)
        self._signer = ContentSigner.open(keys)
        self._server = server
        self._version = 0
        self._files: dict[str, bytes] = {}

    def publish(
        self, content: bytes | ContentBundle, *, release: int, now: datetime | None = None
    ) -> DesiredContent:
        """Sign it and desire it; a bundle's hash is its own, of other bytes a made-up one."""
        if isinstance(content, ContentBundle):
            name, data = content.hash, content.canonical()
        else:
            name, data = hashes_of(content), content
        target = f"content/{name}.json"
        self._files[target] = data
        self.sign(now or datetime.now(UTC))
        self._server.targets[target] = data
        wanted = DesiredContent(hash=name, target=target, release=release)
        self._server.desire(wanted)
        return wanted

    def sign(self, now: datetime) -> None:
        self._version += 1
        targets = self._signer.targets(self._version, self._files, now)
        snapshot = self._signer.snapshot(self._version, targets, now)
        timestamp = self._signer.timestamp(self._version, snapshot, now)
        self._server.metadata.update(
            {f"{role.role}.json": role.content for role in (targets, snapshot, timestamp)}
        )


def hashes_of(content: bytes) -> str:
    digest = hashes.Hash(hashes.SHA256())
    digest.update(content)
    return digest.finalize().hex()


@dataclass
class KioskFolder:
    """An enrolled kiosk's files."""

    folder: Path
    config: Path

    @property
    def store_file(self) -> Path:
        return self.folder / "data" / "kiosk.sqlite"


def make_kiosk(
    folder: Path, authority: Authority, key: ec.EllipticCurvePrivateKey, **server: Any
) -> KioskFolder:
    """As `provisioning.enrol` leaves it; `server` has api_url, broker_port, sealing, root."""
    folder.mkdir()
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    pem = request.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
    issued = authority.issue_kiosk(pem, kiosk_id=KIOSK_ID, days=3, now=datetime.now(UTC))
    (folder / "kiosk.pem").write_text(issued.pem)
    (folder / "ca.pem").write_text(authority.pem)
    (folder / "sealing.pub").write_text(server["sealing"])
    (folder / "root.json").write_bytes(server["root"])
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "key.pem").write_bytes(private)
    config = folder / "kiosk.toml"
    config.write_text(
        f"""
id = "{KIOSK_ID}"
data = "data"
[place]
county = "桓台县"
hall = "测试大厅"
name = "测试机"
help_phone = "0533-0000000"
staffed_hours = "周一至周五 9:00–17:00"
[server]
api_url = "{server["api_url"]}"
broker_host = "127.0.0.1"
broker_port = {server["broker_port"]}
ca_file = "ca.pem"
key_file = "key.pem"
certificate_file = "kiosk.pem"
sealing_key_file = "sealing.pub"
content_root_file = "root.json"
[agent]
heartbeat_s = 2
resend_after_s = 2
probe_idle_s = 2
probe_busy_s = 1
reconnect_first_s = 0.3
reconnect_cap_s = 1
retry_first_s = 0.05
retry_cap_s = 1
[devices]
"""
    )
    return KioskFolder(folder, config)
