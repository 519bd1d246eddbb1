r"""Enrolment: a key made on this machine, a certificate for it from the server, one kiosk.toml.

    python -m provisioning.enrol --server https://fleet.example:8443 --ca-fingerprint HEX \
        --token TOKEN --config-out /etc/kiosk/kiosk.toml --device id_card_reader=serial:/dev/…

    python -m provisioning.enrol --check /etc/kiosk/kiosk.toml       # only look, change nothing

Prints one JSON object. Exit 0: enrolled, now or before; 1: refused, with a code; 2: the arguments
or the site file make no sense (with a code too, where it is not `argparse` that says so).
"""

import argparse
import json
import ssl
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import BaseModel, ValidationError

from kiosk.config import BadConfig, load, read
from kiosk.durable import write_durably
from provisioning.hall import BadSite, read_site, render_config
from provisioning.identity import KEY_FILE
from provisioning.trust import NotTrusted, find_authority, read_fingerprint, read_server

ANSWER_S: Final = 20.0
CERTIFICATE_FILE: Final = "kiosk.pem"
CA_FILE: Final = "ca.pem"
SEALING_FILE: Final = "sealing.pub"
ROOT_FILE: Final = "content-root.json"


class EnrolmentFailed(Exception):
    """Nothing was enrolled; `code` is a word for programs, the message for the installer."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class BadWish(EnrolmentFailed):
    """The installer's own arguments or site file make no sense; trying again will not help."""


class Enrolment(BaseModel):
    """The answer to `POST /v1/enrol` (DECISIONS.md 6)."""

    kiosk_id: str
    certificate_pem: str
    ca_pem: str
    sealing_key: str
    content_root: str
    api_url: str
    public_url: str = ""
    """A server older than this field does not say it."""
    broker_host: str
    broker_port: int


class _Complaint(BaseModel):
    code: str = "refused"
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the installer asked for."""

    server: str
    fingerprint: str
    token: str
    config_out: Path
    site: Path | None
    devices: Mapping[str, str]


def enrol(wish: Wish) -> str:
    """Enrol this machine and write everything the kiosk needs; returns the kiosk's id.

    The configuration comes last, so an interrupted run can simply be run again (with a new token
    if the old one was used). Raises EnrolmentFailed; BadWish before anybody is asked, but where
    only the whole configuration shows that the site file makes no sense.
    """
    folder = _folder_of(wish.config_out)
    try:
        site = read_site(wish.site, wish.devices)
    except BadSite as error:
        raise BadWish("bad_site", str(error)) from error
    try:
        host, port = read_server(wish.server)
    except ValueError as error:
        raise BadWish("bad_server", f"--server: {error}") from error
    try:
        context = find_authority(host, port, wish.fingerprint)
    except NotTrusted as error:
        raise EnrolmentFailed("not_trusted", str(error)) from error
    try:
        key = _own_key(folder / KEY_FILE)
    except (OSError, ValueError, TypeError) as error:
        raise EnrolmentFailed("bad_key", f"{KEY_FILE}: {error}") from error
    answer = _ask(wish, key, context)
    _check(answer, key, wish.fingerprint)
    for name, text in {
        CERTIFICATE_FILE: answer.certificate_pem,
        CA_FILE: answer.ca_pem,
        SEALING_FILE: answer.sealing_key + "\n",
        ROOT_FILE: answer.content_root,
    }.items():
        write_durably(folder / name, text.encode())
    public = {"public_url": answer.public_url} if answer.public_url else {}
    config = render_config(
        site,
        kiosk_id=answer.kiosk_id,
        server={
            "api_url": answer.api_url,
            **public,
            "broker_host": answer.broker_host,
            "broker_port": answer.broker_port,
            "ca_file": CA_FILE,
            "key_file": KEY_FILE,
            "certificate_file": CERTIFICATE_FILE,
            "sealing_key_file": SEALING_FILE,
            "content_root_file": ROOT_FILE,
        },
    )
    write_durably(wish.config_out, config.encode())
    try:
        return load(wish.config_out).id
    except BadConfig as error:
        wish.config_out.unlink()
        raise BadWish("bad_site", str(error)) from error


def enrolled_as(config: Path) -> str | None:
    """The id under which this machine is enrolled already; None where it is not."""
    try:
        return check_enrolment(config)
    except EnrolmentFailed:
        return None


def check_enrolment(config: Path) -> str:
    """The id under which this machine is enrolled; changes nothing.

    Raises EnrolmentFailed where the configuration does not load, or key, certificate, CA and id
    do not belong together.
    """
    try:
        found = read(config)
        certificate = x509.load_pem_x509_certificate(found.server.certificate_file.read_bytes())
        authority = x509.load_pem_x509_certificate(found.server.ca_file.read_bytes())
        key = _read_key(found.server.key_file)
        certificate.verify_directly_issued_by(authority)
        for needed in (found.server.sealing_key_file, found.server.content_root_file):
            needed.read_bytes()
    except BadConfig as error:
        raise EnrolmentFailed("bad_config", str(error)) from error
    except (OSError, ValueError, TypeError, InvalidSignature) as error:
        why = f"{type(error).__name__}: {error}"
        raise EnrolmentFailed("bad_identity", f"key or certificates: {why}") from error
    if certificate.public_key() != key.public_key():
        raise EnrolmentFailed("bad_identity", "the certificate is for another key")
    if _names(certificate) != [found.id]:
        raise EnrolmentFailed("bad_identity", "the certificate is for another kiosk")
    return found.id


def _folder_of(config_out: Path) -> Path:
    """The folder for all that is written, made where it is missing. Raises BadWish."""
    folder = config_out.resolve().parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = f"--config-out {config_out}: {error.strerror}"
        raise BadWish("bad_config_out", why) from error
    if config_out.is_dir():
        raise BadWish("bad_config_out", f"--config-out {config_out}: Is a directory")
    return folder


def _own_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """The kiosk's key, P-256, made here and never sent; one from an interrupted run is kept."""
    if path.exists():
        return _read_key(path)
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    write_durably(path, pem, mode=0o600)
    return key


def _read_key(path: Path) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{path.name}: not an elliptic curve key")
    return key


def _ask(wish: Wish, key: ec.EllipticCurvePrivateKey, context: ssl.SSLContext) -> Enrolment:
    # the certificate's name is the server's to give: it knows for whom the token was made
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kiosk")]))
        .sign(key, hashes.SHA256())
    )
    body = {
        "token": wish.token,
        "csr_pem": request.public_bytes(serialization.Encoding.PEM).decode(),
    }
    try:
        with httpx.Client(verify=context, timeout=ANSWER_S, trust_env=False) as client:
            answer = client.post(f"{wish.server.rstrip('/')}/v1/enrol", json=body)
    except httpx.HTTPError as error:
        raise EnrolmentFailed("unreachable", str(error)) from error
    try:
        if answer.is_success:
            return Enrolment.model_validate_json(answer.content)
        complaint = _Complaint.model_validate_json(answer.content)
    except ValidationError as error:
        raise EnrolmentFailed("bad_answer", f"status {answer.status_code}") from error
    raise EnrolmentFailed(complaint.code, complaint.detail or f"status {answer.status_code}")


def _check(answer: Enrolment, key: ec.EllipticCurvePrivateKey, fingerprint: str) -> None:
    """The certificate is for our key and from the CA we trust. Raises EnrolmentFailed."""
    try:
        certificate = x509.load_pem_x509_certificate(answer.certificate_pem.encode())
        authority = x509.load_pem_x509_certificate(answer.ca_pem.encode())
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature) as error:
        raise EnrolmentFailed("bad_answer", "the certificate is not from that CA") from error
    if authority.fingerprint(hashes.SHA256()).hex() != fingerprint:
        raise EnrolmentFailed("bad_answer", "the CA in the answer has another fingerprint")
    if certificate.public_key() != key.public_key() or _names(certificate) != [answer.kiosk_id]:
        raise EnrolmentFailed("bad_answer", "the certificate is not for this kiosk's key and id")


def _names(certificate: x509.Certificate) -> list[str | bytes]:
    return [name.value for name in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]


def _parse(arguments: Sequence[str] | None) -> Wish:
    parser = argparse.ArgumentParser(prog="python -m provisioning.enrol", description=__doc__)
    parser.add_argument("--server", required=True, help="https://host:port of the fleet server")
    parser.add_argument("--ca-fingerprint", required=True, help="printed with the token")
    parser.add_argument("--token", required=True, help="one-time token; - reads it from stdin")
    parser.add_argument("--config-out", required=True, type=Path, help="kiosk.toml to write")
    parser.add_argument("--site", type=Path, help="place, devices and times; see site.example.toml")
    parser.add_argument(
        "--device",
        action="append",
        default=[],
        metavar="KIND=[MODEL@]PORT",
        help="instead of the site file's entry, such as receipt_printer=escpos@tcp:192.0.2.7:9100",
    )
    chosen = parser.parse_args(arguments)
    try:
        fingerprint = read_fingerprint(chosen.ca_fingerprint)
        devices = dict(_device(entry) for entry in chosen.device)
    except ValueError as error:
        parser.error(str(error))
    token = sys.stdin.readline().strip() if chosen.token == "-" else chosen.token
    return Wish(
        server=chosen.server,
        fingerprint=fingerprint,
        token=token,
        config_out=chosen.config_out,
        site=chosen.site,
        devices=devices,
    )


def _device(entry: str) -> tuple[str, str]:
    kind, equals, port = entry.partition("=")
    if not equals:
        raise ValueError(f"--device {entry}: not KIND=[MODEL@]PORT")
    return kind, port


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; see the module's docstring."""
    only_check = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    only_check.add_argument("--check", type=Path)
    asked, _ = only_check.parse_known_args(arguments)
    if asked.check is not None:
        return _tell_check(asked.check)
    wish = _parse(arguments)
    before = enrolled_as(wish.config_out)
    if before is not None:
        _say({"result": "already_enrolled", "kiosk_id": before, "config": str(wish.config_out)})
        return 0
    try:
        kiosk_id = enrol(wish)
    except EnrolmentFailed as error:
        _say({"error": error.code, "detail": str(error)})
        return 2 if isinstance(error, BadWish) else 1
    _say({"result": "enrolled", "kiosk_id": kiosk_id, "config": str(wish.config_out)})
    return 0


def _tell_check(config: Path) -> int:
    try:
        kiosk_id = check_enrolment(config)
    except EnrolmentFailed as error:
        _say({"error": error.code, "detail": str(error)})
        return 1
    _say({"result": "enrolled", "kiosk_id": kiosk_id, "config": str(config)})
    return 0


def _say(result: dict[str, str]) -> None:
    sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    sys.exit(main())
