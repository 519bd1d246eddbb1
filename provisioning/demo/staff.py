"""A member of staff at the console, without a browser: signs in, reads pages, sends forms."""

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import httpx

from provisioning.demo.system import System

PASSWORD: Final = "石榴树下-四十二-盏灯"
"""Of one run: the one-time password must be replaced before anything else opens."""

_CSRF: Final = re.compile(r'name="csrf" value="([0-9a-f]+)"')
_TAGS: Final = re.compile(r"<(script|style).*?</\1>|<[^>]+>", re.DOTALL)


class ConsoleRefused(Exception):
    """The console did not do what was asked; the message names path, status and its words."""


class Staff:
    """One signed-in person."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def page(self, path: str) -> str:
        """A page's source. Raises ConsoleRefused."""
        answer = self._client.get(f"/console{path}")
        if answer.status_code != httpx.codes.OK:
            raise ConsoleRefused(f"{path}: {answer.status_code}")
        return answer.text

    def words(self, path: str) -> str:
        """What stands on a page, without its tags. Raises ConsoleRefused."""
        return words_of(self.page(path))

    def send(self, path: str, *, form: str = "", **fields: str) -> httpx.Response:
        """Send a form of the page `form` (the same path where empty) to `path`; its answer."""
        return self.send_fields(path, fields, form=form)

    def send_fields(self, path: str, fields: dict[str, str], *, form: str = "") -> httpx.Response:
        """As `send`, for fields whose names are no identifiers. Raises ConsoleRefused."""
        token = _CSRF.search(self.page(form or path))
        if token is None:
            raise ConsoleRefused(f"{form or path} has no form")
        return self._client.post(f"/console{path}", data={**fields, "csrf": token[1]})

    def edit_title(self, service_id: str, title: str) -> None:
        """Keep another title in the draft. Raises ConsoleRefused."""
        _done(self.send_fields(f"/content/services/{service_id}", {"zh-CN/title": title}))

    def publish(self, why: str) -> None:
        """Publish the draft; returns when the console says it is done. Raises ConsoleRefused."""
        _done(self.send("/content/publish", why=why))

    @contextmanager
    def looks(self) -> Iterator[Iterator[None]]:
        """An open page's event stream: one item each time the page is told to look again.

        With the stream's pings (every 10 s) there is an item too, so that nobody waits for ever.
        """
        with self._client.stream("GET", "/console/live") as stream:
            yield (None for line in stream.iter_lines() if line.startswith((":", "event: look")))


def words_of(page: str) -> str:
    """A page's text, each run of blanks as one."""
    return " ".join(html.unescape(_TAGS.sub(" ", page)).split())


@contextmanager
def signed_in(system: System) -> Iterator[Staff]:
    """The administrator, with a password of their own. Raises ConsoleRefused."""
    with httpx.Client(base_url=system.console_url, timeout=20, trust_env=False) as client:
        if system.admin_password:
            _sign_in(client, system.admin_password)
            _done(
                Staff(client).send(
                    "/password", old=system.admin_password, new=PASSWORD, again=PASSWORD
                )
            )
            system.admin_password = ""
        _sign_in(client, PASSWORD)
        yield Staff(client)


def _sign_in(client: httpx.Client, password: str) -> None:
    _done(client.post("/console/sign-in", data={"name": "admin", "password": password}))


def _done(answer: httpx.Response) -> None:
    """A form that was accepted leads on to another page."""
    if answer.status_code != httpx.codes.SEE_OTHER:
        path = answer.request.url.path
        raise ConsoleRefused(f"{path}: {answer.status_code} {words_of(answer.text)[:200]}")
