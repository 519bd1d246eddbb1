"""A screen that does not move any more is restarted from the console, and said so when it is."""

from contextlib import closing

import pytest

from kiosk.store.database import Store
from provisioning.demo.staff import Staff
from provisioning.demo.system import KIOSK_ID, System
from tests.kiosk.freezing import freeze
from tests.system.hall import Witness, eventually

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.timeout(300)]

STARTS = "SELECT count(*) FROM journal WHERE kind = 'app_started'"
STATE = "SELECT state FROM command ORDER BY number DESC LIMIT 1"


def test_a_frozen_app_is_begun_anew_from_the_console(system: System, staff: Staff) -> None:
    witness = Witness(system)
    (before,) = witness.kiosk(STARTS)
    frozen = system.children["app"].pid
    with closing(Store.open(system.folder / "kiosk" / "data" / "kiosk.sqlite")) as store:
        freeze(frozen, store)
    answer = staff.send(f"/kiosks/{KIOSK_ID}/restart", form=f"/kiosks/{KIOSK_ID}")
    assert answer.status_code == 303
    assert eventually(lambda: system.begin_anew() == ["app"], within_s=60)
    assert system.children["app"].pid != frozen
    assert witness.server(STATE) in ([("received",)], [("running",)])
    assert eventually(lambda: witness.server(STATE) == [("succeeded",)], within_s=60)
    assert witness.kiosk(STARTS) == [(int(str(before[0])) + 1,)]
    assert eventually(lambda: "已被强制结束" in staff.words(f"/kiosks/{KIOSK_ID}"), within_s=20)
