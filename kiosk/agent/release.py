"""Fetching a signed bundle: python-tuf does the trusting, httpx with our token the fetching.

`FLEET.md` section 8, row 14: rollback, freeze, mix-and-match, wrong hash and endless data are
refused by the TUF client workflow; the root is pinned at enrolment.
"""

import logging
from collections.abc import Iterator
from pathlib import Path
from ssl import SSLContext
from typing import Final

import httpx
from tuf.api import exceptions
from tuf.ngclient import FetcherInterface, Updater, UpdaterConfig

from kiosk.agent.api import ANSWER_S, CONNECT_S
from kiosk.agent.identity import TokenSigner
from kiosk.contract.downlink import DesiredContent

log = logging.getLogger(__name__)

LARGEST_METADATA: Final = 1_000_000
"""Hundreds of targets fit in a fifth of it."""


class Untrusted(Exception):
    """What the server offers is not what was signed; `why` is a code that names the attack."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class NotFetched(Exception):
    """It could not be fetched now; try again."""


class ReleaseSource:
    """Downloads targets into a folder, by TUF. Blocking: call it in a thread, one at a time."""

    def __init__(
        self, api_url: str, signer: TokenSigner, context: SSLContext, *, root: Path, folder: Path
    ) -> None:
        self._api_url = api_url.rstrip("/")
        self._signer = signer
        self._context = context
        self._root = root
        self._metadata = folder / "metadata"
        self._targets = folder / "targets"

    def fetch(self, wanted: DesiredContent) -> bytes:
        """The bytes of a target, proved. Raises Untrusted, NotFetched."""
        self._metadata.mkdir(parents=True, exist_ok=True)
        self._targets.mkdir(parents=True, exist_ok=True)
        with httpx.Client(
            verify=self._context,
            timeout=httpx.Timeout(ANSWER_S, connect=CONNECT_S),
            trust_env=False,
        ) as client:
            try:
                return self._fetch(wanted, _Fetcher(client, self._signer))
            except exceptions.RepositoryError as error:
                raise Untrusted(_why(error)) from error
            except exceptions.DownloadError as error:
                raise NotFetched(type(error).__name__) from error
            except OSError as error:
                raise NotFetched(f"disk: {error.strerror}") from error

    def _fetch(self, wanted: DesiredContent, fetcher: FetcherInterface) -> bytes:
        updater = Updater(
            metadata_dir=str(self._metadata),
            metadata_base_url=f"{self._api_url}/v1/content/metadata/",
            target_dir=str(self._targets),
            target_base_url=f"{self._api_url}/v1/content/targets/",
            fetcher=fetcher,
            config=UpdaterConfig(
                root_max_length=LARGEST_METADATA,
                timestamp_max_length=LARGEST_METADATA,
                snapshot_max_length=LARGEST_METADATA,
                targets_max_length=LARGEST_METADATA,
            ),
            bootstrap=self._root.read_bytes(),
        )
        updater.refresh()
        target = updater.get_targetinfo(wanted.target)
        if target is None:
            raise Untrusted("unsigned_target")
        path = updater.find_cached_target(target) or updater.download_target(target)
        content = Path(path).read_bytes()
        self._forget_others(Path(path))
        return content

    def _forget_others(self, keep: Path) -> None:
        for path in self._targets.iterdir():
            if path != keep:
                path.unlink()


class _Fetcher(FetcherInterface):
    def __init__(self, client: httpx.Client, signer: TokenSigner) -> None:
        self._client = client
        self._signer = signer

    def _fetch(self, url: str) -> Iterator[bytes]:
        headers = {"Authorization": f"Bearer {self._signer.token()}"}
        try:
            with self._client.stream("GET", url, headers=headers) as answer:
                if answer.status_code >= 400:
                    raise exceptions.DownloadHTTPError("refused", answer.status_code)
                yield from answer.iter_bytes(65_536)
        except httpx.TimeoutException as error:
            raise exceptions.SlowRetrievalError from error
        except httpx.HTTPError as error:
            raise exceptions.DownloadError(type(error).__name__) from error


def _why(error: exceptions.RepositoryError) -> str:
    match error:
        case exceptions.ExpiredMetadataError():
            return "expired"
        case exceptions.BadVersionNumberError() | exceptions.EqualVersionNumberError():
            return "rolled_back"
        case exceptions.UnsignedMetadataError():
            return "unsigned"
        case exceptions.LengthOrHashMismatchError():
            return "wrong_hash"
        case _:
            return "bad_metadata"
