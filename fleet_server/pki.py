"""The server's own certificate authority: makes it, issues with it, revokes with it.

ECDSA P-256 throughout: one mutual-TLS accept costs mosquitto 1.24 ms with it (`FLEET.md`
section 2.2, Reconnect storms).
"""

import ipaddress
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Self

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_CA_DAYS: Final = 7300
_SERVER_DAYS: Final = 825
_BACKDATED: Final = timedelta(hours=1)
"""A kiosk whose clock is a little behind must accept its new certificate."""
_CRL_DAYS: Final = 400
"""mosquitto refuses everybody once the list has expired; it is rewritten at each start and
every day."""
_RENEW_BEFORE: Final = timedelta(days=60)
"""A server that is started again once in two months never meets its certificate's end."""


class BadRequest(ValueError):
    """The certificate request cannot be granted."""


@dataclass(frozen=True, slots=True)
class IssuedCertificate:
    """A certificate as given to a kiosk."""

    serial: str
    pem: str
    expires_at: datetime


def write_private(path: Path, content: bytes) -> None:
    """Write a file only our user can read, whole or not at all, and durable."""
    temporary = path.with_name(path.name + ".new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


class Authority:
    """The CA in `<keys>`: `ca.pem`, `ca-key.pem`, and the server's own `server.pem`."""

    def __init__(self, keys: Path) -> None:
        """Load it. Raises FileNotFoundError before `create`."""
        self.keys = keys
        self.certificate = x509.load_pem_x509_certificate((keys / "ca.pem").read_bytes())
        self._key = _load_key(keys / "ca-key.pem")

    @classmethod
    def create(cls, keys: Path, *, hosts: Iterable[str], now: datetime) -> Self:
        """Make what is missing; what exists stays. `hosts` go into the server certificate."""
        keys.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not (keys / "ca.pem").exists():
            key = ec.generate_private_key(ec.SECP256R1())
            write_private(keys / "ca-key.pem", _key_pem(key))
            name = _name("Yichuang fleet authority")
            certificate = (
                _unsigned(name, name, key.public_key(), now, _CA_DAYS)
                .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
                .add_extension(_usage(certificates=True), critical=True)
                .add_extension(
                    x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
                )
                .sign(key, hashes.SHA256())
            )
            write_private(keys / "ca.pem", _pem(certificate))
        authority = cls(keys)
        if not (keys / "server.pem").exists():
            authority._issue_server(hosts, ec.generate_private_key(ec.SECP256R1()), now)
        authority.renew_server(now=now)
        return authority

    def renew_server(self, *, now: datetime) -> bool:
        """A new server certificate for the same key and names, when the old ends in 60 days.

        Who is running keeps the old one until started again. True: there is a new one.
        """
        old = x509.load_pem_x509_certificate((self.keys / "server.pem").read_bytes())
        if old.not_valid_after_utc - now >= _RENEW_BEFORE:
            return False
        names = old.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        self._issue_server(
            [str(name.value) for name in names], _load_key(self.keys / "server-key.pem"), now
        )
        return True

    @property
    def pem(self) -> str:
        """The CA certificate."""
        return _pem(self.certificate).decode()

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the CA certificate (DER), lower-case hex: what an installer compares."""
        return self.certificate.fingerprint(hashes.SHA256()).hex()

    def issue_kiosk(
        self, csr_pem: str, *, kiosk_id: str, days: int, now: datetime
    ) -> IssuedCertificate:
        """A client certificate with CN = `kiosk_id`, whatever the request calls itself.

        Raises BadRequest unless the request is an intact one for a P-256 key.
        """
        try:
            request = x509.load_pem_x509_csr(csr_pem.encode())
            key = request.public_key()
            is_intact = request.is_signature_valid
        except (ValueError, UnsupportedAlgorithm) as error:
            raise BadRequest("not a certificate request") from error
        if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != "secp256r1":
            raise BadRequest("the key must be ECDSA P-256")
        if not is_intact:
            raise BadRequest("the request is not signed by its key")
        certificate = (
            _unsigned(_name(kiosk_id), self.certificate.subject, key, now, days)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
            .add_extension(self._authority_key(), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        return IssuedCertificate(
            serial=f"{certificate.serial_number:x}",
            pem=_pem(certificate).decode(),
            expires_at=certificate.not_valid_after_utc,
        )

    def revocation_list(self, serials: Iterable[str], *, now: datetime) -> bytes:
        """A signed CRL (PEM) naming `serials` (hex)."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(now - _BACKDATED)
            .next_update(now + timedelta(days=_CRL_DAYS))
        )
        for serial in serials:
            revoked = (
                x509.RevokedCertificateBuilder()
                .serial_number(int(serial, 16))
                .revocation_date(now - _BACKDATED)
                .build()
            )
            builder = builder.add_revoked_certificate(revoked)
        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def _issue_server(
        self, hosts: Iterable[str], key: ec.EllipticCurvePrivateKey, now: datetime
    ) -> None:
        names = sorted({"localhost", "127.0.0.1", "::1", *hosts})
        certificate = (
            _unsigned(
                _name("fleet-server"), self.certificate.subject, key.public_key(), now, _SERVER_DAYS
            )
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([_alt(n) for n in names]), critical=False)
            .add_extension(_usage(), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(self._authority_key(), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        write_private(self.keys / "server-key.pem", _key_pem(key))
        write_private(self.keys / "server.pem", _pem(certificate) + _pem(self.certificate))

    def _authority_key(self) -> x509.AuthorityKeyIdentifier:
        subject_key = self.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
        return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(subject_key.value)


def _unsigned(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    now: datetime,
    days: int,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + timedelta(days=days))
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _alt(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _usage(*, certificates: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certificates,
        crl_sign=certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _load_key(path: Path) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{path.name} is not an EC key")
    return key
