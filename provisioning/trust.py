"""First contact: believe a server whose CA has the fingerprint the installer was given.

The one-time token is shown to nobody before that: the chain is looked at on a connection that
carries nothing, and everything after it is verified in the ordinary way against that CA alone.
"""

import hashlib
import re
import socket
import ssl
from typing import Final
from urllib.parse import urlsplit

FIRST_CONTACT_S: Final = 10.0
_FINGERPRINT: Final = re.compile(r"^[0-9a-f]{64}$")
_DER: Final = 2
"""`_ssl.ENCODING_DER`."""


class NotTrusted(Exception):
    """The server is not the one the fingerprint was read from, or cannot be asked."""


def read_fingerprint(text: str) -> str:
    """SHA-256 of a certificate in lower-case hex; colons and spaces are welcome.

    Raises ValueError.
    """
    plain = re.sub(r"[\s:]", "", text).lower()
    if not _FINGERPRINT.match(plain):
        raise ValueError("a fingerprint is 64 hexadecimal digits")
    return plain


def read_server(text: str) -> tuple[str, int]:
    """Host and port of `https://host[:port]`. Raises ValueError."""
    try:
        address = urlsplit(text)
        host, port = address.hostname, address.port
    except ValueError as error:  # half a bracket of IPv6, a port beyond 65535
        raise ValueError(f"{text!r} is no address: {error}") from error
    if address.scheme != "https" or not host:
        raise ValueError(f"{text!r} is no address such as https://fleet.example:8443")
    return host, 443 if port is None else port


def find_authority(host: str, port: int, fingerprint: str) -> ssl.SSLContext:
    """A context that trusts only the CA with this fingerprint, which the server must present.

    Raises NotTrusted.
    """
    try:
        chain = _presented_chain(host, port)
    except (OSError, ssl.SSLError) as error:
        raise NotTrusted(f"{host}:{port} cannot be asked: {error}") from error
    for certificate in chain:
        if hashlib.sha256(certificate).hexdigest() == fingerprint:
            return trusting(ssl.DER_cert_to_PEM_cert(certificate))
    shown = ", ".join(hashlib.sha256(certificate).hexdigest()[:16] for certificate in chain)
    raise NotTrusted(f"{host}:{port} presents {shown}…, not {fingerprint[:16]}…")


def trusting(ca_pem: str) -> ssl.SSLContext:
    """A context that trusts this CA and nobody else."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(cadata=ca_pem)
    return context


def _presented_chain(host: str, port: int) -> list[bytes]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with (
        socket.create_connection((host, port), timeout=FIRST_CONTACT_S) as plain,
        context.wrap_socket(plain, server_hostname=host) as secured,
    ):
        asked = getattr(secured, "get_unverified_chain", None)
        if asked is not None:  # Python 3.13 and later
            return [bytes(certificate) for certificate in asked()]
        inner = secured._sslobj  # type: ignore[attr-defined]  # the same call before it was public
        return [certificate.public_bytes(_DER) for certificate in inner.get_unverified_chain()]
