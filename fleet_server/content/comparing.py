"""How the draft differs from what is published, and what was published before."""

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import JsonValue
from sqlalchemy.orm import Session

from fleet_server.content import repository
from fleet_server.content.publishing import draft_bundle
from fleet_server.content.tables import Publication
from kiosk.contract.content import ContentBundle


@dataclass(frozen=True, slots=True)
class Change:
    """One difference; `before` is None where it is new, `after` where it is gone."""

    where: str
    """Path such as `tax-payment-certificate/texts/zh-CN/title` or `menu/departments/0`."""
    before: str | None
    after: str | None


def changes(session: Session) -> tuple[Change, ...]:
    """Draft against the newest release, by path; version numbers are not differences."""
    current = repository.current(session)
    before = _leaves_of(repository.bundle_of(current)) if current else {}
    after = _leaves_of(draft_bundle(session))
    return tuple(
        Change(where, before.get(where), after.get(where))
        for where in sorted(before.keys() | after.keys())
        if before.get(where) != after.get(where)
    )


def history(session: Session, *, limit: int = 50) -> tuple[Publication, ...]:
    """Releases with who, when and why, newest first."""
    return tuple(repository.releases(session, limit))


def _leaves_of(bundle: ContentBundle) -> dict[str, str]:
    leaves = dict(_leaves(bundle.menu.model_dump(mode="json", exclude={"version"}), "menu"))
    for service_id, content in bundle.services.items():
        plain = content.model_dump(mode="json", exclude={"definition": {"version"}})
        leaves |= _leaves(plain, service_id)
    return leaves


def _leaves(value: JsonValue, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _leaves(each, f"{path}/{key}")
    elif isinstance(value, list):
        for place, each in enumerate(value):
            yield from _leaves(each, f"{path}/{place}")
    elif value is not None:
        yield path, str(value)
