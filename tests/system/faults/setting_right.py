"""Puts a system right after a fault, and brings its screen back to rest."""

import time
from collections.abc import Callable
from contextlib import suppress

from device_drivers.bench.hand import HandRefused
from provisioning.demo.fingers import Fingers, Lost, Shown
from provisioning.demo.system import DEPARTMENTS, System
from tests.system.hall import TOLD_WITHIN_S, Witness, eventually, fingers_of, set_fault

WAYS_OUT = ("Quit", "Continue", "Rated", "Begin")
"""Buttons that lead towards the end, the shortest way first."""

REST_WITHIN_S = 60.0
"""A submission under way waits 20 s for its department, and paper must come out."""


CHANGED_WITHIN_S = 2.0
"""A way out touched once more while its page goes away would fall on the next: the idle page's
language is where others have 退出."""


def set_right(system: System) -> None:
    """Mend, plug in, refill, take away; returns when the idle page is shown and all is well."""
    hand = system.hand
    for mend in (
        hand.refill,
        hand.close_cover,
        hand.start_card_service,
        hand.take_id_card,
        hand.remove_social_security_card,
        hand.take_paper,
        lambda: hand.plug("qr_scanner"),
        lambda: hand.plug("document_camera"),
    ):
        _unless_it_is(mend)
    for department in DEPARTMENTS:
        set_fault(system, department, "ok")
    bring_to_rest(fingers_of(system))
    _unless_it_is(hand.tear_off)
    witness = Witness(system)
    assert eventually(
        lambda: not witness.server("SELECT 1 FROM kiosk_device WHERE fault IS NOT NULL"),
        within_s=2 * TOLD_WITHIN_S,
    ), "a device did not recover"


def bring_to_rest(fingers: Fingers) -> None:
    """Leave whatever page is shown, until the idle page."""
    deadline = time.monotonic() + REST_WITHIN_S
    while (shown := _what_is_shown(fingers)).page != "idle":
        assert time.monotonic() < deadline, f"the screen stays at {shown.page}"
        _step_out(fingers, shown)
        _wait_for_another(fingers, shown.page)


def _what_is_shown(fingers: Fingers) -> Shown:
    """An app that has just been begun anew has drawn nothing yet."""
    return fingers.wait_until(lambda _shown: True, "a page", within_s=REST_WITHIN_S)


def _wait_for_another(fingers: Fingers, page: str) -> None:
    with suppress(Lost):
        fingers.wait_until(
            lambda shown: shown.page != page, "another page", within_s=CHANGED_WITHIN_S
        )


def _step_out(fingers: Fingers, shown: Shown) -> None:
    offered = {button.event for button in shown.buttons}
    for way in WAYS_OUT:
        if way in offered:
            with suppress(Lost):
                fingers.press(way, within_s=1)
            return


def _unless_it_is(mend: Callable[[], None]) -> None:
    with suppress(HandRefused):
        mend()
