"""A member of staff at the console, without a browser: signs in, edits a title, publishes."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import httpx

from provisioning.demo.system import System

_PASSWORD: Final = "石榴树下-四十二-盏灯"
"""Of this run: the one-time password must be replaced before anything else opens."""
_CSRF: Final = re.compile(r'name="csrf" value="([0-9a-f]+)"')


class ConsoleRefused(Exception):
    """The console did not do what its form asked; the message names path and status."""


class Staff:
    """One signed-in administrator."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def edit_title(self, service_id: str, title: str) -> None:
        """Keep another title in the draft. Raises ConsoleRefused."""
        self.send(f"/content/services/{service_id}", {"zh-CN/title": title})

    def publish(self) -> None:
        """Publish the draft; returns when the console says it is done. Raises ConsoleRefused."""
        self.send("/content/publish", {"why": "benchmark"})

    def page(self, path: str) -> str:
        """A page as it is now. Raises ConsoleRefused."""
        answer = self._client.get(f"/console{path}")
        if answer.status_code != httpx.codes.OK:
            raise ConsoleRefused(f"{path}: {answer.status_code}")
        return answer.text

    @contextmanager
    def looks(self) -> Iterator[Iterator[None]]:
        """An open page's event stream: one item each time the page is told to look again.

        With the stream's pings (every 10 s) there is an item too, so that nobody waits for ever.
        """
        with self._client.stream("GET", "/console/live") as stream:
            yield (None for line in stream.iter_lines() if line.startswith((":", "event: look")))

    def send(self, path: str, fields: dict[str, str]) -> None:
        """Send the form of a page. Raises ConsoleRefused."""
        token = _CSRF.search(self._client.get(f"/console{path}").text)
        if token is None:
            raise ConsoleRefused(f"{path} has no form")
        _done(self._client.post(f"/console{path}", data={**fields, "csrf": token[1]}))


@contextmanager
def signed_in(system: System) -> Iterator[Staff]:
    """The first administrator of a fresh system."""
    with httpx.Client(base_url=system.console_url, timeout=20, trust_env=False) as client:
        _sign_in(client, system.admin_password)
        staff = Staff(client)
        staff.send(
            "/password", {"old": system.admin_password, "new": _PASSWORD, "again": _PASSWORD}
        )
        _sign_in(client, _PASSWORD)
        yield staff


def _sign_in(client: httpx.Client, password: str) -> None:
    _done(client.post("/console/sign-in", data={"name": "admin", "password": password}))


def _done(answer: httpx.Response) -> None:
    """A form that was accepted leads on to another page."""
    if answer.status_code != httpx.codes.SEE_OTHER:
        raise ConsoleRefused(f"{answer.request.url.path}: {answer.status_code}")
