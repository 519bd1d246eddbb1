"""Every service that ships: each way out of each step taken once, each outcome reached."""

import pytest

from device_drivers.receipt_printer.document import parse_receipt
from device_drivers.receipt_printer.interface import KeyValues
from kiosk.contract.checks import strings_in
from kiosk.contract.services import Outcome, ServiceDefinition, exits
from kiosk.flow import effects as ef
from kiosk.flow import events as ev
from kiosk.flow import states as st
from kiosk.flow.facts import receipt_facts
from tests.kiosk.flow.visits import (
    CASE_ID,
    PAGE,
    PERSON,
    PERSONAL,
    RECEIPT,
    Walk,
    content,
    definitions,
    events_for,
    every_exit,
    world,
)


@pytest.mark.parametrize(("service_id", "step_id", "way"), list(every_exit()))
def test_each_way_out_of_each_step_leads_where_it_says(
    service_id: str, step_id: str, way: str
) -> None:
    definition = content().bundle.services[service_id].definition
    walk = Walk()
    walk.choose(service_id)
    walk.until(step_id)
    state = walk.feed(*events_for(definition.steps[step_id], way))
    assert isinstance(state, st.InStep)
    assert state.step_id == exits(definition.steps[step_id])[way]


@pytest.mark.parametrize(
    ("service_id", "outcome"),
    [
        (definition.id, step_id)
        for definition in definitions()
        for step_id, step in definition.steps.items()
        if isinstance(step, Outcome)
    ],
)
def test_each_outcome_is_reached_recorded_and_left_for_idle(service_id: str, outcome: str) -> None:
    walk = Walk()
    walk.choose(service_id)
    walk.until(outcome)
    step = content().bundle.services[service_id].definition.steps[outcome]
    assert isinstance(step, Outcome)
    assert ef.NoteSessionEnded(service_id, step.result, outcome) in walk.effects
    walk.feed(ev.Quit())
    assert ef.ForgetSession() in walk.effects
    assert walk.past_the_slot() == st.Idle()


@pytest.mark.parametrize("definition", definitions(), ids=lambda each: each.id)
def test_whatever_is_printed_can_be_read_by_the_printer(definition: ServiceDefinition) -> None:
    printed = [
        effect
        for service_id, step_id, way in every_exit()
        if service_id == definition.id
        for effect in _effects(service_id, step_id, way)
        if isinstance(effect, ef.PrintPaper)
    ]
    assert printed
    for paper in printed:
        assert parse_receipt(paper.receipt).blocks
        assert not [text for text in strings_in(dict(paper.receipt)) if "{" in text]


def _effects(service_id: str, step_id: str, way: str) -> list[ef.Effect]:
    walk = Walk()
    walk.choose(service_id)
    walk.until(step_id)
    walk.feed(*events_for(content().bundle.services[service_id].definition.steps[step_id], way))
    return walk.effects


def test_the_police_application_submits_all_and_nothing_else() -> None:
    walk = Walk()
    walk.choose("police-no-criminal-record")
    walk.until("submit")
    stored = next(effect for effect in walk.effects if isinstance(effect, ef.StoreCase))
    assert stored.payload.applicant.number == PERSON.number
    assert dict(stored.payload.answers) == {"use": "abroad", "phone": "13805330042"}
    assert stored.payload.signature_png.startswith(b"\x89PNG")
    assert dict(stored.papers) == {
        "use_paper": ef.PhotographedPaper((PAGE,), ef.Form.SEVERAL_PAGES)
    }
    assert stored.content == content().hash


def test_the_acceptance_receipt_masks_the_person_and_says_until_when() -> None:
    walk = Walk()
    walk.choose("police-no-criminal-record")
    walk.until("print_receipt")
    paper = next(effect for effect in walk.effects if isinstance(effect, ef.PrintPaper))
    said = str(paper.receipt)
    assert not [canary for canary in PERSONAL if canary in said]
    assert "370***********0011" in said
    assert "张*远" in said
    assert RECEIPT.case_number in said
    assert "应于 2026年11月26日 周四 前作出决定" in said
    assert RECEIPT.verify_url in said


def test_a_slip_printed_without_the_server_carries_the_local_number_and_no_case_number() -> None:
    walk = Walk()
    walk.choose("police-no-criminal-record")
    walk.until("print_slip")
    paper = next(effect for effect in walk.effects if isinstance(effect, ef.PrintPaper))
    said = str(paper.receipt)
    assert "3F2A 91BC 04DE" in said
    assert "张*远" in said
    assert PERSON.name not in said
    assert f"https://127.0.0.1:8443/v/{CASE_ID}" in said
    assert RECEIPT.case_number not in said


def test_a_certificate_names_its_person_whole() -> None:
    walk = Walk()
    walk.choose("social-insurance-participation")
    walk.until("print_certificate")
    paper = next(effect for effect in walk.effects if isinstance(effect, ef.PrintPaper))
    blocks = parse_receipt(paper.receipt).blocks
    rows = [row for block in blocks if isinstance(block, KeyValues) for row in block.rows]
    assert ("姓名", PERSON.name) in rows


def test_an_empty_row_is_left_out_of_the_slip_rather_than_printed_empty() -> None:
    walk = Walk()
    walk.choose("real-estate-registration-result")
    walk.until("print_slip")
    papers = [effect for effect in walk.effects if isinstance(effect, ef.PrintPaper)]
    assert "办件编号" in str(papers[0].receipt)  # the shortest way: accepted, with a receipt
    waiting = Walk()
    waiting.choose("real-estate-registration-result")
    waiting.until("submit")
    waiting.feed(ev.CaseStored(CASE_ID), ev.WaitOver())
    slip = next(effect for effect in waiting.effects if isinstance(effect, ef.PrintPaper))
    assert "办件编号" not in str(slip.receipt)


def test_a_receipt_names_the_department_as_people_know_it() -> None:
    walk = Walk()
    walk.choose("police-no-criminal-record")
    walk.until("print_slip")
    assert isinstance(walk.state, st.InStep)
    assert receipt_facts(walk.state.session, world())["department"] == "公安服务"
