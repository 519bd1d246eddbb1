"""Puts a service together from its parsed files; whoever can read YAML hands them over."""

from collections.abc import Iterator, Mapping

from pydantic import JsonValue, ValidationError

from kiosk.contract.content import Menu, ServiceContent, Texts
from kiosk.contract.findings import Finding, FindingCode

DEFINITION_FILE = "service.yaml"
TEXT_PREFIX = "text."
SUFFIX = ".yaml"


class NotText(ValueError):
    """A file of texts holds something else; the message names the key."""


class Unassembled(Exception):
    """The files do not make content; the findings say which file and which field."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        self.findings = findings
        super().__init__("; ".join(map(str, findings)))


def assemble_service(folder_name: str, files: Mapping[str, JsonValue]) -> ServiceContent:
    """One service from its folder's files by name. Raises Unassembled."""
    if DEFINITION_FILE not in files:
        raise Unassembled((_malformed(folder_name, f"no {DEFINITION_FILE}"),))
    texts: dict[str, JsonValue] = {}
    templates: dict[str, JsonValue] = {}
    found: list[Finding] = []
    for name, parsed in files.items():
        if name == DEFINITION_FILE:
            continue
        if name.startswith(TEXT_PREFIX):
            try:
                language = name[len(TEXT_PREFIX) : -len(SUFFIX)]
                texts[language] = dict(flatten(parsed))
            except NotText as error:
                found.append(_malformed(f"{folder_name}/{name}", str(error)))
        else:
            templates[name] = parsed
    if found:
        raise Unassembled(tuple(found))
    whole = {"definition": files[DEFINITION_FILE], "texts": texts, "templates": templates}
    try:
        return ServiceContent.model_validate(whole)
    except ValidationError as error:
        raise Unassembled(findings_of(error, folder_name)) from error


def assemble_menu(parsed: JsonValue) -> Menu:
    """The menu from `menu.yaml`. Raises Unassembled."""
    try:
        return Menu.model_validate(parsed)
    except ValidationError as error:
        raise Unassembled(findings_of(error, "menu")) from error


def flatten(tree: JsonValue) -> Texts:
    """`{"ask": {"title": "…"}}` → `{"ask.title": "…"}`. Raises NotText."""
    if not isinstance(tree, dict):
        raise NotText("a file of texts must be a mapping")
    return dict(_leaves(tree, ""))


def _leaves(tree: Mapping[str, JsonValue], prefix: str) -> Iterator[tuple[str, str]]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{prefix}{key}.")
        elif isinstance(value, str):
            yield f"{prefix}{key}", value
        else:
            raise NotText(f"{prefix}{key} is not text; put it in quotes")


def findings_of(error: ValidationError, where: str) -> tuple[Finding, ...]:
    """A validation error as findings: one per field, without the values that were in it."""
    return tuple(
        _malformed("/".join((where, *map(str, each["loc"]))), each["msg"])
        for each in error.errors(include_input=False)
    )


def _malformed(where: str, detail: str) -> Finding:
    return Finding(code=FindingCode.MALFORMED, where=where, detail=detail)
