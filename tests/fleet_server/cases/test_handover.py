"""Hand-over to real department systems: exactly once, whatever dies in between."""

import itertools
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from fleet_server.assets import ASSETS
from fleet_server.departments.contract.endpoints import department_router
from fleet_server.departments.contract.models import Answer, HandedCase
from fleet_server.departments.sandbox.app import DEPARTMENTS
from fleet_server.departments.sandbox.decisions import Decider
from fleet_server.departments.sandbox.ledger import Ledger
from kiosk.contract.cases import CaseReply, CaseState, SealedReply
from kiosk.store.vault import Paper, open_reply
from tests.fleet_server.small_hall import (
    Hall,
    Submission,
    TestKiosk,
    cases_at,
    eventually,
    kill,
    make_hall,
    police_payload,
    sandbox,
    server_process,
    serving,
    set_fault,
    submission,
    tax_payload,
)

pytestmark = pytest.mark.slow


class RememberingLedger(Ledger):
    """A department's system that can be asked what it was handed."""

    def __init__(self, path: Path, decider: Decider) -> None:
        super().__init__(path, decider)
        self.handed: dict[str, HandedCase] = {}

    def take(self, case: HandedCase) -> Answer:
        self.handed[case.case_id] = case
        return super().take(case)


@contextmanager
def remembering(department: str, port: int, folder: Path) -> Iterator[RememberingLedger]:
    """A department's system on its port, in this process."""
    ledger = RememberingLedger(folder / f"{department}.sqlite", DEPARTMENTS[department](ASSETS))
    app = FastAPI()
    app.include_router(department_router(ledger, api_key="sandbox"))
    with closing(ledger), serving(app, port):
        yield ledger


class Counter:
    """A hall with one kiosk and its tax department's port.

    The server is started by the test, which may kill it.
    """

    def __init__(self, folder: Path) -> None:
        self.hall: Hall = make_hall(folder / "server")
        self.content = self.hall.content
        self.kiosk: TestKiosk = self.hall.enrol("hz0001")
        self.data = folder / "sandboxes"
        self.port = self.hall.sandbox_ports["tax"]
        self.client = httpx.Client(base_url=self.hall.url, trust_env=False, timeout=30)
        self.police: RememberingLedger | None = None
        """That department's system, where the test or its fixture has opened it."""
        self._numbers = itertools.count(1)

    def case(self, **facts: Any) -> Submission:
        """One more case, sealed by the kiosk."""
        return submission(self.hall, self.content, next(self._numbers), **facts)

    def events(self, case: Submission) -> list[str]:
        """What the server noted of it, in order."""
        address = f"file:{self.hall.settings.database_file}?mode=ro"
        with closing(sqlite3.connect(address, uri=True)) as reading:
            asked = "SELECT what FROM case_event WHERE case_id = ? ORDER BY id"
            return [what for (what,) in reading.execute(asked, (case.case.case_id,))]

    def post(self, case: Submission) -> int:
        headers = {**self.kiosk.headers(), "Content-Type": "application/json"}
        body = case.case.model_dump_json()
        return self.client.post("/v1/cases", content=body, headers=headers).status_code

    def reply(self, case: Submission, wait_s: float) -> CaseReply | None:
        answer = self.client.get(
            f"/v1/cases/{case.case.case_id}/reply",
            params={"wait_s": wait_s},
            headers=self.kiosk.headers(),
        )
        sealed = SealedReply.model_validate_json(answer.content).sealed
        return None if sealed is None else open_reply(sealed, case.reply_key)


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    found = Counter(tmp_path)
    with found.client:
        yield found


@pytest.fixture(scope="module")
def open_counter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    """One whose server and departments run, for tests that kill none of them."""
    found = Counter(tmp_path_factory.mktemp("counter"))
    police = found.hall.sandbox_ports["police"]
    with (
        found.client,
        sandbox("tax", found.port, found.data),
        remembering("police", police, tmp_path_factory.mktemp("police")) as found.police,
        server_process(found.hall),
    ):
        yield found


def test_an_instant_certificate_comes_back_sealed_to_the_session(open_counter: Counter) -> None:
    case = open_counter.case()
    assert open_counter.post(case) == 201
    reply = open_counter.reply(case, 20)
    page = open_counter.client.get(f"/v/{case.case.case_id}").text
    assert reply is not None
    assert reply.state is CaseState.COMPLETED
    assert reply.certificate is not None
    assert reply.certificate.title == "税收完税证明"
    assert "已办结" in page


def test_an_application_is_accepted_with_its_papers_and_its_legal_clock(
    open_counter: Counter,
) -> None:
    paper = Paper(name="use_paper", media_type="image/jpeg", content=b"\xff\xd8" + bytes(50_000))
    case = open_counter.case(
        service_id="police-no-criminal-record", payload=police_payload(), papers=(paper,)
    )
    ((sha256, content),) = case.sealed.ciphertexts.items()
    place = {"Content-Range": f"bytes 0-{len(content) - 1}/{len(content)}"}
    open_counter.client.put(
        f"/v1/objects/{sha256}", content=content, headers=open_counter.kiosk.headers() | place
    )
    assert open_counter.post(case) == 201
    reply = open_counter.reply(case, 20)
    page = open_counter.client.get(f"/v/{case.case.case_id}").text
    assert reply is not None
    assert reply.state is CaseState.ACCEPTED
    assert "已受理" in page
    assert "作出决定" in page


def test_the_codes_read_from_a_paper_arrive_at_the_department_as_they_were_read(
    open_counter: Counter,
) -> None:
    codes = {"use_paper": ("OFFER-2026-0042", "https://example.cn/v?编号=7")}
    payload = police_payload().model_copy(update={"paper_codes": codes})
    case = open_counter.case(service_id="police-no-criminal-record", payload=payload)
    assert open_counter.post(case) == 201
    assert open_counter.reply(case, 20) is not None
    assert open_counter.police is not None
    assert open_counter.police.handed[case.case.case_id].paper_codes == codes


def test_a_refusal_carries_the_departments_sentence(open_counter: Counter) -> None:
    case = open_counter.case(payload=tax_payload("TAX1:370321:20261000039981"))
    open_counter.post(case)
    reply = open_counter.reply(case, 20)
    assert reply is not None
    assert reply.state is CaseState.REFUSED
    assert "已作废" in reply.reason


def test_a_long_poll_is_woken_by_the_answer_and_not_before(counter: Counter) -> None:
    case = submission(counter.hall, counter.content, 1)
    with server_process(counter.hall):
        counter.post(case)
        began = time.monotonic()
        assert counter.reply(case, 0.7) is None
        assert time.monotonic() - began >= 0.65
        found: list[CaseReply | None] = []
        waiting = threading.Thread(target=lambda: found.append(counter.reply(case, 20)))
        began = time.monotonic()
        waiting.start()
        with sandbox("tax", counter.port, counter.data):
            waiting.join(timeout=30)
            waited_s = time.monotonic() - began
    assert found[0] is not None
    assert waited_s < 20  # it does not sit out the time it may wait


def test_a_case_taken_before_kill_9_reaches_the_department_once(counter: Counter) -> None:
    cases = [submission(counter.hall, counter.content, number) for number in range(1, 6)]
    with server_process(counter.hall) as server:
        assert [counter.post(case) for case in cases] == [201] * 5
        kill(server)  # between intake and hand-over: no department is running
    with sandbox("tax", counter.port, counter.data), server_process(counter.hall):
        replies = [counter.reply(case, 20) for case in cases]
        assert cases_at(counter.port) == 5
        assert [counter.post(case) for case in cases] == [200] * 5
    assert [reply is not None and reply.state for reply in replies] == [CaseState.COMPLETED] * 5


def test_kill_9_while_the_department_works_does_not_double_the_case(counter: Counter) -> None:
    case = submission(counter.hall, counter.content, 1)
    with sandbox("tax", counter.port, counter.data):
        set_fault(counter.port, "slow", delay_s=60)  # it takes the case and stays silent
        with server_process(counter.hall) as server:
            counter.post(case)
            assert eventually(lambda: cases_at(counter.port) == 1)
            kill(server)
        set_fault(counter.port, "ok")
        with server_process(counter.hall):
            reply = counter.reply(case, 20)
        assert cases_at(counter.port) == 1
    assert reply is not None
    assert reply.certificate is not None


def test_a_lost_answer_is_asked_for_again_by_id(open_counter: Counter) -> None:
    case = open_counter.case()
    known = cases_at(open_counter.port)
    set_fault(open_counter.port, "slow", delay_s=60)  # it takes the case and stays silent
    open_counter.post(case)
    assert eventually(lambda: cases_at(open_counter.port) == known + 1)
    assert eventually(lambda: "no_answer" in open_counter.events(case))
    assert open_counter.reply(case, 0) is None
    set_fault(open_counter.port, "ok")
    assert open_counter.reply(case, 20) is not None
    assert cases_at(open_counter.port) == known + 1


@pytest.mark.parametrize("mode", ["down", "error"])
def test_a_department_in_trouble_gets_the_case_once_it_is_back(
    open_counter: Counter, mode: str
) -> None:
    case = open_counter.case()
    known = cases_at(open_counter.port)
    set_fault(open_counter.port, mode)
    assert open_counter.post(case) == 201
    assert open_counter.reply(case, 3) is None
    assert cases_at(open_counter.port) == known
    set_fault(open_counter.port, "ok")
    assert open_counter.reply(case, 20) is not None
    assert cases_at(open_counter.port) == known + 1
    # one line for the trouble, however many attempts it took
    assert open_counter.events(case) == ["received", "sent", "no_answer", "completed"]
