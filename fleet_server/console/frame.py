"""One frame for every page: templates, who is looking, in which language and light."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import quote, urlencode

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from fleet_server.console.times import age_text, clock_text, day_text, full_text
from fleet_server.console.words import LANGUAGES, Words, words_in
from fleet_server.errors import Forbidden
from fleet_server.fleet import Fleet, FleetDep
from fleet_server.identity.access import Person, PersonOrNone, csrf_token
from fleet_server.identity.service import Role, SignedIn

ROOT: Final = "/console"
LANGUAGE_COOKIE: Final = "yichuang_language"
THEME_COOKIE: Final = "yichuang_theme"

HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none';"
        " form-action 'self'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
"""`data:` for the small arrows inside Tabler's own stylesheet; nothing else leaves the origin."""


class PasswordChangeNeeded(Forbidden):
    """The one-time password opens nothing but the page that replaces it."""

    code = "password_change_needed"


@dataclass(frozen=True, slots=True)
class Page:
    """A request for a page, and what every page is drawn with."""

    request: Request
    fleet: Fleet
    person: SignedIn | None
    words: Words
    now: datetime

    def show(self, template: str, /, *, status: int = 200, **context: object) -> HTMLResponse:
        """Draw `template` within the frame."""
        drawn = _templates().get_template(template).render(self._context() | context)
        return HTMLResponse(drawn, status, headers=HEADERS)

    def go(self, path: str, *, done: str = "") -> RedirectResponse:
        """After a POST: see `path` (below the root); `done` names the sentence shown there."""
        joined = f"{path}{'&' if '?' in path else '?'}{urlencode({'done': done})}" if done else path
        return RedirectResponse(f"{ROOT}{joined}", 303, headers={"Cache-Control": "no-store"})

    def may(self, *roles: Role) -> bool:
        """Whether the person has one of these roles."""
        return self.person is not None and self.person.role in roles

    def _context(self) -> dict[str, object]:
        cookies = self.request.cookies
        url = self.request.url
        done = self.request.query_params.get("done", "")
        return {
            "root": ROOT,
            "t": self.words,
            "code": self.words.of_code,
            "language": self.words.language,
            "theme": "dark" if cookies.get(THEME_COOKIE) == "dark" else "light",
            "now": self.now,
            "here": url.path + (f"?{url.query}" if url.query else ""),
            "path": url.path,
            "query": dict(self.request.query_params),
            "done": done if f"done.{done}" in self.words.texts else "",
            "person": self.person,
            "may_operate": self.may(Role.ADMIN, Role.OPERATOR),
            "may_admin": self.may(Role.ADMIN),
            "csrf": "" if self.person is None else self._csrf(self.person),
            "clock": partial(clock_text, self.words, now=self.now),
            "day": partial(day_text, self.words),
            "full": partial(full_text, self.words),
            "ago": partial(age_text, self.words, now=self.now),
            "link": self._link,
        }

    def _csrf(self, person: SignedIn) -> str:
        return csrf_token(person, settings=self.fleet.settings)

    def _link(self, **changes: object) -> str:
        """The page's own address with some of its query changed; None or empty takes one away."""
        wanted = {**self.request.query_params, **changes}
        wanted.pop("done", None)
        query = urlencode({key: value for key, value in wanted.items() if value not in (None, "")})
        path = self.request.url.path
        return f"{path}?{query}" if query else path


def open_page(request: Request, fleet: FleetDep, person: PersonOrNone) -> Page:
    """A page for anybody: signing in, and what goes wrong."""
    return Page(request, fleet, person, language_of(request), fleet.clock.now())


def staff_page(request: Request, fleet: FleetDep, person: Person) -> Page:
    """A page for whoever is signed in and has a password of their own.

    Raises Unauthorised and PasswordChangeNeeded; `ConsoleRoute` turns both into the right page.
    """
    if person.must_change_password:
        raise PasswordChangeNeeded("the one-time password must be replaced first")
    return Page(request, fleet, person, language_of(request), fleet.clock.now())


StaffPage = Annotated[Page, Depends(staff_page)]
OpenPage = Annotated[Page, Depends(open_page)]


def _demand(code: str, *roles: Role) -> Callable[[Page, Person], SignedIn]:
    def demanded(page: StaffPage, person: Person) -> SignedIn:
        if not page.may(*roles):
            raise Forbidden("not with this role", code=code)
        return person

    return demanded


Operator = Annotated[SignedIn, Depends(_demand("operator_needed", Role.ADMIN, Role.OPERATOR))]
"""Whoever may act on kiosks and open cases. Raises Forbidden (`operator_needed`)."""

Admin = Annotated[SignedIn, Depends(_demand("admin_needed", Role.ADMIN))]
"""Whoever may change content and accounts. Raises Forbidden (`admin_needed`)."""


def language_of(request: Request) -> Words:
    """As chosen in the top bar; Chinese until then."""
    return words_in(request.cookies.get(LANGUAGE_COOKIE, LANGUAGES[0]))


def own_path(wanted: str) -> str:
    """`wanted` if it is a path below the console's root, else the root: no open redirect."""
    is_ours = wanted.startswith(f"{ROOT}/") and "//" not in wanted and "\\" not in wanted
    return wanted.removeprefix(ROOT) if is_ours else "/"


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["quoted"] = partial(quote, safe="")
    environment.filters["grouped"] = _grouped
    return environment


def _grouped(code: str, width: int = 8) -> Markup:
    """A hash for the eye: its first characters, the whole in the title."""
    return Markup('<code class="hash" title="{}">{}</code>').format(code, code[:width])
