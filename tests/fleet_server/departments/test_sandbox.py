"""The sandboxes decide by real rules, once, and forget nothing."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal

import pytest
import yaml

from fleet_server.assets import ASSETS
from fleet_server.departments.contract.endpoints import ContractError
from fleet_server.departments.contract.models import (
    Accepted,
    Answer,
    Completed,
    HandedCase,
    Paper,
    Refused,
)
from fleet_server.departments.sandbox.__main__ import contract_document
from fleet_server.departments.sandbox.app import DEPARTMENTS
from fleet_server.departments.sandbox.decisions import Moment
from fleet_server.departments.sandbox.ledger import Ledger
from fleet_server.departments.sandbox.records import Person, Registration, read_rows
from fleet_server.departments.sandbox.tax import yuan_in_words
from kiosk.contract.cases import Applicant
from kiosk.contract.identifiers import NumberKind, check_number
from kiosk.contract.services import Department

ZHANG, CHEN, LIU = "370321198503120011", "810000199006070010", "370321197801051515"
MONDAY = Moment(datetime(2026, 11, 23, 2, 0, tzinfo=UTC), 7)
SERVICES = {
    "police": "police-no-criminal-record",
    "real_estate": "real-estate-registration-result",
    "tax": "tax-payment-certificate",
    "social_security": "social-insurance-participation",
}


def _case(department: str, number: str, name: str = "", **more: object) -> HandedCase:
    kind: Literal["tax_notice"] | NumberKind = (
        "tax_notice" if department == "tax" else NumberKind.RESIDENT_ID
    )
    fields = {
        "case_id": "1" * 32,
        "case_number": "370321-20261123-000001",
        "service_id": SERVICES[department],
        "service_version": 1,
        "received_at": MONDAY.now,
        "purpose": "测试",
        "applicant": Applicant(name=name, number=number, number_kind=kind),
    }
    return HandedCase.model_validate(fields | more)


def _decide(department: str, case: HandedCase) -> Answer:
    return DEPARTMENTS[department](ASSETS).decide(case, MONDAY)


def _signed(number: str, name: str) -> HandedCase:
    paper = Paper(name="use_paper", media_type="image/jpeg", content=b"cGFwZXI=")
    return _case("police", number, name, signature_png=b"cGVu", papers=(paper,))


def test_police_accept_and_name_the_day_they_must_decide_by() -> None:
    answer = _decide("police", _signed(ZHANG, "张明远"))
    assert isinstance(answer, Accepted)
    assert (answer.limit_working_days, str(answer.decide_by)) == (3, "2026-11-26")


@pytest.mark.parametrize(
    ("case", "code"),
    [
        (_signed("370321196902142534", "无此人"), "unknown_person"),
        (_signed(ZHANG, "别人名"), "unknown_person"),
        (_case("police", ZHANG, "张明远", signature_png=b"cGVu"), "paper_missing"),
    ],
)
def test_police_refuse_with_a_sentence(case: HandedCase, code: str) -> None:
    answer = _decide("police", case)
    assert isinstance(answer, Refused)
    assert answer.code == code
    assert answer.reason.endswith("。")


@pytest.mark.slow
def test_a_holder_gets_every_registration() -> None:
    answer = _decide("real_estate", _case("real_estate", LIU, "刘建国"))
    assert isinstance(answer, Completed)
    units = [value for label, value in answer.certificate.rows if label == "不动产单元号"]
    assert len(units) == 2
    assert {len(unit) for unit in units} == {28}


def test_nobodys_house_is_certified_as_none() -> None:
    answer = _decide("real_estate", _case("real_estate", CHEN, "陈嘉欣"))
    assert isinstance(answer, Completed)
    assert dict(answer.certificate.rows)["查询结果"].endswith("无不动产登记信息。")


@pytest.mark.parametrize("code", ["TAX1:370321:20261100042317", "20261100042317"])
def test_a_paid_notice_is_certified(code: str) -> None:
    answer = _decide("tax", _case("tax", code))
    assert isinstance(answer, Completed)
    assert dict(answer.certificate.rows)["金额合计"] == "￥19,666.67"
    assert [row[0] for row in answer.certificate.table_rows] == ["契税", "个人所得税"]


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("TAX1:370321:99999999999999", "unknown_notice"),
        ("TAX1:370322:20261100042317", "unknown_notice"),
        ("TAX1:370321:20261000039981", "voided_notice"),
        ("TAX1:370321:20261100043048", "unpaid_notice"),
        ("https://example.org", "unknown_notice"),
    ],
)
def test_a_notice_that_cannot_be_certified_is_refused(number: str, code: str) -> None:
    answer = _decide("tax", _case("tax", number))
    assert isinstance(answer, Refused)
    assert answer.code == code


@pytest.mark.parametrize(
    ("asked", "kinds"),
    [
        ("all", ["职工基本养老保险", "失业保险", "工伤保险"]),
        ("injury", ["工伤保险"]),
    ],
)
def test_insurances_asked_for_are_certified(asked: str, kinds: list[str]) -> None:
    case = _case("social_security", ZHANG, "张明远", answers={"insurance": asked})
    answer = _decide("social_security", case)
    assert isinstance(answer, Completed)
    assert [row[0] for row in answer.certificate.table_rows] == kinds
    assert answer.certificate.rows[0] == ("姓名", "张明远")


def test_months_not_paid_are_not_counted() -> None:
    case = _case("social_security", ZHANG, "张明远", answers={"insurance": "pension"})
    answer = _decide("social_security", case)
    assert isinstance(answer, Completed)
    (row,) = answer.certificate.table_rows
    assert row[3] == str(18 * 12 + 4 - 2)  # 2008-07 … 2026-10 but for two months


@pytest.mark.parametrize(
    ("yuan", "words"),
    [
        ("0", "零元整"),
        ("0.05", "伍分"),
        ("10.00", "壹拾元整"),
        ("10.05", "壹拾元零伍分"),
        ("1006.50", "壹仟零陆元伍角整"),
        ("100000", "壹拾万元整"),
        ("10203.00", "壹万零贰佰零叁元整"),
        ("100000001.01", "壹亿零壹元零壹分"),
        ("19666.67", "壹万玖仟陆佰陆拾陆元陆角柒分"),
    ],
)
def test_amounts_are_written_as_on_official_papers(yuan: str, words: str) -> None:
    assert yuan_in_words(Decimal(yuan)) == words


def test_an_answer_survives_a_restart_and_never_changes(tmp_path: Path) -> None:
    case = _case("tax", "TAX1:370321:20261100042317")
    answers = []
    for _ in range(2):
        ledger = Ledger(tmp_path / "tax.sqlite", DEPARTMENTS["tax"](ASSETS))
        answers.append(ledger.take(case))
        assert ledger.look(case.case_id) == answers[0]
        assert ledger.count() == 1
        ledger.close()
    assert answers[0] == answers[1]


def test_the_same_id_with_other_content_is_a_conflict(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "tax.sqlite", DEPARTMENTS["tax"](ASSETS))
    ledger.take(_case("tax", "TAX1:370321:20261100042317"))
    with pytest.raises(ContractError, match="case_conflict"):
        ledger.take(_case("tax", "TAX1:370321:20261100042325"))
    assert ledger.count() == 1
    ledger.close()


def test_there_is_a_sandbox_for_every_department() -> None:
    assert set(DEPARTMENTS) == {department.value for department in Department}


def test_invented_numbers_are_valid() -> None:
    people = read_rows(ASSETS / "sandbox" / "people.yaml", Person)
    rows = read_rows(ASSETS / "sandbox" / "real_estate.yaml", Registration)
    numbers = [person.number for person in people] + [row.unit for row in rows]
    assert [number for number in numbers if not check_number(number).valid] == []


def test_the_sandboxes_know_everybody_whose_card_is_on_the_bench() -> None:
    known = {
        (person.name, person.number)
        for person in read_rows(ASSETS / "sandbox" / "people.yaml", Person)
    }
    bench = Path(__file__).resolve().parents[3] / "device_drivers" / "bench" / "people.yaml"
    held = yaml.safe_load(bench.read_text(encoding="utf-8"))
    cards = {(card["name"], card["number"]) for card in held["id_cards"].values()}
    cards |= {
        (card["name"], card["social_security_number"])
        for card in held["social_security_cards"].values()
    }
    assert len(cards) >= 4
    assert cards <= known


def test_the_committed_contract_is_current() -> None:
    folder = Path(__file__).resolve().parents[3] / "fleet_server" / "departments" / "contract"
    committed = (folder / "openapi.json").read_text(encoding="utf-8")
    assert committed == contract_document()
    assert set(json.loads(committed)["paths"]) == {"/cases", "/cases/{case_id}", "/health"}
