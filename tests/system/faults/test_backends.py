"""Broker, server and departments fail behind a citizen's back: told at once, delivered once."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from provisioning.demo.citizens import ERRANDS, Errand
from provisioning.demo.fingers import Fingers, Shown
from provisioning.demo.gallery import codes_on
from provisioning.demo.staff import Staff
from provisioning.demo.system import System
from tests.system.hall import TOLD_WITHIN_S, Witness, citizen_of, eventually, set_fault

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.timeout(180)]

POLICE, REAL_ESTATE, TAX, _ = ERRANDS

SLIP_WITHIN_S = 40.0
"""A submission waits 20 s for a word; then the slip is printed."""


def slip_of(system: System, errand: Errand, fingers: Fingers) -> tuple[Shown, bytes]:
    """From the page before the submission to the end: the last page, and the slip."""
    before = len(system.hand.receipts())
    citizen = citizen_of(system, errand)
    shown = citizen.go_on(fingers.shown(), "working")
    ended = fingers.wait_until(
        lambda shown: shown.page in {"result", "message"}, "the result", within_s=SLIP_WITHIN_S
    )
    assert shown.page == "working"
    assert eventually(lambda: len(system.hand.receipts()) == before + 1, within_s=10)
    return ended, system.hand.receipts()[-1]


def newest_case(witness: Witness) -> str:
    """Id of the case the kiosk took last."""
    ((case_id,),) = witness.kiosk("SELECT case_id FROM case_out ORDER BY submitted_at DESC LIMIT 1")
    return str(case_id)


def is_decided(witness: Witness, case_id: str) -> bool:
    """Has the department answered?"""
    found = witness.server("SELECT answered_at FROM citizen_case WHERE case_id = ?", case_id)
    return bool(found) and found[0][0] is not None


def test_a_broker_killed_while_somebody_submits_is_not_noticed_by_them(
    system: System, witness: Witness, fingers: Fingers
) -> None:
    citizen = citizen_of(system, TAX)
    citizen.go_to("check")
    with ThreadPoolExecutor(1) as watching:
        told = watching.submit(
            eventually, lambda: witness.health().get("ingest") is False, within_s=TOLD_WITHIN_S
        )
        system.kill("broker")
        fingers.press("Continue")
        assert told.result(), "the server did not say that its broker was gone"
    fingers.wait_for("result", "rating")
    case_id = newest_case(witness)
    assert witness.cases().count(case_id) == 1
    assert eventually(lambda: witness.health().get("ingest") is True, within_s=10)
    assert eventually(
        lambda: bool(
            witness.server(
                "SELECT 1 FROM event WHERE kind = 'case_submitted' AND body LIKE ?", f"%{case_id}%"
            )
        ),
        within_s=20,
    ), "the event was lost with the broker"


def test_a_server_that_is_away_costs_the_citizen_nothing_but_the_answer(
    system: System, witness: Witness, fingers: Fingers
) -> None:
    citizen = citizen_of(system, POLICE)
    citizen.go_to("sign")
    before = witness.cases()
    system.children["server"].stop()
    ended, slip = slip_of(system, POLICE, fingers)
    citizen.take_cards()
    case_id = newest_case(witness)
    assert case_id not in before
    assert "本机编号" in ended.text
    assert codes_on(slip) == [f"{system.console_url}/v/{case_id}"]
    system.start_server()
    assert eventually(lambda: is_decided(witness, case_id), within_s=30)
    assert witness.cases().count(case_id) == 1
    assert witness.department("police").count(case_id) == 1


def test_a_department_that_is_down_is_said_to_be_down_and_its_service_waits(
    system: System, fingers: Fingers, staff: Staff
) -> None:
    set_fault(system, "tax", "down")
    assert eventually(
        lambda: "税务 连接不上" in staff.words("/departments"), within_s=TOLD_WITHIN_S
    ), staff.words("/departments")
    citizen_of(system, TAX).go_to("service_list")
    fingers.wait_until(
        lambda shown: "税务系统暂时没有响应" in shown.text,
        "the department's trouble",
        within_s=TOLD_WITHIN_S,
    )
    fingers.press("ServiceChosen", label=TAX.service)
    told = fingers.wait_for("message")
    assert "人工窗口" in told.text
    set_fault(system, "tax", "ok")
    assert eventually(lambda: "税务 正常" in staff.words("/departments"), within_s=TOLD_WITHIN_S)
    fingers.wait_until(
        lambda shown: "税务系统暂时没有响应" not in shown.text, "the all-clear", within_s=10
    )
    fingers.press("TryAgain")
    fingers.wait_for("guide")


def test_a_slow_department_gives_its_answer_later_and_once(
    system: System, witness: Witness, fingers: Fingers
) -> None:
    citizen = citizen_of(system, REAL_ESTATE)
    citizen.go_to("check")
    set_fault(system, "real_estate", "slow", delay_s=60)
    ended, slip = slip_of(system, REAL_ESTATE, fingers)
    citizen.take_cards()
    case_id = newest_case(witness)
    assert "办件编号" in ended.text
    assert any(link.endswith(f"/v/{case_id}") for link in codes_on(slip))
    assert witness.cases().count(case_id) == 1
    set_fault(system, "real_estate", "ok")
    assert eventually(lambda: is_decided(witness, case_id), within_s=40)
    assert witness.department("real_estate").count(case_id) == 1
