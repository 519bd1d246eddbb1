"""kill -9 of every part during submissions: what was promised is there, once, nothing invented."""

import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from provisioning.demo.citizens import ERRANDS
from provisioning.demo.processes import Child
from provisioning.demo.system import ROOT, System
from tests.system.hall import Witness, citizen_of, eventually, fingers_of
from tests.system.history import History, complaints
from tests.system.processes import children_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

KILLS = 50
SEED = 20261123
TAX = next(errand for errand in ERRANDS if errand.name == "tax-payment-certificate")
PRINTER_IS_DONE_S = 5.0
"""A receipt of 30 cm takes the emulated printer 2.5 s, cut included; twice that."""
PROGRESS_WITHIN_S = 45.0
"""The agent tries again after 30 s at most; half as much for a busy machine."""
CASE_ID = re.compile(r"^[0-9a-f]{32}$", re.MULTILINE)


def history_of(witness: Witness, promised: tuple[str, ...], *, cut_off_at_most: int) -> History:
    """What every part says now."""
    server = witness.server("SELECT case_id, case_number FROM citizen_case")
    once = witness.server(
        "SELECT case_id, what FROM case_event WHERE what IN ('received', 'completed')"
    )
    on_kiosk = witness.kiosk("SELECT case_id FROM case_out")
    return History(
        promised=promised,
        on_kiosk=tuple(str(case_id) for (case_id,) in on_kiosk),
        at_server=tuple(str(case_id) for case_id, _ in server),
        numbers=tuple(str(number) for _, number in server),
        at_department=tuple(witness.department("tax")),
        milestones=tuple((str(case_id), str(what)) for case_id, what in once),
        cut_off_at_most=cut_off_at_most,
    )


def unfinished(witness: Witness) -> tuple[int, int]:
    """How many cases wait on the kiosk, and how many have no word of their department yet."""
    ((waiting,),) = witness.kiosk("SELECT count(*) FROM case_out WHERE stage = 'waiting'")
    ((undecided,),) = witness.server("SELECT count(*) FROM citizen_case WHERE due_at IS NOT NULL")
    return int(str(waiting)), int(str(undecided))


def let_it_come_to_rest(witness: Witness) -> None:
    """Wait until nothing is unfinished, as long as there is progress."""
    left = unfinished(witness)
    while left != (0, 0):
        before = left
        assert eventually(
            lambda before=before: unfinished(witness) != before,  # type: ignore[misc]
            within_s=PROGRESS_WITHIN_S,
        ), f"(on the kiosk, at the server) {before} cases, and nothing moves"
        left = unfinished(witness)


def receipts_at_rest(system: System) -> int:
    """How many receipts there are once the printer has worked off what it was given."""
    before, quiet_since = -1, time.monotonic()
    while time.monotonic() - quiet_since < PRINTER_IS_DONE_S:
        now = len(system.hand.receipts())
        if now != before:
            before, quiet_since = now, time.monotonic()
        time.sleep(0.1)
    return before


def kill_app_after(system: System, moment: Callable[[], None]) -> int:
    """Submit on the screen, kill the app at `moment`, start it again.

    Returns how many receipts had come out when the app was dead.
    """
    citizen = citizen_of(system, TAX)
    citizen.go_to("check")
    fingers_of(system).press("Continue")
    moment()
    system.kill("app")
    printed = receipts_at_rest(system)
    system.start_app()
    fingers_of(system).wait_for("idle", within_s=30)
    system.hand.tear_off()
    return printed


@pytest.mark.parametrize("turn", range(3))
def test_the_app_killed_during_a_submission_comes_back_to_rest(
    system: System, witness: Witness, turn: int
) -> None:
    delay_s = random.Random(SEED + turn).uniform(0.0, 1.2)
    printed = kill_app_after(system, lambda: time.sleep(delay_s))
    let_it_come_to_rest(witness)
    cut_off = len(witness.kiosk("SELECT 1 FROM case_out"))
    assert complaints(history_of(witness, (), cut_off_at_most=cut_off)) == []
    assert {stage for _, stage in witness.papers()} <= {"presented", "unconfirmed", "not_printed"}
    assert receipts_at_rest(system) == printed, "the app printed again by itself"
    assert printed <= len(witness.papers()), "more receipts than anybody meant to print"


def test_a_paper_on_its_way_when_the_app_dies_is_unconfirmed_and_not_printed_again(
    system: System, witness: Witness
) -> None:
    before = len(witness.papers())

    def paper_is_sent() -> None:
        assert eventually(
            lambda: [stage for _, stage in witness.papers()[before:]] == ["sent"], within_s=30
        )

    printed = kill_app_after(system, paper_is_sent)
    case_id, stage = witness.papers()[-1]
    assert stage == "unconfirmed"
    assert eventually(
        lambda: bool(
            witness.server(
                "SELECT 1 FROM event WHERE kind = 'paper_changed' AND body LIKE ? AND body LIKE ?",
                f"%{case_id}%",
                "%unconfirmed%",
            )
        ),
        within_s=10,
    ), "the server was not told"
    assert receipts_at_rest(system) == printed
    assert witness.cases().count(case_id) == 1


@pytest.fixture
def submitter(system: System, witness: Witness) -> Iterator[Child]:
    """A process that submits; the screen is dark meanwhile."""
    system.children["app"].stop()
    ((content,),) = witness.server("SELECT hash FROM publication ORDER BY release DESC LIMIT 1")
    child = Child(
        "submitter",
        [sys.executable, "-m", "tests.system.submit_steadily"]
        + [str(system.kiosk_config), str(content)],
        log_folder=system.folder / "logs",
        folder=ROOT,
    )
    child.start()
    yield child
    child.stop()


def test_fifty_kills_lose_nothing_double_nothing_and_invent_nothing(
    system: System, witness: Witness, submitter: Child
) -> None:
    chance = random.Random(SEED)
    earlier = len(witness.kiosk("SELECT 1 FROM case_out"))

    def kill_submitter() -> None:
        submitter.kill()
        submitter.start()

    def kill_agent() -> None:
        system.kill("agent")
        system.start_agent()

    def kill_broker() -> None:
        server = system.children["server"].pid
        assert eventually(lambda: bool(children_of(server, "mosquitto")), within_s=15)
        system.kill("broker")

    def kill_server() -> None:
        system.kill("server")
        time.sleep(chance.uniform(0.0, 0.5))
        system.start_server()

    kills = {
        "submitter": kill_submitter,
        "agent": kill_agent,
        "broker": kill_broker,
        "server": kill_server,
    }
    done: Counter[str] = Counter()
    for _ in range(KILLS):
        time.sleep(chance.uniform(0.05, 1.0))
        victim = chance.choice(tuple(kills))
        kills[victim]()
        done[victim] += 1
    submitter.kill()
    promised = tuple(CASE_ID.findall(submitter.log_file.read_text("utf-8")))
    print(f"seed {SEED}: killed {dict(done)}; {len(promised)} submissions returned")  # noqa: T201
    assert len(promised) > KILLS, "too few submissions to mean anything"
    let_it_come_to_rest(witness)
    cut_off = earlier + done["submitter"] + 1
    assert complaints(history_of(witness, promised, cut_off_at_most=cut_off)) == []
    assert submitter.log_tail().count("Traceback") == 0
