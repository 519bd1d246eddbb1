"""Edit, lint, publish, roll back: on the shipped services and a real database."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from fleet_server.audit.tables import AuditEntry
from fleet_server.content import repository
from fleet_server.content.comparing import changes, history
from fleet_server.content.editing import set_menu_order, set_status, set_text
from fleet_server.content.first_release import publish_first
from fleet_server.content.publishing import ContentRefused, lint, publish, renew, roll_back
from fleet_server.content.service import (
    desired_content,
    find_published_service,
    published_bytes,
)
from fleet_server.content.tables import Publication
from fleet_server.errors import Conflict, NotFound, Unprocessable
from kiosk.contract.content import ContentBundle
from kiosk.contract.findings import FindingCode
from kiosk.contract.services import Department
from tests.fleet_server.content.conftest import NOW, Editor

TAX = "tax-payment-certificate"


def _set_title(editor: Editor, title: str, service_id: str = TAX) -> None:
    with editor.database.write() as session:
        set_text(
            session,
            service_id=service_id,
            language="zh-CN",
            key="title",
            text=title,
            actor="bianji",
            now=NOW,
        )


def _publish(editor: Editor, why: str = "改标题") -> Publication:
    with editor.database.write() as session:
        return publish(session, editor.desk, actor="bianji", why=why, now=NOW)


def _shown(editor: Editor) -> ContentBundle:
    with editor.database.read() as session:
        publication = repository.current(session)
        assert publication is not None
        return repository.bundle_of(publication)


def test_a_new_server_shows_what_ships(editor: Editor) -> None:
    bundle = _shown(editor)
    assert {entry.department for entry in bundle.menu.departments} == set(Department)
    with editor.database.read() as session:
        desired = desired_content(session)
        assert desired is not None
        assert (desired.release, desired.hash) == (1, bundle.hash)
        assert published_bytes(session, bundle.hash) == bundle.canonical()
        assert changes(session) == ()


def test_importing_again_does_not_overwrite_edits(editor: Editor) -> None:
    _set_title(editor, "完税证明自助打印")
    assert publish_first(editor.database, editor.desk, now=NOW) is False
    with editor.database.read() as session:
        assert [change.after for change in changes(session)] == ["完税证明自助打印"]


def test_an_edit_is_not_shown_before_it_is_published(editor: Editor) -> None:
    before = _shown(editor)
    _set_title(editor, "完税证明自助打印")
    assert _shown(editor) == before
    publication = _publish(editor)
    after = _shown(editor)
    assert (publication.release, publication.hash) == (2, after.hash)
    assert after.services[TAX].texts["zh-CN"]["title"] == "完税证明自助打印"


def test_only_what_changed_gets_a_new_number(editor: Editor) -> None:
    before = _shown(editor)
    _set_title(editor, "完税证明自助打印")
    _publish(editor)
    after = _shown(editor)
    raised = {
        service_id: content.definition.version - before.services[service_id].definition.version
        for service_id, content in after.services.items()
    }
    assert raised == {service_id: int(service_id == TAX) for service_id in before.services}
    assert after.menu.version == before.menu.version


def test_a_missing_text_is_refused_by_name_and_the_old_menu_stays(editor: Editor) -> None:
    before = _shown(editor)
    _set_title(editor, "   ")
    with pytest.raises(ContentRefused) as refused:
        _publish(editor)
    (finding,) = refused.value.findings
    assert (finding.code, finding.detail) == (FindingCode.MISSING_TEXT, "title")
    assert TAX in finding.where
    assert TAX in refused.value.detail
    assert _shown(editor) == before


def test_vague_words_are_refused(editor: Editor) -> None:
    _set_title(editor, "打印完税证明等材料")
    with editor.database.read() as session:
        assert [finding.clause for finding in lint(session, editor.desk.gate)] == ["S21"]


def test_publishing_nothing_new_is_a_conflict(editor: Editor) -> None:
    with pytest.raises(Conflict, match="published"):
        _publish(editor)


def test_publishing_needs_a_reason(editor: Editor) -> None:
    _set_title(editor, "完税证明自助打印")
    with pytest.raises(Unprocessable):
        _publish(editor, why="  ")


@pytest.mark.parametrize(
    "wrong",
    [{"key": "no.such.key"}, {"language": "fr"}, {"text": "长" * 601}],
)
def test_an_edit_that_fits_nowhere_is_refused(editor: Editor, wrong: dict[str, str]) -> None:
    edit: dict[str, Any] = {"service_id": TAX, "language": "zh-CN", "key": "title", "text": "完"}
    with editor.database.write() as session, pytest.raises(Unprocessable):
        set_text(session, **(edit | wrong), actor="bianji", now=NOW)


def test_a_text_of_an_unknown_service_is_not_found(editor: Editor) -> None:
    with pytest.raises(NotFound):
        _set_title(editor, "无", service_id="menu")


def test_a_retired_service_leaves_the_menu_and_can_come_back(editor: Editor) -> None:
    with editor.database.write() as session:
        set_status(session, service_id=TAX, status="retired", actor="bianji", now=NOW)
    _publish(editor, why="暂停")
    assert TAX not in _shown(editor).services
    with editor.database.read() as session:
        old = history(session)[-1]
        # a case made with the old menu is still understood
        assert find_published_service(session, old.hash, TAX) is not None
    with editor.database.write() as session:
        set_status(session, service_id=TAX, status="published", actor="bianji", now=NOW)
    _publish(editor, why="恢复")
    menu = {entry.department: entry.services for entry in _shown(editor).menu.departments}
    assert menu[Department.TAX] == (TAX,)


def test_a_menu_order_must_keep_every_service(editor: Editor) -> None:
    with editor.database.write() as session, pytest.raises(Unprocessable):
        set_menu_order(session, department=Department.TAX, services=(), actor="bianji", now=NOW)


def test_rolling_back_publishes_the_old_bundle_as_a_new_release(editor: Editor) -> None:
    first = _shown(editor)
    _set_title(editor, "完税证明自助打印")
    _publish(editor)
    with editor.database.write() as session:
        restored = roll_back(session, editor.desk, release=1, actor="bianji", why="写错了", now=NOW)
    assert (restored.release, restored.hash, restored.restored_from) == (3, first.hash, 1)
    with editor.database.read() as session:
        assert changes(session) == ()
        assert [(each.release, each.why) for each in history(session)] == [
            (3, "写错了"),
            (2, "改标题"),
            (1, "first_release"),
        ]


def test_a_version_number_is_never_given_to_other_content(editor: Editor) -> None:
    _set_title(editor, "第一次修改")
    _publish(editor)
    second = _shown(editor).services[TAX].definition.version
    with editor.database.write() as session:
        roll_back(session, editor.desk, release=1, actor="bianji", why="写错了", now=NOW)
    _set_title(editor, "第二次修改")
    _publish(editor)
    assert _shown(editor).services[TAX].definition.version == second + 1


def test_releases_cannot_be_changed_even_in_the_database(editor: Editor) -> None:
    with pytest.raises(IntegrityError, match="never changed"), editor.database.write() as session:
        session.execute(text("UPDATE publication SET why = 'x'"))


def test_every_change_is_audited_with_who(editor: Editor) -> None:
    _set_title(editor, "完税证明自助打印")
    _publish(editor)
    with editor.database.read() as session:
        acts = [
            (entry.actor, entry.action)
            for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.n))
        ]
    assert acts[-2:] == [("bianji", "text_edited"), ("bianji", "content_published")]


def test_metadata_is_signed_again_before_it_expires_and_not_sooner(editor: Editor) -> None:
    def versions() -> dict[str, int]:
        with editor.database.read() as session:
            signed = {
                role: repository.signed_role(session, role)
                for role in ("targets", "snapshot", "timestamp")
            }
        return {role: each.version for role, each in signed.items() if each is not None}

    def renewed_after(hours: float) -> bool:
        with editor.database.write() as session:
            return renew(session, editor.desk.signer, now=NOW + timedelta(hours=hours))

    before = versions()
    assert not renewed_after(11)
    assert renewed_after(13)
    assert versions() == before | {"timestamp": before["timestamp"] + 1}
    assert renewed_after(91 * 24)
    assert versions()["targets"] == before["targets"] + 1
