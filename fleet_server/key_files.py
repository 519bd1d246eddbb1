"""Are the files under `<folder>/keys` what their names say? Asked before a command needs them."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey
from securesystemslib.exceptions import Error as SigningError
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata

from fleet_server.content.signing import LIFE, ROOT_FILE
from fleet_server.settings import BadSettings


def _key(content: bytes) -> object:
    return load_pem_private_key(content, password=None)


def _secret(content: bytes) -> object:
    return content.decode("ascii")


def _sealing_key(content: bytes) -> object:
    return PrivateKey(bytes.fromhex(content.decode("ascii")))


_FILES: Final[Mapping[str, Callable[[bytes], object]]] = {
    "ca.pem": x509.load_pem_x509_certificate,
    "ca-key.pem": _key,
    "server.pem": x509.load_pem_x509_certificate,
    "server-key.pem": _key,
    "sealing-key": _sealing_key,
    "broker-password": _secret,
    "cookie-key": _secret,
    "local-secret": _secret,
    ROOT_FILE: Metadata.from_bytes,
    **{f"content-{role}.key": _key for role in LIFE},
}
"""How each is read; the root's own key may be elsewhere (`content.signing`)."""


def check_key_files(keys: Path, *, may_miss: bool = False) -> None:
    """Raise BadSettings with the first file that is not there, or that is not what it should be.

    With `may_miss`, as before `init`, only what is there is looked at.
    """
    for name, read in _FILES.items():
        path = keys / name
        if may_miss and not path.exists():
            continue
        try:
            read(path.read_bytes())
        except FileNotFoundError as error:
            raise BadSettings(f"{path}: is not there; `init` makes what is missing") from error
        except OSError as error:
            raise BadSettings(f"{path}: {error.strerror}") from error
        except (
            ValueError,
            TypeError,
            UnsupportedAlgorithm,
            CryptoError,
            SigningError,
            RepositoryError,
        ) as error:
            raise BadSettings(f"{path}: spoilt, it does not hold what `init` wrote") from error
