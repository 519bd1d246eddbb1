"""The publish gate: one mistake each, made in a service that is otherwise fine."""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from kiosk.contract.checks import check_bundle, check_service, placeholders
from kiosk.contract.content import ContentBundle, ServiceContent
from kiosk.contract.findings import FindingCode as Code
from kiosk.contract.findings import Gate
from kiosk.services.loader import load_folder, load_gate

ASSETS = Path(__file__).resolve().parents[3] / "assets"
POLICE = "police-no-criminal-record"

Plain = dict[str, Any]
Spoil = Callable[[Plain], object]


@pytest.fixture(scope="module")
def gate() -> Gate:
    return load_gate(ASSETS)


@pytest.fixture(scope="module")
def bundle() -> ContentBundle:
    return load_folder(ASSETS)


def test_what_ships_has_no_finding(bundle: ContentBundle, gate: Gate) -> None:
    assert check_bundle(bundle, gate) == ()


def _step(plain: Plain, name: str, **fields: object) -> None:
    plain["definition"]["steps"][name] |= fields


def _strand(plain: Plain) -> None:
    steps = plain["definition"]["steps"]
    steps["check"]["then"] = "lost"
    steps["lost"] = {"kind": "check_answers", "then": "lost"}


SPOILT: dict[Code, Spoil] = {
    Code.UNDEFINED_STEP: lambda plain: _step(plain, "identify", then="nowhere"),
    Code.UNREACHABLE_STEP: lambda plain: _step(plain, "photograph_paper", then="sign"),
    Code.NO_OUTCOME: _strand,
    Code.BRANCH_INCOMPLETE: lambda plain: _step(plain, "ask_use", then={"abroad": "ask_phone"}),
    Code.REPEATED_FIELD: lambda plain: _step(plain, "ask_phone", field="use"),
    Code.MISSING_LANGUAGE: lambda plain: plain["texts"].pop("en"),
    Code.MISSING_TEXT: lambda plain: plain["texts"]["en"].update({"sign.help": " "}),
    Code.UNKNOWN_TEXT: lambda plain: plain["texts"]["zh-CN"].update({"sing.title": "签名"}),
    Code.MISSING_TEMPLATE: lambda plain: _step(plain, "print_slip", template="gone.yaml"),
    Code.UNUSED_TEMPLATE: lambda plain: plain["templates"].update({"old.yaml": {"blocks": []}}),
    Code.UNKNOWN_PLACEHOLDER: lambda plain: plain["templates"].update(
        {"acceptance.yaml": {"blocks": [{"text": "{case_nummer}"}]}}
    ),
    Code.LINE_TOO_WIDE: lambda plain: plain["templates"].update(
        {"acceptance.yaml": {"blocks": [{"heading": "受理回执" * 7}]}}
    ),
    Code.MALFORMED: lambda plain: plain["templates"].update({"acceptance.yaml": ["text"]}),
    Code.PROMISE_ABOVE_LIMIT: lambda plain: plain["definition"].update(
        {"promised_limit_working_days": 4}
    ),
    Code.HELD_ELSEWHERE: lambda plain: plain["definition"]["materials"][1].update(
        {"source": "shared"}
    ),
    Code.COPY_DEMANDED: lambda plain: plain["texts"]["zh-CN"].update(
        {"materials.identity": "身份证复印件"}
    ),
    Code.UNKNOWN_MATERIAL: lambda plain: _step(plain, "photograph_paper", material="selfie"),
    Code.MATERIAL_NOT_TAKEN: lambda plain: plain["definition"]["materials"][0].update(
        {"source": "citizen", "kept": "photograph"}
    ),
    Code.VAGUE_WORDS: lambda plain: plain["texts"]["zh-CN"].update(
        {"materials.use_paper": "录用通知及其他材料"}
    ),
    Code.UNKNOWN_RULE: lambda plain: _step(plain, "identify", rule="is_nice"),
}


@pytest.mark.parametrize("code", list(SPOILT))
def test_each_mistake_is_found_by_its_name(code: Code, bundle: ContentBundle, gate: Gate) -> None:
    plain = deepcopy(bundle.services[POLICE].model_dump(mode="json"))
    SPOILT[code](plain)
    found = check_service(ServiceContent.model_validate(plain), gate)
    assert code in {each.code for each in found}
    assert all(each.where.startswith(POLICE) and each.detail for each in found)


def test_a_material_another_office_holds_is_not_asked_of_the_citizen(
    bundle: ContentBundle, gate: Gate
) -> None:
    plain = deepcopy(bundle.services[POLICE].model_dump(mode="json"))
    plain["definition"]["materials"].append({"id": "household_register", "source": "citizen"})
    for texts in plain["texts"].values():
        texts["materials.household_register"] = "X"
    (finding,) = check_service(ServiceContent.model_validate(plain), gate)
    assert (finding.code, finding.clause) == (Code.HELD_ELSEWHERE, "S62")
    assert check_service(ServiceContent.model_validate(plain)) == ()


def test_an_unknown_code_reader_is_found(bundle: ContentBundle, gate: Gate) -> None:
    plain = deepcopy(bundle.services["tax-payment-certificate"].model_dump(mode="json"))
    plain["definition"]["steps"]["scan"]["expects"] = "lottery_ticket"
    found = check_service(ServiceContent.model_validate(plain), gate)
    assert [each.code for each in found] == [Code.UNKNOWN_CODE_READER]


MENUS: dict[Code, Spoil] = {
    Code.UNKNOWN_SERVICE: lambda plain: plain["services"].pop(POLICE),
    Code.NOT_ON_MENU: lambda plain: plain["menu"]["departments"][0].update({"services": []}),
    Code.WRONG_DEPARTMENT: lambda plain: plain["menu"]["departments"][0].update(
        {"department": "tax"}
    ),
    Code.NOT_PUBLISHED: lambda plain: plain["services"][POLICE]["definition"].update(
        {"status": "draft"}
    ),
    Code.WRONG_ID: lambda plain: plain["services"][POLICE]["definition"].update({"id": "other"}),
    Code.REPEATED_FIELD: lambda plain: plain["menu"]["departments"][0].update(
        {"services": [POLICE, POLICE]}
    ),
}


@pytest.mark.parametrize("code", list(MENUS))
def test_each_mistake_of_the_menu_is_found(code: Code, bundle: ContentBundle, gate: Gate) -> None:
    plain = deepcopy(bundle.model_dump(mode="json"))
    MENUS[code](plain)
    found = check_bundle(ContentBundle.model_validate(plain), gate)
    assert code in {each.code for each in found}


def test_every_kind_of_finding_is_found_somewhere_here() -> None:
    assert set(Code) == set(SPOILT) | set(MENUS) | {Code.UNKNOWN_CODE_READER}


@pytest.mark.parametrize("text", ["{", "}", "{0}", "{a.b}", "{a!r}", "{a:>5}", "{}"])
def test_only_plain_names_may_stand_in_braces(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        placeholders(text)


def test_the_hash_changes_with_any_word_and_with_nothing_else(bundle: ContentBundle) -> None:
    again = ContentBundle.model_validate_json(bundle.model_dump_json())
    assert again.hash == bundle.hash
    plain = bundle.model_dump(mode="json")
    plain["services"][POLICE]["texts"]["zh-CN"]["title"] += "。"
    assert ContentBundle.model_validate(plain).hash != bundle.hash
