"""Readers, scanner and camera fail in a citizen's hands: the page says what to do, and it helps."""

import time

import pytest

from provisioning.demo.citizens import ERRANDS, Citizen, Errand
from provisioning.demo.fingers import Fingers, Shown
from provisioning.demo.staff import Staff
from provisioning.demo.system import KIOSK_ID, System
from tests.system.hall import TOLD_WITHIN_S, Witness, citizen_of, eventually

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.timeout(150)]

POLICE, REAL_ESTATE, TAX, SOCIAL_SECURITY = ERRANDS


def stopped_at(system: System, errand: Errand, page: str) -> Citizen:
    """A citizen who has just come to this page."""
    citizen = citizen_of(system, errand)
    citizen.go_to(page)
    return citizen


def told_of_trouble(fingers: Fingers, title: str) -> Shown:
    """The page about it; it must come within 5 s and offer another try."""
    told = fingers.wait_until(
        lambda shown: title in shown.text, f"“{title}”", within_s=TOLD_WITHIN_S
    )
    assert "TryAgain" in {button.event for button in told.buttons}
    return told


def test_a_camera_unplugged_while_photographing(
    system: System, witness: Witness, fingers: Fingers, staff: Staff
) -> None:
    citizen = stopped_at(system, POLICE, "camera")
    system.hand.unplug("document_camera")
    told = told_of_trouble(fingers, "高拍仪没有响应")
    assert "已填写的内容还在" in told.text
    assert witness.fault_becomes("document_camera", "D101")
    assert "D101" in staff.words(f"/kiosks/{KIOSK_ID}")
    system.hand.plug("document_camera")
    assert witness.fault_becomes("document_camera", "")
    fingers.press("TryAgain")
    fingers.wait_for("camera")
    citizen.go_on(fingers.shown(), "check")
    citizen.take_cards()


def test_a_scanner_whose_cable_is_cut(
    system: System, witness: Witness, fingers: Fingers, staff: Staff
) -> None:
    stopped_at(system, TAX, "device")
    system.hand.unplug("qr_scanner")
    told = told_of_trouble(fingers, "扫码器没有响应")
    assert "人工窗口" in told.text
    assert witness.fault_becomes("qr_scanner", "D101")
    assert "D101" in staff.words(f"/kiosks/{KIOSK_ID}")
    system.hand.plug("qr_scanner")
    assert witness.fault_becomes("qr_scanner", "")
    fingers.press("TryAgain")
    fingers.wait_for("device")
    system.hand.show_code(TAX.code)
    fingers.wait_for("check")


def test_the_card_service_stops_before_the_card_goes_in(
    system: System, witness: Witness, fingers: Fingers, staff: Staff
) -> None:
    stopped_at(system, SOCIAL_SECURITY, "device")
    system.hand.stop_card_service()
    told_of_trouble(fingers, "社保卡读卡器没有响应")
    assert witness.fault_becomes("social_security_card", "D104")
    assert "D104" in staff.words(f"/kiosks/{KIOSK_ID}")
    system.hand.start_card_service()
    assert witness.fault_becomes("social_security_card", "")
    fingers.press("TryAgain")
    fingers.wait_for("device")
    system.hand.insert_social_security_card(SOCIAL_SECURITY.social_security_card)
    fingers.wait_for("choice")
    system.hand.remove_social_security_card()


def lift_too_early(system: System, fingers: Fingers) -> None:
    """Lay the card and lift it while the reader talks to it: it may not have begun to, then again.

    The reader looks for a card every 0.15 s and talks to it for 0.12 s.
    """
    for _ in range(20):
        system.hand.lay_id_card(REAL_ESTATE.id_card)
        time.sleep(0.06)
        system.hand.take_id_card()
        if eventually(lambda: "卡片拿得太早了" in fingers.shown().text, within_s=0.6):
            return
    pytest.fail(f"twenty cards lifted, nobody told; the screen shows {fingers.shown().page}")


def test_a_card_lifted_while_it_is_read(system: System, fingers: Fingers) -> None:
    stopped_at(system, REAL_ESTATE, "device")
    lift_too_early(system, fingers)
    told = told_of_trouble(fingers, "卡片拿得太早了")
    assert "先点“再试一次”，再放上身份证" in told.text
    fingers.press("TryAgain")
    system.hand.lay_id_card(REAL_ESTATE.id_card)
    fingers.wait_for("choice")
    system.hand.take_id_card()
