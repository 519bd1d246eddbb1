"""kill -9 of every part during submissions: what was promised is there, once, nothing invented."""

import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from provisioning.demo.citizens import ERRANDS
from provisioning.demo.gallery import codes_on
from provisioning.demo.processes import Child
from provisioning.demo.system import ROOT, System
from tests.system.hall import Witness, citizen_of, eventually, fingers_of
from tests.system.history import History, complaints
from tests.system.processes import children_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

KILLS = 50
SEED = 20261123
TAX = next(errand for errand in ERRANDS if errand.name == "tax-payment-certificate")
APP_KILLS = 13
"""Of those, the real app with a citizen before its screen."""
NOT_KNOWN_TO_BE_OUT = ("unconfirmed", "not_printed")
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
    return History(
        promised=promised,
        on_kiosk=tuple(on_kiosk(witness)),
        at_server=tuple(str(case_id) for case_id, _ in server),
        numbers=tuple(str(number) for _, number in server),
        at_department=tuple(witness.department("tax")),
        milestones=tuple((str(case_id), str(what)) for case_id, what in once),
        cut_off_at_most=cut_off_at_most,
    )


def on_kiosk(witness: Witness) -> list[str]:
    """Ids of the cases that are durable in the kiosk's store."""
    return [str(case_id) for (case_id,) in witness.kiosk("SELECT case_id FROM case_out")]


def doubled_papers(system: System, witness: Witness) -> list[str]:
    """Cases meant for paper twice or with two receipts, by the codes on the paper itself."""
    receipts_at_rest(system)
    receipts = system.hand.receipts()
    meant = Counter(case_id for case_id, _ in witness.papers())
    codes = Counter(
        link.rpartition("/v/")[2] for each in receipts for link in codes_on(each) if "/v/" in link
    )
    doubled = [f"{case} meant {count} times" for case, count in meant.items() if count > 1]
    doubled += [f"{case} printed {count} times" for case, count in codes.items() if count > 1]
    if len(receipts) > meant.total():
        doubled.append(f"{len(receipts)} receipts for {meant.total()} papers")
    return doubled


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


@dataclass
class Killer:
    """Kills parts of a running system with -9, starts them again, and counts."""

    system: System
    chance: random.Random
    done: Counter[str] = field(default_factory=Counter)

    def kill(self, victim: str) -> None:
        """Kill one part: `agent`, `broker`, `server` or `app`."""
        if victim == "broker":
            server = self.system.children["server"].pid
            assert eventually(lambda: bool(children_of(server, "mosquitto")), within_s=15)
        self.system.kill(victim)
        self.done[victim] += 1

    def start_again(self, victim: str) -> None:
        """Start what was killed; the server starts its broker again by itself."""
        match victim:
            case "agent":
                self.system.start_agent()
            case "server":
                time.sleep(self.chance.uniform(0.0, 0.5))
                self.system.start_server()
            case "app":
                self.system.start_app()

    def some_of(self, *parts: str, count: int) -> list[str]:
        """So many victims: each part about as often as any other, in an order of chance."""
        victims = [parts[turn % len(parts)] for turn in range(count)]
        self.chance.shuffle(victims)
        return victims


def submit_on_the_screen(system: System) -> None:
    """A citizen walks up to the real app, does what each page asks, and touches submit."""
    citizen_of(system, TAX).go_to("check")
    fingers_of(system).press("Continue")


def undisturbed_visit_s(system: System) -> float:
    """From the submit touch to the result page, on this machine as busy as it is now."""
    submit_on_the_screen(system)
    touched = time.monotonic()
    fingers_of(system).wait_for("result")
    took_s = time.monotonic() - touched
    system.hand.tear_off()
    fingers_of(system).press("Continue")
    fingers_of(system).press("Rated", index=0)
    return took_s


def kill_the_app_on_its_screen(killer: Killer) -> None:
    """Kills between the submit touch and the result page; every third time another part before."""
    system = killer.system
    longest_s = undisturbed_visit_s(system)
    companions = killer.some_of("agent", "broker", "server", count=APP_KILLS // 3)
    for turn in range(APP_KILLS):
        moment_s = killer.chance.uniform(0.0, longest_s)
        submit_on_the_screen(system)
        touched = time.monotonic()
        felled = companions[turn // 3 : turn // 3 + 1] if turn % 3 == 2 else []
        for victim in felled:
            killer.kill(victim)
        time.sleep(max(0.0, touched + moment_s - time.monotonic()))
        killer.kill("app")
        for victim in (*felled, "app"):
            killer.start_again(victim)
        fingers_of(system).wait_for("idle", within_s=30)
        system.hand.tear_off()


def kill_while_many_are_submitted(killer: Killer, victims: list[str], submitter: Child) -> None:
    """Kills at moments of chance while a process submits several cases a second."""
    for victim in victims:
        time.sleep(killer.chance.uniform(0.05, 1.0))
        if victim == "submitter":
            submitter.kill()
            submitter.start()
            killer.done[victim] += 1
        else:
            killer.kill(victim)
            killer.start_again(victim)


@pytest.fixture
def submitter(system: System, witness: Witness) -> Child:
    """A process that submits on the app's store, with no screen to wait for; not started."""
    ((content,),) = witness.server("SELECT hash FROM publication ORDER BY release DESC LIMIT 1")
    return Child(
        "submitter",
        [sys.executable, "-m", "tests.system.submit_steadily"]
        + [str(system.kiosk_config), str(content)],
        log_folder=system.folder / "logs",
        folder=ROOT,
    )


def test_fifty_kills_lose_nothing_double_nothing_and_invent_nothing(
    system: System, witness: Witness, submitter: Child
) -> None:
    killer = Killer(system, random.Random(SEED))
    earlier = set(on_kiosk(witness))
    kill_the_app_on_its_screen(killer)
    # what the app has made durable is accepted, whatever the citizen still saw of it
    accepted = tuple(sorted(set(on_kiosk(witness)) - earlier))
    system.children["app"].stop()
    left = KILLS - killer.done.total()
    victims = killer.some_of("submitter", "agent", "broker", "server", count=left)
    submitter.start()
    kill_while_many_are_submitted(killer, victims, submitter)
    submitter.stop()
    returned = tuple(CASE_ID.findall(submitter.log_file.read_text("utf-8")))
    done = killer.done
    print(  # noqa: T201
        f"seed {SEED}: killed {dict(done)}; {len(accepted)} cases from the screen,"
        f" {len(returned)} submissions returned"
    )
    assert (done.total(), done["app"]) == (KILLS, APP_KILLS)
    assert APP_KILLS // 2 < len(accepted) <= APP_KILLS + 1, "one touch, one case at most"
    assert len(returned) > KILLS, "too few submissions to mean anything"
    let_it_come_to_rest(witness)
    cut_off = len(earlier) + done["submitter"] + 1
    history = history_of(witness, accepted + returned, cut_off_at_most=cut_off)
    assert complaints(history) == []
    assert submitter.log_tail().count("Traceback") == 0
    assert doubled_papers(system, witness) == []
    assert {stage for _, stage in witness.papers()} <= {"presented", "taken", *NOT_KNOWN_TO_BE_OUT}
