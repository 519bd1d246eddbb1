"""The contract's three calls as a router over any department system, and its OpenAPI document."""

import hmac
import json
from collections.abc import Callable
from typing import Annotated, Protocol

from fastapi import APIRouter, Depends, FastAPI, Header, Request
from fastapi.responses import JSONResponse

from fleet_server.departments.contract.models import (
    Answer,
    CaseAnswer,
    CaseId,
    HandedCase,
    Health,
    Problem,
)


class ContractError(Exception):
    """A refusal of the call itself, before the department looked at the case."""

    def __init__(self, status: int, problem: Problem) -> None:
        super().__init__(problem.code)
        self.status = status
        self.problem = problem


class DepartmentSystem(Protocol):
    """What stands behind the contract. Called from worker threads, several at a time."""

    @property
    def department(self) -> str:
        """Department id, such as `police`."""

    def take(self, case: HandedCase) -> Answer:
        """Decide or accept the case, once: the same case again gets the same answer.

        Raises ContractError `case_conflict` (409) when the id is known with other content.
        """

    def look(self, case_id: str) -> Answer | None:
        """The answer given for the case; None when it never arrived."""


def department_router(system: DepartmentSystem, *, api_key: str) -> APIRouter:
    """The calls of the contract. `api_key` is compared in constant time; empty: none is asked."""
    router = APIRouter(
        dependencies=[Depends(_key_check(api_key))],
        responses={401: {"model": Problem}, 503: {"model": Problem}},
    )

    @router.post("/cases", responses={409: {"model": Problem}, 400: {"model": Problem}})
    def hand_over(case: HandedCase, idempotency_key: Annotated[CaseId, Header()]) -> CaseAnswer:
        """Take a case; safe to repeat with the same `Idempotency-Key`, which is the case id."""
        if idempotency_key != case.case_id:
            raise ContractError(400, Problem(code="bad_key", detail="key is not the case id"))
        return CaseAnswer(case_id=case.case_id, answer=system.take(case))

    @router.get("/cases/{case_id}", responses={404: {"model": Problem}})
    def look(case_id: CaseId) -> CaseAnswer:
        """The answer to a case handed over before; 404 `unknown_case` when it never arrived."""
        answer = system.look(case_id)
        if answer is None:
            raise ContractError(404, Problem(code="unknown_case"))
        return CaseAnswer(case_id=case_id, answer=answer)

    @router.get("/health")
    def health() -> Health:
        """Is the system taking cases now?"""
        return Health(ok=True, department=system.department)

    return router


def refuse_by_contract(app: FastAPI) -> None:
    """Let `app` answer a ContractError as the contract's `Problem`."""

    async def answer(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, ContractError)
        return JSONResponse(error.problem.model_dump(mode="json"), status_code=error.status)

    app.add_exception_handler(ContractError, answer)


def document_text(router: APIRouter) -> str:
    """The OpenAPI document of a `department_router`, as committed in `openapi.json`."""
    app = FastAPI(
        title="一窗 · 部门对接接口 (department contract)",
        version="1",
        description="The fleet server calls; a department's system answers. "
        "A county replaces a sandbox by an adapter that speaks these three calls.",
    )
    app.include_router(router)
    return json.dumps(app.openapi(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _key_check(api_key: str) -> Callable[[str], None]:
    def check(authorization: Annotated[str, Header()] = "") -> None:
        if api_key and not hmac.compare_digest(
            authorization.encode(), f"Bearer {api_key}".encode()
        ):
            raise ContractError(401, Problem(code="unauthorized"))

    return check
