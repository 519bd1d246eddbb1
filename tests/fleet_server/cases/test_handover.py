"""Hand-over to real department systems: exactly once, whatever dies in between."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from fleet_server.cases.lookup import case_detail
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
    open_database,
    police_payload,
    sandbox,
    server_process,
    set_fault,
    submission,
    tax_payload,
)

pytestmark = pytest.mark.slow


class Counter:
    """A hall with one kiosk and its tax department's port."""

    def __init__(self, folder: Path) -> None:
        self.hall: Hall = make_hall(folder / "server")
        self.content = self.hall.content
        self.kiosk: TestKiosk = self.hall.enrol("hz0001")
        self.data = folder / "sandboxes"
        self.port = self.hall.sandbox_ports["tax"]
        self.client = httpx.Client(base_url=self.hall.url, trust_env=False, timeout=30)

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


def test_an_instant_certificate_comes_back_sealed_to_the_session(counter: Counter) -> None:
    case = submission(counter.hall, counter.content, 1)
    with sandbox("tax", counter.port, counter.data), server_process(counter.hall):
        assert counter.post(case) == 201
        reply = counter.reply(case, 10)
        page = counter.client.get(f"/v/{case.case.case_id}").text
    assert reply is not None
    assert reply.state is CaseState.COMPLETED
    assert reply.certificate is not None
    assert reply.certificate.title == "税收完税证明"
    assert "已办结" in page


def test_an_application_is_accepted_with_its_papers_and_its_legal_clock(counter: Counter) -> None:
    paper = Paper(name="use_paper", media_type="image/jpeg", content=b"\xff\xd8" + bytes(50_000))
    case = submission(
        counter.hall,
        counter.content,
        1,
        service_id="police-no-criminal-record",
        payload=police_payload(),
        papers=(paper,),
    )
    ((sha256, content),) = case.sealed.ciphertexts.items()
    place = {"Content-Range": f"bytes 0-{len(content) - 1}/{len(content)}"}
    police = counter.hall.sandbox_ports["police"]
    with sandbox("police", police, counter.data), server_process(counter.hall):
        counter.client.put(
            f"/v1/objects/{sha256}", content=content, headers=counter.kiosk.headers() | place
        )
        assert counter.post(case) == 201
        reply = counter.reply(case, 10)
        page = counter.client.get(f"/v/{case.case.case_id}").text
    assert reply is not None
    assert reply.state is CaseState.ACCEPTED
    assert "已受理" in page
    assert "作出决定" in page


def test_a_refusal_carries_the_departments_sentence(counter: Counter) -> None:
    case = submission(
        counter.hall, counter.content, 1, payload=tax_payload("TAX1:370321:20261000039981")
    )
    with sandbox("tax", counter.port, counter.data), server_process(counter.hall):
        counter.post(case)
        reply = counter.reply(case, 10)
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
        waiting.start()
        with sandbox("tax", counter.port, counter.data):
            ready = time.monotonic()
            waiting.join(timeout=20)
            waited_s = time.monotonic() - ready
    assert found[0] is not None
    assert waited_s < 5  # the probe finds the department, the case does not sit out its pause


def test_a_case_taken_before_kill_9_reaches_the_department_once(counter: Counter) -> None:
    cases = [submission(counter.hall, counter.content, number) for number in range(1, 6)]
    with server_process(counter.hall) as server:
        assert [counter.post(case) for case in cases] == [201] * 5
        kill(server)  # between intake and hand-over: no department is running
    with sandbox("tax", counter.port, counter.data), server_process(counter.hall):
        replies = [counter.reply(case, 15) for case in cases]
        assert cases_at(counter.port) == 5
        assert [counter.post(case) for case in cases] == [200] * 5
    assert [reply is not None and reply.state for reply in replies] == [CaseState.COMPLETED] * 5


def test_kill_9_while_the_department_works_does_not_double_the_case(counter: Counter) -> None:
    case = submission(counter.hall, counter.content, 1)
    with sandbox("tax", counter.port, counter.data):
        set_fault(counter.port, "slow", delay_s=60)  # it takes the case and stays silent
        with server_process(counter.hall) as server:
            counter.post(case)
            assert eventually(lambda: cases_at(counter.port) == 1, within_s=10)
            kill(server)
        set_fault(counter.port, "ok")
        with server_process(counter.hall):
            reply = counter.reply(case, 15)
        assert cases_at(counter.port) == 1
    assert reply is not None
    assert reply.certificate is not None


def test_a_lost_answer_is_asked_for_again_by_id(counter: Counter) -> None:
    case = submission(counter.hall, counter.content, 1)
    with sandbox("tax", counter.port, counter.data), server_process(counter.hall):
        set_fault(counter.port, "slow", delay_s=3, seconds=3)
        counter.post(case)
        assert eventually(lambda: cases_at(counter.port) == 1, within_s=10)
        assert counter.reply(case, 0) is None
        reply = counter.reply(case, 20)
        assert cases_at(counter.port) == 1
    assert reply is not None


@pytest.mark.parametrize("mode", ["down", "error"])
def test_a_department_in_trouble_gets_the_case_once_it_is_back(counter: Counter, mode: str) -> None:
    case = submission(counter.hall, counter.content, 1)
    with sandbox("tax", counter.port, counter.data), server_process(counter.hall):
        set_fault(counter.port, mode)
        assert counter.post(case) == 201
        assert counter.reply(case, 3) is None
        assert cases_at(counter.port) == 0
        set_fault(counter.port, "ok")
        assert counter.reply(case, 10) is not None
        assert cases_at(counter.port) == 1
    with open_database(counter.hall.settings) as database, database.read() as session:
        events = case_detail(session, case.case.case_id).events
    # one line for the trouble, however many attempts it took
    assert [each.what for each in events] == ["received", "sent", "no_answer", "completed"]
