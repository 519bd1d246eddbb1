"""Which piece of a long list is shown. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Paging:
    """Page `at` of `pages`, of `total` rows."""

    total: int
    at: int
    pages: int
    first: int
    last: int


def paged(total: int, at: int, size: int) -> Paging:
    """Pages count from 1; `first` and `last` are the rows shown, counted from 1."""
    pages = max((total + size - 1) // size, 1)
    first = (at - 1) * size + 1
    return Paging(total, at, pages, min(first, total), min(at * size, total))
