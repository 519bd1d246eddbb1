"""What is shown when a page cannot be: a calm page in the same frame, never a trace."""

import asyncio
import logging
import secrets
from collections.abc import Callable, Coroutine
from typing import Any, Final, cast
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute
from starlette.datastructures import URL
from starlette.exceptions import HTTPException

from fleet_server.console.frame import ROOT, Page, PasswordChangeNeeded, language_of
from fleet_server.errors import FleetError, Unauthorised
from fleet_server.fleet import Fleet
from fleet_server.identity.access import COOKIE, person_or_none

_log = logging.getLogger(__name__)

_BY_STATUS: Final = {403: "forbidden", 404: "not_found", 405: "not_found", 429: "too_many"}


class ConsoleRoute(APIRoute):
    """A route whose refusals are pages. Used by every router of the console."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with its refusals drawn."""
        handle = super().get_route_handler()

        async def handle_calmly(request: Request) -> Response:
            try:
                return await handle(request)
            except Unauthorised:
                return _to_sign_in(request)
            except PasswordChangeNeeded:
                return _move(request, f"{ROOT}/password")
            except FleetError as error:
                return await _drawn(request, error.status, error.code)
            except RequestValidationError:
                return await _drawn(request, 422, "invalid_request")
            except HTTPException as error:
                return await _drawn(request, error.status_code, "refused")
            except Exception:
                error_id = secrets.token_hex(4)
                _log.exception("console page failed, error %s", error_id)
                return await _drawn(request, 500, "internal", error_id)

        return handle_calmly


def _to_sign_in(request: Request) -> Response:
    url = request.url
    if "hx-request" in request.headers:  # a part of an open page asks: come back to that page
        url = URL(request.headers.get("hx-current-url", ""))
    wanted = url.path + (f"?{url.query}" if url.query else "")
    back = wanted if request.method == "GET" else ""
    return _move(request, f"{ROOT}/sign-in" + (f"?next={quote(back, safe='')}" if back else ""))


def _move(request: Request, to: str) -> Response:
    if "hx-request" in request.headers:  # htmx would follow a redirect inside the page's part
        return Response(status_code=401, headers={"HX-Redirect": to, "Cache-Control": "no-store"})
    return RedirectResponse(to, 303, headers={"Cache-Control": "no-store"})


async def _drawn(request: Request, status: int, code: str, error_id: str = "") -> Response:
    fleet = cast(Fleet, request.app.state.fleet)
    cookie = request.cookies.get(COOKIE, "")
    try:
        person = await asyncio.to_thread(person_or_none, request, fleet, cookie)
    except Exception:
        # the page about the failure must not fail for the same reason, such as the database
        _log.exception("no account on the error page")
        person = None
    page = Page(request, fleet, person, language_of(request), fleet.clock.now())
    texts = page.words.texts
    known = code if f"error.{code}.title" in texts else _BY_STATUS.get(status, "refused")
    return page.show("error.html", status=status, error=known, error_id=error_id)
