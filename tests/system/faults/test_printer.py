"""The printer cannot print: citizens are told before they begin, or what became of their case."""

from dataclasses import dataclass

import pytest

from provisioning.demo.citizens import ERRANDS
from provisioning.demo.fingers import Fingers
from provisioning.demo.gallery import codes_on
from provisioning.demo.staff import Staff
from provisioning.demo.system import KIOSK_ID, System
from tests.system.hall import Witness, citizen_of, eventually

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.timeout(120)]

TAX = next(errand for errand in ERRANDS if errand.department == "税务")


@dataclass(frozen=True, slots=True)
class Fault:
    """What a hand does to the printer, how it is mended, and what must then be said."""

    happens: str
    mended: str
    code: str
    words: str


FAULTS = (
    Fault("out_of_paper", "refill", "D301", "凭条打印机缺纸"),
    Fault("open_cover", "close_cover", "D302", "凭条打印机上盖未关"),
)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.happens)
def test_a_service_that_could_not_print_says_why_before_anybody_begins(
    system: System, witness: Witness, fingers: Fingers, staff: Staff, fault: Fault
) -> None:
    getattr(system.hand, fault.happens)()
    assert witness.fault_becomes("receipt_printer", fault.code)
    assert fault.code in staff.words(f"/kiosks/{KIOSK_ID}")
    listed = citizen_of(system, TAX).go_to("service_list")
    assert fault.words in listed.text
    fingers.press("ServiceChosen", label=TAX.service)
    told = fingers.wait_for("message")
    assert fault.words in told.text
    assert "人工窗口" in told.text, "no other way is shown"
    getattr(system.hand, fault.mended)()
    assert witness.fault_becomes("receipt_printer", "")
    fingers.press("TryAgain")
    fingers.wait_for("guide")


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.happens)
def test_a_printer_that_fails_before_the_first_byte_prints_when_it_is_mended(
    system: System, witness: Witness, fingers: Fingers, fault: Fault
) -> None:
    papers, receipts = len(witness.papers()), len(system.hand.receipts())
    citizen = citizen_of(system, TAX)
    citizen.go_to("check")
    getattr(system.hand, fault.happens)()
    fingers.press("Continue")
    told = fingers.wait_for("message")
    citizen.take_cards()
    assert "纸张没有打印出来" in told.text
    assert fault.words in told.text
    assert "您的办件已保存，编号370321-" in told.text.replace(" ", "")
    assert witness.fault_becomes("receipt_printer", fault.code)
    getattr(system.hand, fault.mended)()
    assert witness.fault_becomes("receipt_printer", "")
    fingers.press("TryAgain")
    fingers.wait_for("result", "rating")
    assert [stage for _, stage in witness.papers()[papers:]] == ["not_printed", "presented"]
    (printed,) = system.hand.receipts()[receipts:]
    case_id = witness.papers()[-1][0]
    assert any(link.endswith(f"/v/{case_id}") for link in codes_on(printed))
    assert witness.cases().count(case_id) == 1


def test_paper_that_ends_in_the_middle_of_a_receipt_is_unconfirmed_and_the_case_is_safe(
    system: System, witness: Witness, fingers: Fingers, staff: Staff
) -> None:
    papers = len(witness.papers())
    citizen = citizen_of(system, TAX)
    citizen.go_to("check")
    fingers.press("Continue")
    assert eventually(
        lambda: system.hand.state()["receipt_printer"]["printing"] is True, within_s=30
    )
    system.hand.out_of_paper()
    told = fingers.wait_for("message")
    citizen.take_cards()
    assert "不能确认纸张是否打印出来" in told.text
    assert "您的办件已保存，编号370321-" in told.text.replace(" ", "")
    assert "TryAgain" not in {button.event for button in told.buttons}, "never a blind reprint"
    assert witness.fault_becomes("receipt_printer", "D301")
    assert "D301" in staff.words(f"/kiosks/{KIOSK_ID}")
    ((case_id, stage),) = witness.papers()[papers:]
    assert stage == "unconfirmed"
    assert witness.cases().count(case_id) == 1
    assert witness.department("tax").count(case_id) == 1
