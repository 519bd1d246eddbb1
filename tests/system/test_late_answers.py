"""A server that is away, a department that is slow: the citizen leaves with a slip, once answered.

Nothing here is promised within seconds, so it runs among the slow tests, on a system of its own.
"""

from collections.abc import Iterator

import pytest

from provisioning.demo.citizens import ERRANDS, Errand
from provisioning.demo.fingers import Fingers, Shown
from provisioning.demo.gallery import codes_on
from provisioning.demo.system import System
from tests.system.faults.setting_right import set_right
from tests.system.hall import Witness, citizen_of, eventually, set_fault

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

POLICE, REAL_ESTATE, *_ = ERRANDS

SLIP_WITHIN_S = 60.0
"""A submission waits 20 s for a word; then the slip is printed. A busy machine may take longer."""


@pytest.fixture(autouse=True)
def whole_again(system: System) -> Iterator[None]:
    """The fault is set right, and the kiosk rests, before the next test."""
    yield
    set_right(system)


def slip_of(system: System, errand: Errand, fingers: Fingers) -> tuple[Shown, bytes]:
    """From the page before the submission to the end: the last page, and the slip."""
    before = len(system.hand.receipts())
    citizen = citizen_of(system, errand)
    shown = citizen.go_on(fingers.shown(), "working")
    ended = fingers.wait_until(
        lambda shown: shown.page in {"result", "message"}, "the result", within_s=SLIP_WITHIN_S
    )
    assert shown.page == "working"
    assert eventually(lambda: len(system.hand.receipts()) == before + 1, within_s=30)
    return ended, system.hand.receipts()[-1]


def is_decided(witness: Witness, case_id: str) -> bool:
    """Has the department answered?"""
    found = witness.server("SELECT answered_at FROM citizen_case WHERE case_id = ?", case_id)
    return bool(found) and found[0][0] is not None


def test_a_server_that_is_away_costs_the_citizen_nothing_but_the_answer(
    system: System, witness: Witness, fingers: Fingers
) -> None:
    citizen = citizen_of(system, POLICE)
    citizen.go_to("sign")
    before = witness.cases()
    system.children["server"].stop()
    ended, slip = slip_of(system, POLICE, fingers)
    citizen.take_cards()
    case_id = witness.newest_case()
    assert case_id not in before
    assert "本机编号" in ended.text
    assert codes_on(slip) == [f"{system.console_url}/v/{case_id}"]
    system.start_server()
    assert eventually(lambda: is_decided(witness, case_id), within_s=60)
    assert witness.cases().count(case_id) == 1
    assert witness.department("police").count(case_id) == 1


def test_a_slow_department_gives_its_answer_later_and_once(
    system: System, witness: Witness, fingers: Fingers
) -> None:
    citizen = citizen_of(system, REAL_ESTATE)
    citizen.go_to("check")
    set_fault(system, "real_estate", "slow", delay_s=60)
    ended, slip = slip_of(system, REAL_ESTATE, fingers)
    citizen.take_cards()
    case_id = witness.newest_case()
    assert "办件编号" in ended.text
    assert any(link.endswith(f"/v/{case_id}") for link in codes_on(slip))
    assert witness.cases().count(case_id) == 1
    set_fault(system, "real_estate", "ok")
    assert eventually(lambda: is_decided(witness, case_id), within_s=60)
    assert witness.department("real_estate").count(case_id) == 1
