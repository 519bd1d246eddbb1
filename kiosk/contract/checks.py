"""The publish gate: everything that is wrong with a service or a bundle, before anyone meets it.

The same checks run in the editor's preview, at publication and when a kiosk loads a bundle.
"""

import string
from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from kiosk.contract.content import LANGUAGES, ContentBundle, ServiceContent
from kiosk.contract.findings import Finding, FindingCode, Gate
from kiosk.contract.receipt_blocks import BlockMistake, TooWide, check_block, check_width
from kiosk.contract.receipt_fields import BLOCK_FIELDS, RECEIPT_FIELDS
from kiosk.contract.services import (
    AskChoice,
    AskDigits,
    Outcome,
    Photograph,
    PrintReceipt,
    ReadIdCard,
    ReadSocialSecurityCard,
    ScanCode,
    ServiceDefinition,
    exits,
)

OPEN_GATE = Gate()
"""Checks the form only: no word lists, no names."""


def check_bundle(bundle: ContentBundle, gate: Gate = OPEN_GATE) -> tuple[Finding, ...]:
    """Every mistake in the menu and in each service; empty when it may be shown."""
    found = list(_check_menu(bundle))
    for service_id, content in sorted(bundle.services.items()):
        if service_id != content.definition.id:
            found.append(
                Finding(
                    code=FindingCode.WRONG_ID,
                    where=service_id,
                    detail=f"the definition calls itself {content.definition.id}",
                )
            )
        found += check_service(content, gate)
    return tuple(found)


def check_service(content: ServiceContent, gate: Gate = OPEN_GATE) -> tuple[Finding, ...]:
    """Every mistake in one service; empty when it may be shown."""
    definition = content.definition
    return (
        *_check_graph(definition),
        *_check_fields(definition),
        *_check_names(definition, gate),
        *_check_materials(definition, gate),
        *_check_texts(content),
        *_check_words(content, gate),
        *_check_templates(content, gate),
        *_check_promise(definition),
    )


def _check_menu(bundle: ContentBundle) -> Iterator[Finding]:
    shown: list[str] = []
    for entry in bundle.menu.departments:
        where = f"menu/{entry.department.value}"
        for service_id in entry.services:
            content = bundle.services.get(service_id)
            if content is None:
                yield Finding(code=FindingCode.UNKNOWN_SERVICE, where=where, detail=service_id)
                continue
            shown.append(service_id)
            if content.definition.department is not entry.department:
                yield Finding(code=FindingCode.WRONG_DEPARTMENT, where=where, detail=service_id)
            if content.definition.status != "published":
                detail = f"{service_id} is {content.definition.status}"
                yield Finding(code=FindingCode.NOT_PUBLISHED, where=where, detail=detail)
    for service_id in sorted({each for each in shown if shown.count(each) > 1}):
        yield Finding(
            code=FindingCode.REPEATED_FIELD, where="menu", detail=f"{service_id} is listed twice"
        )
    for service_id, content in sorted(bundle.services.items()):
        if content.definition.status == "published" and service_id not in shown:
            yield Finding(
                code=FindingCode.NOT_ON_MENU, where=service_id, detail="no department lists it"
            )


def _check_graph(definition: ServiceDefinition) -> Iterator[Finding]:
    steps = definition.steps
    forward = {step_id: set(exits(step).values()) for step_id, step in steps.items()}
    if definition.start not in steps:
        yield Finding(
            code=FindingCode.UNDEFINED_STEP,
            where=definition.id,
            detail=f"start: {definition.start}",
        )
    for step_id, step in steps.items():
        for name, target in exits(step).items():
            if target not in steps:
                yield Finding(
                    code=FindingCode.UNDEFINED_STEP,
                    where=f"{definition.id}/steps/{step_id}",
                    detail=f"{name}: {target}",
                )
    backward: dict[str, set[str]] = {step_id: set() for step_id in steps}
    for step_id, targets in forward.items():
        for target in targets & steps.keys():
            backward[target].add(step_id)
    outcomes = {step_id for step_id, step in steps.items() if isinstance(step, Outcome)}
    for step_id in sorted(steps.keys() - _closure({definition.start}, forward)):
        yield Finding(
            code=FindingCode.UNREACHABLE_STEP,
            where=f"{definition.id}/steps/{step_id}",
            detail=f"no path from {definition.start} comes here",
        )
    for step_id in sorted(steps.keys() - _closure(outcomes, backward)):
        yield Finding(
            code=FindingCode.NO_OUTCOME,
            where=f"{definition.id}/steps/{step_id}",
            detail="no path from here ends in an outcome",
        )


def _closure(start: set[str], edges: Mapping[str, set[str]]) -> set[str]:
    """Everything that can be reached, the start included."""
    seen: set[str] = set()
    ahead = list(start)
    while ahead:
        step_id = ahead.pop()
        if step_id not in seen:
            seen.add(step_id)
            ahead += edges.get(step_id, ())
    return seen


def _check_fields(definition: ServiceDefinition) -> Iterator[Finding]:
    asked: dict[str, str] = {}
    for step_id, step in definition.steps.items():
        where = f"{definition.id}/steps/{step_id}"
        if isinstance(step, AskChoice | AskDigits):
            if step.field in asked:
                detail = f"{step.field} is asked in {asked[step.field]} as well"
                yield Finding(code=FindingCode.REPEATED_FIELD, where=where, detail=detail)
            asked[step.field] = step_id
        if isinstance(step, AskChoice):
            if len(set(step.options)) != len(step.options):
                yield Finding(
                    code=FindingCode.REPEATED_FIELD, where=where, detail="an option twice"
                )
            if isinstance(step.then, dict) and set(step.then) != set(step.options):
                odd = ", ".join(sorted(set(step.then) ^ set(step.options)))
                yield Finding(code=FindingCode.BRANCH_INCOMPLETE, where=where, detail=odd)
        if isinstance(step, AskDigits) and step.min_digits > step.max_digits:
            yield Finding(
                code=FindingCode.MALFORMED, where=where, detail="min_digits above max_digits"
            )


def _check_names(definition: ServiceDefinition, gate: Gate) -> Iterator[Finding]:
    for step_id, step in definition.steps.items():
        where = f"{definition.id}/steps/{step_id}"
        rule = step.rule if isinstance(step, ReadIdCard | AskDigits) else ""
        if rule and gate.rules is not None and rule not in gate.rules:
            yield Finding(code=FindingCode.UNKNOWN_RULE, where=where, detail=rule)
        known = gate.code_readers
        if isinstance(step, ScanCode) and known is not None and step.expects not in known:
            yield Finding(code=FindingCode.UNKNOWN_CODE_READER, where=where, detail=step.expects)


def _check_materials(definition: ServiceDefinition, gate: Gate) -> Iterator[Finding]:
    materials = {material.id: material for material in definition.materials}
    steps = definition.steps.values()
    photographed = {step.material for step in steps if isinstance(step, Photograph)}
    reads_card = any(isinstance(step, ReadIdCard | ReadSocialSecurityCard) for step in steps)
    for step_id, step in definition.steps.items():
        if isinstance(step, Photograph):
            where = f"{definition.id}/steps/{step_id}"
            material = materials.get(step.material)
            if material is None:
                yield Finding(code=FindingCode.UNKNOWN_MATERIAL, where=where, detail=step.material)
            elif material.source != "citizen":
                detail = f"{step.material} comes from {material.source}, yet is photographed"
                yield Finding(code=FindingCode.HELD_ELSEWHERE, where=where, detail=detail)
    for material_id, material in materials.items():
        where = f"{definition.id}/materials/{material_id}"
        if material.source == "citizen" and material_id in gate.held_elsewhere:
            detail = f"{gate.held_elsewhere[material_id]} holds it"
            yield Finding(code=FindingCode.HELD_ELSEWHERE, where=where, detail=detail)
        if material.kept == "photograph" and material_id not in photographed:
            detail = "kept as a photograph, and no step takes one"
            yield Finding(code=FindingCode.MATERIAL_NOT_TAKEN, where=where, detail=detail)
        if material.source == "card" and not reads_card:
            detail = "read from a card, and no step reads one"
            yield Finding(code=FindingCode.MATERIAL_NOT_TAKEN, where=where, detail=detail)


def _check_texts(content: ServiceContent) -> Iterator[Finding]:
    wanted = set(content.definition.text_keys)
    for language in LANGUAGES:
        where = f"{content.definition.id}/texts/{language}"
        if language not in content.texts:
            yield Finding(code=FindingCode.MISSING_LANGUAGE, where=where, detail=language)
            continue
        texts = content.texts[language]
        for key in sorted(wanted):
            if not texts.get(key, "").strip():
                yield Finding(code=FindingCode.MISSING_TEXT, where=where, detail=key)
        for key in sorted(texts.keys() - wanted):
            yield Finding(code=FindingCode.UNKNOWN_TEXT, where=where, detail=key)
    for language in sorted(content.texts.keys() - set(LANGUAGES)):
        yield Finding(
            code=FindingCode.UNKNOWN_TEXT, where=f"{content.definition.id}/texts", detail=language
        )


def _check_words(content: ServiceContent, gate: Gate) -> Iterator[Finding]:
    rules = (
        (FindingCode.VAGUE_WORDS, gate.vague_words),
        (FindingCode.COPY_DEMANDED, gate.copy_words),
    )
    for code, words in rules:
        for language, texts in sorted(content.texts.items()):
            for key, text in sorted(texts.items()):
                for word in words.get(language, ()):
                    if word.lower() in text.lower():
                        yield Finding(
                            code=code,
                            where=f"{content.definition.id}/texts/{language}/{key}",
                            detail=word,
                        )


def _check_templates(content: ServiceContent, gate: Gate) -> Iterator[Finding]:
    definition = content.definition
    named = {step.template for step in definition.steps.values() if isinstance(step, PrintReceipt)}
    for template in sorted(named - content.templates.keys()):
        yield Finding(
            code=FindingCode.MISSING_TEMPLATE,
            where=f"{definition.id}/templates",
            detail=template,
        )
    for template in sorted(content.templates.keys() - named):
        yield Finding(
            code=FindingCode.UNUSED_TEMPLATE, where=f"{definition.id}/templates", detail=template
        )
    for name, template_json in sorted(content.templates.items()):
        where = f"{definition.id}/templates/{name}"
        if not isinstance(template_json, dict) or not isinstance(template_json.get("blocks"), list):
            yield Finding(code=FindingCode.MALFORMED, where=where, detail="no list of blocks")
            continue
        yield from _check_blocks(template_json, where, gate.paper_columns)
        yield from _check_placeholders(template_json, where)


def _check_blocks(template: dict[str, JsonValue], where: str, columns: int) -> Iterator[Finding]:
    for name in sorted(template.keys() - {"blocks"}):
        yield Finding(code=FindingCode.MALFORMED, where=where, detail=f"unknown {name}")
    blocks = template["blocks"]
    if not isinstance(blocks, list) or not blocks:
        yield Finding(code=FindingCode.MALFORMED, where=where, detail="no blocks")
        return
    for number, block in enumerate(blocks, start=1):
        place = f"{where}/blocks/{number}"
        try:
            check_block(block)
            check_width(block, columns)
        except BlockMistake as mistake:
            yield Finding(code=FindingCode.MALFORMED, where=place, detail=str(mistake))
        except TooWide as words:
            yield Finding(code=FindingCode.LINE_TOO_WIDE, where=place, detail=str(words))


def _check_placeholders(template: JsonValue, where: str) -> Iterator[Finding]:
    for text in strings_in(template):
        try:
            fields = placeholders(text)
        except ValueError as error:
            yield Finding(code=FindingCode.MALFORMED, where=where, detail=str(error))
            continue
        for field in fields:
            if field not in RECEIPT_FIELDS:
                yield Finding(code=FindingCode.UNKNOWN_PLACEHOLDER, where=where, detail=field)
            elif field in BLOCK_FIELDS and text != f"{{{field}}}":
                detail = f"{field} must stand alone"
                yield Finding(code=FindingCode.UNKNOWN_PLACEHOLDER, where=where, detail=detail)


def _check_promise(definition: ServiceDefinition) -> Iterator[Finding]:
    promised = definition.promised_limit_working_days
    statutory = definition.statutory_limit_working_days
    if promised > statutory:
        yield Finding(
            code=FindingCode.PROMISE_ABOVE_LIMIT,
            where=f"{definition.id}/promised_limit_working_days",
            detail=f"{promised} working days promised, the law allows {statutory}",
        )


def strings_in(value: JsonValue) -> Iterator[str]:
    """Every text in a tree of lists and mappings; keys are not texts."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from strings_in(each)
    elif isinstance(value, dict):
        for each in value.values():
            yield from strings_in(each)


def placeholders(text: str) -> tuple[str, ...]:
    """The names in `{braces}`. Raises ValueError on a stray brace, a format or an attribute."""
    names: list[str] = []
    for _, name, form, conversion in string.Formatter().parse(text):
        if name is None:
            continue
        if form or conversion or not name.isidentifier():
            raise ValueError(f"only plain names may stand in braces, not {{{name}}}")
        names.append(name)
    return tuple(names)
