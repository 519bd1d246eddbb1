"""Every page of the console, its own files, and the door at `/`."""

from functools import cache
from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from starlette.staticfiles import StaticFiles

from fleet_server.console import (
    case_pages,
    content_pages,
    gateways,
    kiosk_pages,
    live_stream,
    overview,
    people,
    records,
    search,
    service_editor,
    sign_in,
)
from fleet_server.console.frame import LANGUAGE_COOKIE, ROOT, OpenPage, StaffPage, own_path
from fleet_server.console.route import ConsoleRoute
from fleet_server.console.words import LANGUAGES
from fleet_server.errors import NotFound

router = APIRouter(prefix=ROOT, route_class=ConsoleRoute, include_in_schema=False)
door = APIRouter(include_in_schema=False)

PAGES: Final[tuple[APIRouter, ...]] = (
    sign_in.router,
    overview.router,
    kiosk_pages.router,
    case_pages.router,
    service_editor.router,
    content_pages.router,
    gateways.router,
    records.router,
    people.router,
    search.router,
    live_stream.router,
)
"""All that stand below the root; every POST in them but the sign-in demands the CSRF token."""

_YEAR_S: Final = 31_536_000


@door.get("/")
def enter() -> Response:
    """Whoever types only the address means the console."""
    return RedirectResponse(f"{ROOT}/", 303)


@router.get("")
def root() -> Response:
    """The same without the slash."""
    return RedirectResponse(f"{ROOT}/", 303)


@router.get("/static/{path:path}")
async def static(request: Request, path: str) -> Response:
    """The console's own files; those of `vendor` never change under one name."""
    answer = await _files().get_response(path, request.scope)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "max-age=3600" if path.startswith("vendor/") else "no-cache"
    return answer


@router.post("/language")
def language(
    page: OpenPage,
    wanted: Annotated[str, Form(max_length=10)] = "",
    back: Annotated[str, Form(max_length=400)] = "",
) -> Response:
    """Remember the reader's language; it changes words and nothing else."""
    answer = page.go(own_path(back))
    answer.set_cookie(
        LANGUAGE_COOKIE,
        wanted if wanted in LANGUAGES else LANGUAGES[0],
        max_age=_YEAR_S,
        httponly=True,
        samesite="lax",
        path=ROOT,
    )
    return answer


for _pages in PAGES:
    router.include_router(_pages)


@router.get("/{path:path}")
def unknown(_page: StaffPage, path: str) -> Response:
    """A page in the frame for an address that is none."""
    raise NotFound(path[:40], code="not_found")


@cache
def _files() -> StaticFiles:
    return StaticFiles(directory=Path(__file__).parent / "static")
