"""Why the bench does not do what was asked: one error for the API, with an HTTP status."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus


class Refused(Exception):
    """The request makes no sense, or not now. `code` is a word for programs, the text for us."""

    def __init__(self, status: HTTPStatus, code: str, message: str) -> None:
        self.status = status
        self.code = code
        super().__init__(message)


def chosen(body: Mapping[str, object], key: str, known: Iterable[str]) -> str:
    """The value of `key`, which must be one of `known`. Raises Refused."""
    names = tuple(known)
    value = body.get(key)
    if not isinstance(value, str) or value not in names:
        raise Refused(
            HTTPStatus.BAD_REQUEST, "unknown_name", f"{key!r} must be one of: {', '.join(names)}"
        )
    return value


def text_of(body: Mapping[str, object], key: str, *, max_bytes: int) -> str:
    """The printable, non-empty text under `key`. Raises Refused."""
    value = body.get(key)
    if not isinstance(value, str) or not value or not value.isprintable():
        raise Refused(
            HTTPStatus.BAD_REQUEST, "bad_text", f"{key!r} must be one line of printable text"
        )
    if len(value.encode("utf-8")) > max_bytes:
        raise Refused(
            HTTPStatus.BAD_REQUEST, "text_too_long", f"{key!r} is longer than {max_bytes} bytes"
        )
    return value
