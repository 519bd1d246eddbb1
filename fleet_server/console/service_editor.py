"""The editor of one service: both languages side by side, findings beside each field."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse

from fleet_server.console.content_words import (
    diff_lines,
    finding_line,
    finding_text,
    key_label,
    step_label,
    text_place,
    title_of,
)
from fleet_server.console.frame import Admin, Page, StaffPage
from fleet_server.console.route import ConsoleRoute
from fleet_server.content.comparing import changes
from fleet_server.content.editing import LONGEST_TEXT, set_text
from fleet_server.content.repository import bundle_of, draft_service
from fleet_server.content.service import current_release
from fleet_server.errors import NotFound, Unprocessable
from fleet_server.identity.access import CsrfChecked
from kiosk.contract.checks import check_service
from kiosk.contract.content import LANGUAGES, ServiceContent
from kiosk.contract.findings import Finding

router = APIRouter(prefix="/content/services", route_class=ConsoleRoute)

_LONG: Final = frozenset({"summary", "audience", "result", "legal_note", "help", "next"})
"""Texts that are a sentence or more: the last part of their keys."""


async def form_texts(request: Request) -> dict[str, str]:
    """The posted texts by `<language>/<key>`; browsers send line ends as CR LF."""
    form = await request.form()
    return {
        name: value.replace("\r\n", "\n").strip()
        for name, value in form.items()
        if "/" in name and isinstance(value, str)
    }


FormTexts = Annotated[dict[str, str], Depends(form_texts)]


@dataclass(frozen=True, slots=True)
class Field:
    """One text in both languages."""

    key: str
    label: str
    texts: Mapping[str, str]
    findings: Mapping[str, tuple[str, ...]]
    is_long: bool

    def name(self, language: str) -> str:
        """Of the form field."""
        return f"{language}/{self.key}"

    def place(self, language: str) -> str:
        """The id of the element that holds its findings."""
        return f"findings-{language}-{self.key.replace('.', '-')}"


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that belong together: the service's own, its materials', one step's."""

    title: str
    fields: tuple[Field, ...]


@router.get("/{service_id}")
def editor(page: StaffPage, service_id: str) -> Response:
    """The form, with what the gate would say of the draft as it stands."""
    return _editor_page(page, _draft(page, service_id))


@router.post("/{service_id}")
def save(
    page: StaffPage, admin: Admin, _csrf: CsrfChecked, service_id: str, texts: FormTexts
) -> Response:
    """Keep the texts in the draft, unfinished ones too: the gate stands before publishing."""
    content = _draft(page, service_id)
    if any(len(text) > LONGEST_TEXT for text in texts.values()):
        tried = _with_texts(content, texts)
        return _editor_page(page, tried, status=422, trouble="text_too_long")
    with page.fleet.database.write() as session:
        for name, text in texts.items():
            language, _, key = name.partition("/")
            set_text(
                session,
                service_id=service_id,
                language=language,
                key=key,
                text=text,
                actor=admin.name,
                now=page.now,
            )
    return page.go(f"/content/services/{service_id}", done="saved")


@router.post("/{service_id}/check")
def check(
    page: StaffPage, _admin: Admin, _csrf: CsrfChecked, service_id: str, texts: FormTexts
) -> HTMLResponse:
    """What the gate says of the texts as typed, for the places beside the fields."""
    tried = _with_texts(_draft(page, service_id), texts)
    findings = check_service(tried, page.fleet.content.gate)
    return page.show(
        "editor_findings.html",
        groups=_groups(page, tried, findings),
        general=_general(page, tried, findings),
        languages=LANGUAGES,
        count=len(findings),
    )


def _editor_page(
    page: Page, content: ServiceContent, *, status: int = 200, trouble: str = ""
) -> Response:
    service_id = content.definition.id
    with page.fleet.database.read() as session:
        release = current_release(session)
        changed = [c for c in changes(session) if c.where.startswith(f"{service_id}/")]
    findings = check_service(content, page.fleet.content.gate)
    published = {} if release is None else bundle_of(release).services
    return page.show(
        "service.html",
        status=status,
        service=content,
        title=title_of(page.words, content),
        definition=content.definition,
        groups=_groups(page, content, findings),
        general=_general(page, content, findings),
        count=len(findings),
        lines=diff_lines(page.words, changed, {service_id: content}, published),
        release=release,
        languages=LANGUAGES,
        longest=LONGEST_TEXT,
        trouble=trouble,
    )


def _draft(page: Page, service_id: str) -> ServiceContent:
    with page.fleet.database.read() as session:
        content = draft_service(session, service_id)
    if content is None:
        raise NotFound("no such service", code="unknown_service")
    return content


def _with_texts(content: ServiceContent, texts: Mapping[str, str]) -> ServiceContent:
    """As it would be with these texts. Raises Unprocessable on a field that is not one."""
    changed = {language: dict(content.texts.get(language, {})) for language in LANGUAGES}
    for name, text in texts.items():
        language, _, key = name.partition("/")
        if language not in changed or key not in content.definition.text_keys:
            raise Unprocessable("no such text", code="unknown_text")
        changed[language][key] = text
    return content.model_copy(update={"texts": changed})


def _groups(
    page: Page, content: ServiceContent, findings: tuple[Finding, ...]
) -> tuple[Group, ...]:
    words, definition = page.words, content.definition
    by_group: dict[str, list[Field]] = {}
    for key in definition.text_keys:
        head, _, rest = key.partition(".")
        by_group.setdefault(head if rest else "", []).append(_field(page, content, findings, key))
    groups = []
    for head, fields in by_group.items():
        if not head:
            title = words("editor.basics")
        elif head == "materials":
            title = words("editor.materials")
        else:
            title = step_label(words, definition.steps[head])
        groups.append(Group(title, tuple(fields)))
    return tuple(groups)


def _field(page: Page, content: ServiceContent, findings: tuple[Finding, ...], key: str) -> Field:
    words = page.words
    label = key_label(words, content, key)
    return Field(
        key,
        label.rpartition(" · ")[2],
        {language: content.texts.get(language, {}).get(key, "") for language in LANGUAGES},
        {
            language: tuple(
                finding_text(words, finding)
                for finding in findings
                if text_place(finding) == (language, key)
            )
            for language in LANGUAGES
        },
        key.rpartition(".")[2] in _LONG,
    )


def _general(page: Page, content: ServiceContent, findings: tuple[Finding, ...]) -> tuple[str, ...]:
    """Findings that no field of the editor can hold."""
    services = {content.definition.id: content}
    keys = set(content.definition.text_keys)
    lines = []
    for finding in findings:
        place = text_place(finding)
        if place is None or place[1] not in keys:
            line = finding_line(page.words, finding, services)
            lines.append(f"{line.where}：{line.text}")
    return tuple(lines)
