"""A small real hall for tests: a server folder, enrolled kiosks, servers and sandboxes to start."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryFile
from typing import IO

import httpx
import jwt
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from fastapi import FastAPI
from nacl.public import PrivateKey

from device_drivers.emulation.free_port import free_port
from fleet_server.database import Database
from fleet_server.enrolment.tables import KioskCertificate
from fleet_server.initialise import initialise, sealing_key
from fleet_server.kiosks.tables import Kiosk
from fleet_server.pki import Authority, write_private
from fleet_server.settings import FILE_NAME, Settings, load
from kiosk.contract.cases import Applicant, CasePayload, SealedCase
from kiosk.contract.identifiers import NumberKind
from kiosk.store.vault import Paper, Sealed, seal
from tests.fleet_server.kept_folder import kept_folder
from tests.fleet_server.quick_passwords import quick_passwords

PROJECT = Path(__file__).resolve().parents[2]
DEPARTMENTS = ("police", "real_estate", "tax", "social_security")
PUBLIC_URL = 'public_url = "https://banshi.example"'
TAX_NOTICE = "TAX1:370321:20261100042317"


PATIENCE_S = 20.0
"""Of a wait for something that must happen: a busy machine is no fault, speed is `make bench`'s."""


def eventually(true: Callable[[], bool], *, within_s: float = PATIENCE_S) -> bool:
    """Does it become true?"""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.03)
    return true()


@dataclass(frozen=True, slots=True)
class TestKiosk:
    """An enrolled kiosk's identity."""

    __test__ = False
    kiosk_id: str
    key: ec.EllipticCurvePrivateKey

    def headers(self) -> dict[str, str]:
        """A fresh token of a minute's life (`DECISIONS.md` 6)."""
        now = datetime.now(UTC)
        claims = {
            "sub": self.kiosk_id,
            "aud": "yichuang",
            "iat": now,
            "exp": now + timedelta(seconds=60),
        }
        return {"Authorization": f"Bearer {jwt.encode(claims, self.key, algorithm='ES256')}"}


@dataclass(frozen=True, slots=True)
class Hall:
    """An initialised server folder."""

    settings: Settings
    sandbox_ports: dict[str, int]

    @property
    def url(self) -> str:
        """Plain loopback."""
        return f"http://127.0.0.1:{self.settings.http.port}"

    @property
    def content(self) -> str:
        """Hash of the bundle published at the beginning."""
        with open_database(self.settings) as database, database.writing_connection() as connection:
            return str(connection.exec_driver_sql("SELECT hash FROM publication").scalar_one())

    def enrol(self, kiosk_id: str) -> TestKiosk:
        """Enrol a kiosk; while no server runs on the folder."""
        now = datetime.now(UTC)
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, kiosk_id)])
        request = x509.CertificateSigningRequestBuilder().subject_name(name)
        pem = request.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()
        issued = Authority(self.settings.keys).issue_kiosk(pem, kiosk_id=kiosk_id, days=30, now=now)
        with open_database(self.settings) as database, database.write() as session:
            session.add(Kiosk(id=kiosk_id, name="测试机", hall="测试大厅", enrolled_at=now))
            session.flush()
            session.add(
                KioskCertificate(
                    serial=issued.serial,
                    kiosk_id=kiosk_id,
                    pem=issued.pem,
                    issued_at=now,
                    expires_at=issued.expires_at,
                )
            )
        return TestKiosk(kiosk_id, key)


@contextmanager
def open_database(settings: Settings) -> Iterator[Database]:
    """The folder's database, while no server runs."""
    database = Database(settings.database_file)
    try:
        yield database
    finally:
        database.close()


def make_hall(folder: Path, *, departments: tuple[str, ...] = DEPARTMENTS) -> Hall:
    """Initialise a folder with free ports; departments are configured, not started."""
    ports = {department: free_port() for department in departments}
    lines = [
        PUBLIC_URL,
        f"[http]\nport = {free_port()}",
        f"[https]\nport = {free_port()}",
        f"[broker]\nport = {free_port()}\nserver_port = {free_port()}",
    ]
    for department, port in ports.items():
        lines.append(
            f'[departments.{department}]\nbase_url = "http://127.0.0.1:{port}"\n'
            'api_key = "sandbox"\nanswer_timeout_s = 1.0'
        )
    copytree(_initialised(), folder, dirs_exist_ok=True)
    write_private(folder / FILE_NAME, ("\n".join(lines) + "\n").encode())
    return Hall(load(folder), ports)


@cache
def _initialised() -> Path:
    """What `init` makes, with no configuration yet: keys, an administrator, the first release."""
    folder = kept_folder("initialised-")
    with quick_passwords():
        initialise(folder, config=f"{PUBLIC_URL}\n", now=datetime.now(UTC))
    (folder / FILE_NAME).unlink()
    return folder


@contextmanager
def serving(app: FastAPI, port: int) -> Iterator[None]:
    """The application on a real socket, in a thread of this process."""
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error", lifespan="on")
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert eventually(lambda: server.started or not thread.is_alive())
        assert server.started
        yield
    finally:
        server.should_exit = True
        thread.join(timeout=20)


@contextmanager
def process(*arguments: str, url: str) -> Iterator[subprocess.Popen[bytes]]:
    """`python -m …` as its own process until `url` answers; killed at the end."""
    with TemporaryFile() as said:
        child = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            cwd=PROJECT,
            stdout=subprocess.DEVNULL,
            stderr=said,
            env={**os.environ, "PYTHONPATH": str(PROJECT), "DEPARTMENT_API_KEY": "sandbox"},
        )
        try:
            is_over = eventually(lambda: _answers(url) or child.poll() is not None, within_s=60)
            assert is_over, f"{arguments[0]} does not answer: {_last_words(said)}"
            assert child.poll() is None, f"{arguments[0]} ended: {_last_words(said)}"
            yield child
        finally:
            kill(child)


def _last_words(said: IO[bytes]) -> str:
    said.seek(0)
    return said.read()[-2000:].decode(errors="replace")


def kill(child: subprocess.Popen[bytes]) -> None:
    """kill -9, and wait for its end."""
    if child.poll() is None:
        child.send_signal(signal.SIGKILL)
    child.wait(timeout=10)


@contextmanager
def server_process(hall: Hall) -> Iterator[subprocess.Popen[bytes]]:
    """The whole application as its own process."""
    arguments = ("tests.fleet_server.serve", str(hall.settings.folder))
    with process(*arguments, url=f"{hall.url}/openapi.json") as child:
        yield child


@contextmanager
def sandbox(department: str, port: int, data: Path) -> Iterator[subprocess.Popen[bytes]]:
    """One department's system as its own process."""
    arguments = (
        "fleet_server.departments.sandbox",
        "--department",
        department,
        "--port",
        str(port),
        "--data",
        str(data),
    )
    with process(*arguments, url=f"http://127.0.0.1:{port}/count") as child:
        yield child


def cases_at(port: int) -> int:
    """How many cases a sandbox holds."""
    return int(httpx.get(f"http://127.0.0.1:{port}/count", trust_env=False).json()["cases"])


def set_fault(port: int, mode: str, **settings: float) -> None:
    """Switch a sandbox's fault."""
    answer = httpx.post(
        f"http://127.0.0.1:{port}/faults", json={"mode": mode, **settings}, trust_env=False
    )
    assert answer.status_code == 200


@dataclass(frozen=True, slots=True)
class Submission:
    """A case sealed as the kiosk seals it, with the session's key."""

    sealed: Sealed
    reply_key: PrivateKey

    @property
    def case(self) -> SealedCase:
        """What is posted."""
        return self.sealed.case


def tax_payload(notice: str = TAX_NOTICE) -> CasePayload:
    """What a scanned tax notice makes."""
    return CasePayload(applicant=Applicant(number=notice, number_kind="tax_notice"))


def police_payload() -> CasePayload:
    """A signed application; the signature is base64, as pydantic wants it."""
    return CasePayload(
        applicant=Applicant(
            name="张明远", number="370321198503120011", number_kind=NumberKind.RESIDENT_ID
        ),
        answers={"use": "work", "phone": "13900000000"},
        signature_png=b"iVBORw0KGgo=",
    )


def submission(
    hall: Hall,
    content: str,
    case_number: int,
    *,
    service_id: str = "tax-payment-certificate",
    payload: CasePayload | None = None,
    papers: tuple[Paper, ...] = (),
) -> Submission:
    """Seal a case with the kiosk's own code."""
    reply_key = PrivateKey.generate()
    sealed = seal(
        payload or tax_payload(),
        papers,
        case_id=f"{case_number:032x}",
        service_id=service_id,
        service_version=1,
        content=content,
        submitted_at=datetime.now(UTC),
        server_key=sealing_key(hall.settings).public_key,
        reply_key=reply_key.public_key,
    )
    return Submission(sealed, reply_key)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5, trust_env=False).status_code < 500
    except httpx.HTTPError:
        return False
