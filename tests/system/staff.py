"""A member of staff at the console, without a browser: signs in, reads pages, sends forms."""

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from provisioning.demo.system import System

PASSWORD = "石榴树下-四十二-盏灯"
"""Of the test; whoever has the one-time password must replace it."""

_CSRF = re.compile(r'name="csrf" value="([0-9a-f]+)"')
_TAGS = re.compile(r"<(script|style).*?</\1>|<[^>]+>", re.DOTALL)


class Staff:
    """One signed-in person."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def page(self, path: str) -> str:
        """A page's source."""
        answer = self._client.get(f"/console{path}")
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        return answer.text

    def words(self, path: str) -> str:
        """What stands on a page, without its tags."""
        return words_of(self.page(path))

    def send(self, path: str, *, form: str = "", **fields: str) -> httpx.Response:
        """Send a form of the page `form` (the same path where empty) to `path`."""
        return self.send_fields(path, fields, form=form)

    def send_fields(self, path: str, fields: dict[str, str], *, form: str = "") -> httpx.Response:
        """As `send`, for fields whose names are no identifiers."""
        token = _CSRF.search(self.page(form or path))
        assert token is not None, f"no form on {form or path}"
        return self._client.post(f"/console{path}", data={**fields, "csrf": token[1]})


def words_of(page: str) -> str:
    """A page's text, each run of blanks as one."""
    return " ".join(html.unescape(_TAGS.sub(" ", page)).split())


@contextmanager
def signed_in(system: System) -> Iterator[Staff]:
    """The administrator, with a password of their own."""
    with httpx.Client(base_url=system.console_url, timeout=20, trust_env=False) as client:
        if system.admin_password:
            _sign_in(client, system.admin_password)
            changed = Staff(client).send(
                "/password", old=system.admin_password, new=PASSWORD, again=PASSWORD
            )
            assert changed.status_code == 303, words_of(changed.text)
            system.admin_password = ""
        _sign_in(client, PASSWORD)
        yield Staff(client)


def _sign_in(client: httpx.Client, password: str) -> None:
    answer = client.post("/console/sign-in", data={"name": "admin", "password": password})
    assert answer.status_code == 303, words_of(answer.text)
