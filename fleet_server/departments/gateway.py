"""The gateway to one department's system: the contract over HTTP, with all that can go wrong."""

import asyncio
import random
import time
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Final, Self

import httpx
from pydantic import ValidationError

from fleet_server.departments.breaker import Breaker
from fleet_server.departments.contract.models import Answer, CaseAnswer, HandedCase, Health
from fleet_server.settings import DepartmentSettings

_TRIES: Final = 2
"""Of one call within one attempt; longer patience is the hand-over's."""

_RETRY_AFTER_S: Final = 0.2
_HEALTH_TIMEOUT_S: Final = 1.0
"""A system that cannot say within a second that it is well is not (console within 5 s)."""

_LONGEST_ANSWER: Final = 2_000_000
"""Of any answer, read no further: a certificate of many lines is under 100 kB."""


class Trouble(StrEnum):
    """Why there is no answer; a text key, and the reason in `BackendState`."""

    TIMEOUT = "timeout"
    """Connected, and said nothing in time."""
    UNREACHABLE = "refused"
    """No connection, or it was cut."""
    ERROR = "error"
    """It answered that it cannot, or something that is not the contract."""
    REJECTED = "rejected"
    """It answers, and will never take this call as it is: our mistake or a conflict."""
    OPEN = "open"
    """Not asked: the breaker is open."""


class GatewayError(Exception):
    """No answer from the department. `detail` is a code or status, never personal data."""

    def __init__(self, trouble: Trouble, detail: str = "", *, retry_after_s: float = 0.0) -> None:
        super().__init__(f"{trouble}: {detail}")
        self.trouble = trouble
        self.detail = detail
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class _Call:
    method: str
    path: str
    body: bytes | None = None
    case_id: str = ""


class Gateway:
    """Speaks the contract with one system. Used by one event loop; `close()` it."""

    def __init__(self, department: str, settings: DepartmentSettings) -> None:
        self.department = department
        self._breaker = Breaker()
        self._answered_at: float | None = None
        self._answer_timeout_s = settings.answer_timeout_s
        self._client = httpx.AsyncClient(
            base_url=settings.base_url,
            headers={
                # not compressed: a few bytes could become any number of them
                "Accept-Encoding": "identity",
                **({"Authorization": f"Bearer {settings.api_key}"} if settings.api_key else {}),
            },
            timeout=httpx.Timeout(settings.answer_timeout_s, connect=settings.connect_timeout_s),
            limits=httpx.Limits(max_connections=16, keepalive_expiry=30),
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Drop every connection."""
        await self._client.aclose()

    @property
    def is_held(self) -> bool:
        """Whether the breaker is open: cases wait here and only probes go out."""
        return self._breaker.is_open

    @property
    def silent_for_s(self) -> float | None:
        """Seconds since the system last answered, probe or case; None before its first answer."""
        return None if self._answered_at is None else time.monotonic() - self._answered_at

    @property
    def held_for_s(self) -> float:
        """Seconds until the breaker lets a call through; 0 when it does now."""
        now = time.monotonic()
        if self._breaker.allows(now):
            return 0.0
        return max(self._breaker.open_until - now, _RETRY_AFTER_S)

    async def hand_over(self, case: HandedCase, *, maybe_known: bool) -> Answer:
        """Hand the case over and bring back the answer. Raises GatewayError.

        Exactly once: the case id is the idempotency key. With `maybe_known`, an earlier attempt
        may have arrived and its answer been lost, so the department is asked by id first.
        """
        if maybe_known:
            known = await self.look(case.case_id)
            if known is not None:
                return known
        body = case.model_dump_json().encode()
        content = await self._guarded(_Call("POST", "/cases", body, case.case_id))
        if content is None:
            raise GatewayError(Trouble.REJECTED, "status 404")
        return _answer(content, case.case_id)

    async def look(self, case_id: str) -> Answer | None:
        """The answer the department gave before; None if it never saw the case."""
        content = await self._guarded(_Call("GET", f"/cases/{case_id}"))
        return None if content is None else _answer(content, case_id)

    async def probe(self) -> None:
        """Is the system well? Answers within a second. Raises GatewayError.

        Not held back by the breaker, and its success closes the breaker: a department that
        is back is used at once.
        """
        try:
            async with asyncio.timeout(_HEALTH_TIMEOUT_S):
                content = await self._once(_Call("GET", "/health"))
        except TimeoutError as error:
            raise GatewayError(Trouble.TIMEOUT, "health") from error
        if content is None:
            raise GatewayError(Trouble.REJECTED, "status 404")
        try:
            health = Health.model_validate_json(content)
        except ValidationError as error:
            raise GatewayError(Trouble.ERROR, "not the contract") from error
        self._answered_at = time.monotonic()
        if not health.ok or health.department != self.department:
            raise GatewayError(Trouble.ERROR, "not well" if health.ok is False else "wrong one")
        if self._breaker.is_open:
            self._breaker = self._breaker.succeeded()

    async def _guarded(self, call: _Call) -> bytes | None:
        if held_for_s := self.held_for_s:
            raise GatewayError(Trouble.OPEN, retry_after_s=held_for_s)
        self._breaker = self._breaker.started()
        try:
            content = await self._tried(call)
        except GatewayError as error:
            alive = error.trouble is Trouble.REJECTED
            self._breaker = (
                self._breaker.succeeded() if alive else self._breaker.failed(time.monotonic())
            )
            raise
        except asyncio.CancelledError:
            self._breaker = self._breaker.failed(time.monotonic())
            raise
        self._breaker = self._breaker.succeeded()
        self._answered_at = time.monotonic()
        return content

    async def _tried(self, call: _Call) -> bytes | None:
        for tries_left in reversed(range(_TRIES)):
            try:
                return await self._once(call)
            except GatewayError as error:
                # a time-out is not tried again at once: the citizen is waiting
                if not tries_left or error.trouble in (Trouble.REJECTED, Trouble.TIMEOUT):
                    raise
            await asyncio.sleep(_RETRY_AFTER_S * random.uniform(0.5, 1.5))
        raise AssertionError("the last try returns or raises")

    async def _once(self, call: _Call) -> bytes | None:
        """The body of a good answer; None when what was asked for by GET is not there."""
        headers = {"Content-Type": "application/json"} if call.body is not None else {}
        if call.case_id:
            headers["Idempotency-Key"] = call.case_id
        try:
            async with self._client.stream(
                call.method, call.path, content=call.body, headers=headers
            ) as response:
                if call.method == "GET" and response.status_code == HTTPStatus.NOT_FOUND:
                    return None
                _check_status(response)
                # httpx counts from one piece to the next: a trickle would never be too slow
                async with asyncio.timeout(self._answer_timeout_s):
                    return await _read(response)
        except httpx.HTTPError as error:
            raise _wire_error(error) from error
        except TimeoutError as error:
            raise GatewayError(Trouble.TIMEOUT, "trickle") from error


async def _read(response: httpx.Response) -> bytes:
    content = bytearray()
    async for piece in response.aiter_raw():
        content += piece
        if len(content) > _LONGEST_ANSWER:
            raise GatewayError(Trouble.ERROR, "answer too long")
    return bytes(content)


def _wire_error(error: httpx.HTTPError) -> GatewayError:
    trouble = (
        Trouble.TIMEOUT
        if isinstance(error, httpx.ReadTimeout | httpx.WriteTimeout | httpx.PoolTimeout)
        else Trouble.UNREACHABLE
    )
    return GatewayError(trouble, type(error).__name__)


def _check_status(response: httpx.Response) -> None:
    if response.is_success:
        return
    may_pass = response.is_server_error or response.status_code in (
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_MANY_REQUESTS,
    )
    trouble = Trouble.ERROR if may_pass else Trouble.REJECTED
    raise GatewayError(trouble, f"status {response.status_code}")


def _answer(content: bytes, case_id: str) -> Answer:
    try:
        parsed = CaseAnswer.model_validate_json(content)
    except ValidationError as error:
        raise GatewayError(Trouble.ERROR, "not the contract") from error
    if parsed.case_id != case_id:
        raise GatewayError(Trouble.ERROR, "answer to another case")
    return parsed.answer
