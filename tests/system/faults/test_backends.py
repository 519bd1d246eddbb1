"""Broker, server and departments fail behind a citizen's back: told at once, delivered once."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from provisioning.demo.citizens import ERRANDS
from provisioning.demo.fingers import Fingers
from provisioning.demo.staff import Staff
from provisioning.demo.system import System
from tests.system.hall import TOLD_WITHIN_S, Witness, citizen_of, eventually, set_fault

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.timeout(180)]

TAX = next(errand for errand in ERRANDS if errand.name == "tax-payment-certificate")


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
    case_id = witness.newest_case()
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
