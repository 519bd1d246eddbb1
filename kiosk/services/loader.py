"""Reads services and menu, from the asset folder or a signed bundle file, or refuses by name."""

from pathlib import Path

import yaml
from pydantic import JsonValue, ValidationError

from kiosk.contract.assemble import Unassembled, assemble_menu, assemble_service, findings_of
from kiosk.contract.checks import check_bundle
from kiosk.contract.content import ContentBundle, ServiceContent
from kiosk.contract.findings import Finding, FindingCode, Gate
from kiosk.services.rules import CODE_READER_NAMES, RULE_NAMES


class ContentRefused(Exception):
    """Content may not be shown; `findings` say what and where. What was shown stays."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        self.findings = findings
        super().__init__("; ".join(map(str, findings)))


KIOSK_GATE = Gate(rules=RULE_NAMES, code_readers=CODE_READER_NAMES)
"""What a kiosk checks before it shows a bundle: form and names; the words passed at publication."""


def load_gate(assets: Path) -> Gate:
    """The publish gate's word lists with the names this software knows. Raises ContentRefused."""
    parsed = _read(assets / "publish_gate.yaml", "publish_gate.yaml")
    try:
        gate = Gate.model_validate(parsed)
    except ValidationError as error:
        raise ContentRefused(findings_of(error, "publish_gate.yaml")) from error
    return gate.model_copy(update={"rules": RULE_NAMES, "code_readers": CODE_READER_NAMES})


def load_folder(assets: Path, gate: Gate = KIOSK_GATE) -> ContentBundle:
    """`assets/menu.yaml` and every `assets/services/<id>/`. Raises ContentRefused."""
    found: list[Finding] = []
    services: dict[str, ServiceContent] = {}
    for folder in sorted((assets / "services").iterdir()):
        if not folder.is_dir():
            continue
        try:
            services[folder.name] = read_service(folder)
        except ContentRefused as refused:
            found += refused.findings
    try:
        menu = assemble_menu(_read(assets / "menu.yaml", "menu.yaml"))
    except Unassembled as error:
        raise ContentRefused((*found, *error.findings)) from error
    if found:
        raise ContentRefused(tuple(found))
    return _checked(ContentBundle(menu=menu, services=services), gate)


def read_service(folder: Path) -> ServiceContent:
    """One service's files, read but not yet checked as a whole. Raises ContentRefused."""
    files = {path.name: _read(path, f"{folder.name}/{path.name}") for path in folder.glob("*.yaml")}
    try:
        return assemble_service(folder.name, files)
    except Unassembled as error:
        raise ContentRefused(error.findings) from error


def load_bundle_file(path: Path, gate: Gate = KIOSK_GATE) -> ContentBundle:
    """A bundle as published: JSON of `ContentBundle`. Raises ContentRefused."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ContentRefused((_malformed(path.name, str(error.strerror)),)) from error
    return parse_bundle(content, gate, where=path.name)


def parse_bundle(
    content: bytes, gate: Gate = KIOSK_GATE, *, where: str = "bundle"
) -> ContentBundle:
    """The same from bytes in memory. Raises ContentRefused."""
    try:
        bundle = ContentBundle.model_validate_json(content)
    except ValidationError as error:
        raise ContentRefused(findings_of(error, where)) from error
    return _checked(bundle, gate)


def _checked(bundle: ContentBundle, gate: Gate) -> ContentBundle:
    findings = check_bundle(bundle, gate)
    if findings:
        raise ContentRefused(findings)
    return bundle


def _read(path: Path, where: str) -> JsonValue:
    try:
        # by libyaml: the same tree in a seventh of the time
        parsed: JsonValue = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ContentRefused((_malformed(where, str(error)),)) from error
    return parsed


def _malformed(where: str, detail: str) -> Finding:
    return Finding(code=FindingCode.MALFORMED, where=where, detail=detail)
