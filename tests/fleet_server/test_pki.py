"""Certificates of the server itself: made once, renewed in time, reported before their end."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from fleet_server.app import create_app
from fleet_server.broker.configuration import BrokerFiles
from fleet_server.broker.service import rewrite_revoked
from fleet_server.enrolment.tables import KioskCertificate
from fleet_server.fleet import Fleet
from fleet_server.inspection import Finding, inspect
from fleet_server.pki import Authority
from fleet_server.settings import Settings
from tests.fleet_server.small_hall import Hall, make_hall, open_database
from tests.fleet_server.wire import StoppedClock

MADE = datetime(2026, 1, 1, tzinfo=UTC)


def _server_certificate(keys: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate((keys / "server.pem").read_bytes())


def test_a_server_certificate_is_renewed_for_the_same_key_and_names(tmp_path: Path) -> None:
    authority = Authority.create(tmp_path, hosts=["kiosks.example"], now=MADE)
    old, key = _server_certificate(tmp_path), (tmp_path / "server-key.pem").read_bytes()
    assert not authority.renew_server(now=MADE + timedelta(days=764))
    assert _server_certificate(tmp_path) == old
    later = MADE + timedelta(days=766)
    Authority.create(tmp_path, hosts=[], now=later)
    new = _server_certificate(tmp_path)
    assert new.not_valid_after_utc == later + timedelta(days=825)
    assert (tmp_path / "server-key.pem").read_bytes() == key
    assert new.public_key() == old.public_key()
    names = x509.SubjectAlternativeName
    assert new.extensions.get_extension_for_class(names) == old.extensions.get_extension_for_class(
        names
    )
    new.verify_directly_issued_by(authority.certificate)


@pytest.fixture
def hall(tmp_path: Path) -> Hall:
    return make_hall(tmp_path, departments=())


def _found(settings: Settings) -> dict[str, Finding]:
    return {finding.check: finding for finding in inspect(settings)}


@pytest.mark.slow
def test_check_names_the_kiosks_whose_certificates_end(hall: Hall) -> None:
    hall.enrol("hz0001")
    with open_database(hall.settings) as database, database.write() as session:
        (certificate,) = session.query(KioskCertificate).all()
        certificate.expires_at = datetime.now(UTC) + timedelta(days=400)
    assert _found(hall.settings)["kiosk certificates"].ok
    with open_database(hall.settings) as database, database.write() as session:
        (certificate,) = session.query(KioskCertificate).all()
        certificate.expires_at = datetime.now(UTC) + timedelta(days=3)
    ending = _found(hall.settings)["kiosk certificates"]
    assert (ending.ok, "hz0001" in ending.detail) == (False, True)


@pytest.mark.slow
async def test_the_list_of_revoked_certificates_is_renewed_while_the_server_runs(
    hall: Hall,
) -> None:
    path = BrokerFiles(hall.settings.folder / "broker").revoked
    clock = StoppedClock()
    app = create_app(hall.settings, clock=clock)
    async with app.router.lifespan_context(app):
        fleet: Fleet = app.state.fleet
        first = x509.load_pem_x509_crl(path.read_bytes()).next_update_utc
        clock.pass_s(86_400)
        rewrite_revoked(fleet)
        second = x509.load_pem_x509_crl(path.read_bytes()).next_update_utc
    assert first is not None
    assert second == first + timedelta(days=1)
    assert _found(hall.settings)["revocation list"].ok
    past = datetime.now(UTC) - timedelta(days=390)
    path.write_bytes(Authority(hall.settings.keys).revocation_list((), now=past))
    assert not _found(hall.settings)["revocation list"].ok
    assert _found(hall.settings)["content root"].ok
