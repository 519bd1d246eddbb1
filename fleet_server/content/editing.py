"""Changing the draft: texts, order of the menu, retiring a service. Nothing here is shown yet.

Each function writes one audit line in the caller's transaction and raises before it changes
anything.
"""

from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from sqlalchemy.orm import Session

from fleet_server.audit.service import record
from fleet_server.content import repository
from fleet_server.content.folder import read_folder
from fleet_server.errors import NotFound, Unprocessable
from kiosk.contract.content import LANGUAGES, Menu, MenuDepartment, ServiceContent
from kiosk.contract.services import Department

LONGEST_TEXT: Final = 600
"""Longer texts do not fit a page at the largest text size."""


def import_folder(session: Session, assets: Path, *, actor: str, now: datetime) -> bool:
    """Make the first draft from the asset folder; False when there is a draft already.

    Raises Unassembled, OSError.
    """
    if repository.draft_menu(session) is not None:
        return False
    bundle = read_folder(assets)
    repository.keep_draft(session, repository.MENU, bundle.menu, actor=actor, now=now)
    for service_id, content in bundle.services.items():
        repository.keep_draft(session, service_id, content, actor=actor, now=now)
    record(session, actor, "content_imported", "draft", at=now, services=len(bundle.services))
    return True


def set_text(
    session: Session,
    *,
    service_id: str,
    language: str,
    key: str,
    text: str,
    actor: str,
    now: datetime,
) -> None:
    """Replace one text. Raises NotFound, Unprocessable `unknown_text`, `text_too_long`.

    An empty text is kept: the gate, not the editor, says what may be published.
    """
    content = _service(session, service_id)
    if language not in LANGUAGES or key not in content.definition.text_keys:
        raise Unprocessable(f"{language}/{key}", code="unknown_text")
    plain = text.strip()
    if len(plain) > LONGEST_TEXT:
        raise Unprocessable(f"longer than {LONGEST_TEXT}", code="text_too_long")
    before = content.texts.get(language, {})
    if before.get(key) == plain:
        return
    texts = {**content.texts, language: {**before, key: plain}}
    changed = content.model_copy(update={"texts": texts})
    repository.keep_draft(session, service_id, changed, actor=actor, now=now)
    record(session, actor, "text_edited", service_id, at=now, language=language, key=key)


def set_menu_order(
    session: Session,
    *,
    department: Department,
    services: tuple[str, ...],
    actor: str,
    now: datetime,
) -> None:
    """Put a department's services in this order.

    Raises Unprocessable `not_a_permutation` unless they are the ones it lists now.
    """
    menu = _menu(session)
    entries = {entry.department: entry for entry in menu.departments}
    before = entries[department].services if department in entries else ()
    if sorted(before) != sorted(services):
        raise Unprocessable(department.value, code="not_a_permutation")
    _keep_order(session, menu, department, services, actor=actor, now=now)
    record(session, actor, "menu_ordered", department.value, at=now, services=list(services))


def set_status(
    session: Session,
    *,
    service_id: str,
    status: Literal["published", "retired"],
    actor: str,
    now: datetime,
) -> None:
    """Retire a service, which takes it off the menu, or put it back at the end of its list.

    Takes effect with the next publication. Raises NotFound.
    """
    content = _service(session, service_id)
    definition = content.definition
    if definition.status == status:
        return
    menu = _menu(session)
    listed = next(
        (entry.services for entry in menu.departments if entry.department is definition.department),
        (),
    )
    others = tuple(each for each in listed if each != service_id)
    services = (*others, service_id) if status == "published" else others
    changed = content.model_copy(
        update={"definition": definition.model_copy(update={"status": status})}
    )
    repository.keep_draft(session, service_id, changed, actor=actor, now=now)
    _keep_order(session, menu, definition.department, services, actor=actor, now=now)
    record(session, actor, f"service_{status}", service_id, at=now)


def _keep_order(
    session: Session,
    menu: Menu,
    department: Department,
    services: tuple[str, ...],
    *,
    actor: str,
    now: datetime,
) -> None:
    entries = tuple(
        MenuDepartment(department=department, services=services)
        if entry.department is department
        else entry
        for entry in menu.departments
    )
    if all(entry.department is not department for entry in menu.departments):
        entries = (*entries, MenuDepartment(department=department, services=services))
    changed = menu.model_copy(update={"departments": entries})
    repository.keep_draft(session, repository.MENU, changed, actor=actor, now=now)


def _service(session: Session, service_id: str) -> ServiceContent:
    content = repository.draft_service(session, service_id)
    if content is None:
        raise NotFound(code="unknown_service")
    return content


def _menu(session: Session) -> Menu:
    menu = repository.draft_menu(session)
    if menu is None:
        raise NotFound("no draft", code="no_content")
    return menu
