"""What the API answers when it refuses: a status, a code, never a stack trace, never an input."""

import logging
from collections.abc import Mapping
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException

_log = logging.getLogger(__name__)


class FleetError(Exception):
    """A refusal. `code` is for programs, `detail` for a technician; neither holds personal data."""

    status = 400
    code = "refused"

    def __init__(
        self,
        detail: str = "",
        *,
        code: str | None = None,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail or code or self.code)
        self.detail = detail
        self.code = code or self.code
        self.status = status or self.status
        self.headers = dict(headers or {})


class NotFound(FleetError):
    """There is no such thing, or not for the one who asks."""

    status = 404
    code = "not_found"


class Conflict(FleetError):
    """It contradicts what is already so."""

    status = 409
    code = "conflict"


class Unprocessable(FleetError):
    """Understood, and not acceptable."""

    status = 422
    code = "unprocessable"


class Unauthorised(FleetError):
    """Whoever asks has not proved who they are."""

    status = 401
    code = "unauthorised"


class Forbidden(FleetError):
    """Proved who they are, and may not."""

    status = 403
    code = "forbidden"


class TooMany(FleetError):
    """Too often, or too much; `Retry-After` says when to come back."""

    status = 429
    code = "too_many"


class Unavailable(FleetError):
    """Cannot be done now; trying again later makes sense."""

    status = 503
    code = "unavailable"


class Problem(BaseModel):
    """Every answer of the API that is not 2xx."""

    code: str
    detail: str


REFUSALS: Final[dict[int | str, dict[str, Any]]] = {
    "4XX": {"model": Problem},
    "5XX": {"model": Problem},
}
"""For OpenAPI: what `install_error_handlers` makes of every refusal."""

_CODES: Final = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}


def install_error_handlers(app: FastAPI) -> None:
    """Make every refusal of `app` a JSON object `{code, detail}`."""

    @app.exception_handler(FleetError)
    async def _refused(_request: Request, error: FleetError) -> JSONResponse:
        return JSONResponse(
            {"code": error.code, "detail": error.detail}, error.status, headers=error.headers
        )

    @app.exception_handler(RequestValidationError)
    async def _invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        # names of fields and what is wrong with them: never the values, which may be personal
        wrong = "; ".join(
            f"{'.'.join(map(str, item['loc']))}: {item['type']}" for item in error.errors()
        )
        return JSONResponse({"code": "invalid_request", "detail": wrong}, 422)

    @app.exception_handler(HTTPException)
    async def _http(_request: Request, error: HTTPException) -> JSONResponse:
        code = _CODES.get(error.status_code, "refused")
        return JSONResponse(
            {"code": code, "detail": str(error.detail)}, error.status_code, headers=error.headers
        )

    @app.exception_handler(OperationalError)
    async def _no_room(_request: Request, error: OperationalError) -> JSONResponse:
        _log.error("the database refuses: %s", error.orig)
        return JSONResponse(
            {"code": "unavailable", "detail": "storage"}, 503, headers={"Retry-After": "5"}
        )

    @app.exception_handler(Exception)
    async def _broken(_request: Request, _error: Exception) -> JSONResponse:
        # the trace is in the log (starlette re-raises to the server); the answer stays calm
        return JSONResponse({"code": "internal", "detail": "internal error"}, 500)
