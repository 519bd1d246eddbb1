"""The fleet server's HTTPS interface as the kiosk uses it (DECISIONS.md 6).

Two things can go wrong and are told apart: nobody answered (`Unreachable`, try again), or the
server said no (`Refused`, with its code).
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from ssl import SSLContext
from typing import Final, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from kiosk.agent.identity import TokenSigner
from kiosk.contract.cases import CaseReceipt, SealedCase, SealedReply
from kiosk.contract.downlink import CommandList, Desired

log = logging.getLogger(__name__)

CONNECT_S: Final = 2.0
"""A hall's line that needs longer is as good as down: the screen must tell within 5 s."""
PROBE_S: Final = 2.5
"""With `probe_busy_s` of at most 2.5 the screen can tell within 5 s."""
ANSWER_S: Final = 4.0
UPLOAD_S: Final = 20.0
"""One chunk of 256 kB at 13 kB/s, the slowest line worth keeping."""
POLL_WAIT_S: Final = 20
"""DECISIONS.md 6: the longest long poll."""
CHUNK_BYTES: Final = 256 * 1024

_DEAD_GATEWAY: Final = frozenset({502, 503, 504})
"""Something in front of the server answered in its place."""


Model = TypeVar("Model", bound=BaseModel)


class Unreachable(Exception):
    """Nobody answered properly; `why` is a code for the journal."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Refused(Exception):
    """The server answered no."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True)
class PulledDesired:
    """What the kiosk shall be, and the tag to ask with next time."""

    desired: Desired
    etag: str


class _Complaint(BaseModel):
    code: str = ""


class Api:
    """Three connection pools, so that no traffic waits behind another; every call ends in time.

    What tells whether the server answers (`desired`, `commands`), what carries cases, and what
    waits for a department's word: twenty of the last may hang for 20 s each, and an upload fills
    a slow line, while the first must still get its answer.
    """

    def __init__(
        self,
        api_url: str,
        signer: TokenSigner,
        context: SSLContext,
        *,
        on_outcome: Callable[[str], None] = lambda _why: None,
    ) -> None:
        self._signer = signer
        self._on_outcome = on_outcome

        def pool() -> httpx.AsyncClient:
            return httpx.AsyncClient(
                base_url=api_url,
                verify=context,
                timeout=httpx.Timeout(ANSWER_S, connect=CONNECT_S),
                limits=httpx.Limits(max_connections=8, max_keepalive_connections=4),
                trust_env=False,
            )

        self._asking, self._carrying, self._waiting = pool(), pool(), pool()

    async def close(self) -> None:
        """Close all connections."""
        for pool in (self._asking, self._carrying, self._waiting):
            await pool.aclose()

    async def desired(self, *, have: str) -> PulledDesired | None:
        """What the kiosk shall be; None where `have` is still it."""
        answer = await self._call(
            self._asking,
            "GET",
            "/v1/desired",
            headers={"If-None-Match": have},
            patience=httpx.Timeout(PROBE_S, connect=CONNECT_S),
        )
        if answer.status_code == HTTPStatus.NOT_MODIFIED:
            return None
        return PulledDesired(_parse(Desired, answer), answer.headers.get("ETag", ""))

    async def commands(self, *, after: int) -> CommandList:
        """Orders with a number above `after`, oldest first."""
        answer = await self._call(self._asking, "GET", "/v1/commands", params={"after": after})
        return _parse(CommandList, answer)

    async def upload_offset(self, sha256: str) -> int | None:
        """How many bytes of an object the server has; None once it has it whole."""
        answer = await self._call(
            self._carrying, "HEAD", f"/v1/objects/{sha256}", accept={HTTPStatus.NOT_FOUND}
        )
        if answer.status_code == HTTPStatus.OK:
            return None
        return _offset(answer)

    async def upload(self, sha256: str, content: bytes, *, offset: int) -> int | None:
        """Send the next chunk from `offset`; the new offset, or None once it is whole."""
        chunk = content[offset : offset + CHUNK_BYTES]
        answer = await self._call(
            self._carrying,
            "PUT",
            f"/v1/objects/{sha256}",
            content=chunk,
            headers={
                "Content-Type": "application/octet-stream",
                "Content-Range": f"bytes {offset}-{offset + len(chunk) - 1}/{len(content)}",
            },
            patience=httpx.Timeout(UPLOAD_S, connect=CONNECT_S),
        )
        return offset + len(chunk) if answer.status_code == HTTPStatus.ACCEPTED else None

    async def submit(self, case: SealedCase) -> CaseReceipt:
        """Hand over a case whose papers are all there; the receipt means it is committed."""
        answer = await self._call(
            self._carrying,
            "POST",
            "/v1/cases",
            content=case.model_dump_json().encode(),
            headers={"Content-Type": "application/json"},
        )
        return _parse(CaseReceipt, answer)

    async def reply(self, case_id: str, *, wait_s: int = POLL_WAIT_S) -> SealedReply:
        """Wait for the department's word; without it the receipt alone comes back."""
        answer = await self._call(
            self._waiting,
            "GET",
            f"/v1/cases/{case_id}/reply",
            params={"wait_s": wait_s},
            patience=httpx.Timeout(wait_s + ANSWER_S, connect=CONNECT_S),
        )
        return _parse(SealedReply, answer)

    async def _call(
        self,
        pool: httpx.AsyncClient,
        method: str,
        path: str,
        *,
        params: dict[str, int] | None = None,
        headers: dict[str, str] | None = None,
        content: bytes | None = None,
        patience: httpx.Timeout | None = None,
        accept: set[int] | None = None,
    ) -> httpx.Response:
        request = pool.build_request(
            method,
            path,
            params=params,
            headers=headers,
            content=content,
            timeout=patience or pool.timeout,
        )
        answer = await self._send(pool, request)
        if answer.status_code == HTTPStatus.UNAUTHORIZED and self._learn_time(answer):
            answer = await self._send(pool, request)
        wanted = accept or set()
        if answer.status_code >= HTTPStatus.BAD_REQUEST and answer.status_code not in wanted:
            raise Refused(answer.status_code, _code(answer))
        return answer

    async def _send(self, pool: httpx.AsyncClient, request: httpx.Request) -> httpx.Response:
        request.headers["Authorization"] = f"Bearer {self._signer.token()}"
        try:
            answer = await pool.send(request)
        except httpx.PoolTimeout as error:
            # our own crowd at our own door: it says nothing about the server
            raise Unreachable("crowded") from error
        except httpx.TimeoutException as error:
            raise self._unreachable("timeout") from error
        except httpx.ConnectError as error:
            raise self._unreachable("connect") from error
        except httpx.HTTPError as error:
            raise self._unreachable("broken") from error
        if answer.status_code in _DEAD_GATEWAY:
            raise self._unreachable(f"http_{answer.status_code}")
        self._on_outcome("")
        return answer

    def _unreachable(self, why: str) -> Unreachable:
        self._on_outcome(why)
        return Unreachable(why)

    def _learn_time(self, answer: httpx.Response) -> bool:
        """A token may be refused because our clock is wrong: sign by the server's, try again."""
        try:
            shown = parsedate_to_datetime(answer.headers.get("Date", ""))
        except ValueError:
            return False
        self._signer.learn_time(shown.timestamp())
        return True


def _parse(model: type[Model], answer: httpx.Response) -> Model:
    try:
        return model.model_validate_json(answer.content)
    except ValidationError:
        # the error is not chained: it quotes what it read
        raise Refused(answer.status_code, f"bad_{model.__name__.lower()}") from None


def _code(answer: httpx.Response) -> str:
    try:
        return _Complaint.model_validate_json(answer.content).code
    except ValidationError:
        return ""


def _offset(answer: httpx.Response) -> int:
    text = answer.headers.get("Upload-Offset", "0")
    return int(text) if text.isdecimal() else 0
