"""Places in content, said in words: text keys, findings of the gate, differences."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from fleet_server.console.words import Words
from fleet_server.content.comparing import Change
from kiosk.contract.content import ServiceContent
from kiosk.contract.findings import Finding, FindingCode
from kiosk.contract.services import Outcome, StepDefinition

Services = Mapping[str, ServiceContent]

_KEY_IN_DETAIL: Final = frozenset({FindingCode.MISSING_TEXT, FindingCode.UNKNOWN_TEXT})
_PARTS_OF_TEXT_PATH: Final = 4


@dataclass(frozen=True, slots=True)
class FindingLine:
    """One finding as an editor reads it."""

    where: str
    text: str
    clause: str
    service_id: str
    """Empty for the menu."""


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One difference; both sides are None where a sentence says it all."""

    subject: str
    place: str
    before: str | None
    after: str | None


def title_of(words: Words, content: ServiceContent) -> str:
    """What citizens call it, in the reader's language; says so where the title is missing."""
    texts = content.texts.get(words.language) or content.texts.get("zh-CN", {})
    return texts.get("title") or words("content.untitled")


def key_label(words: Words, content: ServiceContent, key: str) -> str:
    """`ask_use.options.work` → `选择题 · 选项 work`."""
    head, _, rest = key.partition(".")
    if not rest:
        return words.of_code("text", key)
    if head == "materials":
        return words("text.material", id=rest)
    step = content.definition.steps.get(head)
    kind = head if step is None else step_label(words, step)
    what, _, option = rest.partition(".")
    label = words("text.option", id=option) if option else words.of_code("text", what)
    return words("text.of_step", step=kind, label=label)


def text_place(finding: Finding) -> tuple[str, str] | None:
    """(language, key) of the text a finding is about; None for one about something else."""
    parts = finding.where.split("/")
    if len(parts) < _PARTS_OF_TEXT_PATH - 1 or parts[1] != "texts":
        return None
    if len(parts) == _PARTS_OF_TEXT_PATH:
        return parts[2], parts[3]
    return (parts[2], finding.detail) if finding.code in _KEY_IN_DETAIL else None


def step_label(words: Words, step: StepDefinition) -> str:
    """`选择题`; of the last pages, which are several, also which: `结束页：没有提交`."""
    if isinstance(step, Outcome):
        return words.of_code("ending", step.result)
    return words.of_code("step", step.kind)


def finding_text(words: Words, finding: Finding) -> str:
    """What is wrong, without where."""
    return words(f"finding.{finding.code}", detail=finding.detail)


def finding_line(words: Words, finding: Finding, services: Services) -> FindingLine:
    """What is wrong and where."""
    service_id = finding.where.split("/")[0]
    content = services.get(service_id)
    text = finding_text(words, finding)
    if content is None:
        where = words("content.menu") if service_id == "menu" else finding.where
        return FindingLine(where, text, finding.clause, "")
    title = title_of(words, content)
    place = text_place(finding)
    if place is not None:
        spoken = words.of_code("language", place[0])
        where = words(
            "text.place", title=title, language=spoken, label=key_label(words, content, place[1])
        )
    else:
        path = "/".join(finding.where.split("/")[1:])
        where = f"{title} · {path}" if path else title
    return FindingLine(where, text, finding.clause, service_id)


def diff_lines(
    words: Words, changes: Iterable[Change], draft: Services, published: Services
) -> tuple[DiffLine, ...]:
    """Differences in words; a whole service that comes or goes is one line, so is the menu."""
    lines: dict[tuple[str, str], DiffLine] = {}
    for change in changes:
        subject_id, _, path = change.where.partition("/")
        content = draft.get(subject_id) or published.get(subject_id)
        if subject_id == "menu" or content is None:
            subject = words("content.menu")
            lines[subject, ""] = DiffLine(subject, words("diff.menu"), None, None)
            continue
        subject = title_of(words, published.get(subject_id, content))
        if subject_id not in published or draft[subject_id].definition.status != "published":
            key = "diff.added" if subject_id not in published else "diff.removed"
            lines[subject, ""] = DiffLine(subject, words(key), None, None)
            continue
        place = _place(words, content, path)
        lines[subject, place] = DiffLine(subject, place, change.before, change.after)
    return tuple(lines.values())


def _place(words: Words, content: ServiceContent, path: str) -> str:
    parts = path.split("/")
    if parts[0] == "texts":
        spoken = words.of_code("language", parts[1])
        return f"{key_label(words, content, '/'.join(parts[2:]))} · {spoken}"
    return path
