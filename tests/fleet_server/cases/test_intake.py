"""Intake over real HTTP: idempotent, sealed, numbered, durable uploads."""

import base64
import hashlib
import resource
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from nacl.public import PrivateKey

from fleet_server.app import create_app
from fleet_server.cases.intake import MOST_PAPERS, fingerprint
from fleet_server.cases.lookup import case_detail, count_cases, list_refused_envelopes
from fleet_server.cases.tables import Case
from fleet_server.fleet import Fleet
from kiosk.contract.cases import SealedCase
from kiosk.store.vault import Paper, seal
from tests.fleet_server.small_hall import (
    Hall,
    Submission,
    TestKiosk,
    make_hall,
    police_payload,
    serving,
    submission,
    tax_payload,
)

pytestmark = pytest.mark.slow

PAGE = Paper(name="use_paper", media_type="image/jpeg", content=b"\xff\xd8" + bytes(300_000))


class Counter:
    """The hall, one kiosk, and the running server's parts."""

    def __init__(self, hall: Hall, content: str, kiosk: TestKiosk, other: TestKiosk) -> None:
        self.hall, self.content, self.kiosk, self.other = hall, content, kiosk, other
        self.client = httpx.Client(base_url=hall.url, trust_env=False)
        self.app = create_app(hall.settings)

    @property
    def fleet(self) -> Fleet:
        fleet: Fleet = self.app.state.fleet
        return fleet

    def post(self, each: Submission, kiosk: TestKiosk | None = None) -> httpx.Response:
        headers = {**(kiosk or self.kiosk).headers(), "Content-Type": "application/json"}
        body = each.case.model_dump_json()
        return self.client.post("/v1/cases", content=body, headers=headers)

    def put(self, sha256: str, chunk: bytes, first: int, total: int) -> httpx.Response:
        place = f"bytes {first}-{first + len(chunk) - 1}/{total}"
        headers = {**self.kiosk.headers(), "Content-Range": place}
        return self.client.put(f"/v1/objects/{sha256}", content=chunk, headers=headers)

    def refused_ids(self) -> list[str]:
        with self.fleet.database.read() as session:
            return [each.case_id for each in list_refused_envelopes(session)]

    def head(self, sha256: str) -> httpx.Response:
        return self.client.head(f"/v1/objects/{sha256}", headers=self.kiosk.headers())


@pytest.fixture(scope="module")
def counter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    hall = make_hall(tmp_path_factory.mktemp("intake"), departments=())
    found = Counter(hall, hall.content, hall.enrol("hz0001"), hall.enrol("hz0002"))
    with found.client, serving(found.app, hall.settings.http.port):
        yield found


def test_a_case_is_taken_once_however_often_it_comes(counter: Counter) -> None:
    case = submission(counter.hall, counter.content, 0x101)
    first, second = counter.post(case), counter.post(case)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["case_number"] == second.json()["case_number"]
    assert first.json()["verify_url"] == f"https://banshi.example/v/{case.case.case_id}"


def test_the_same_id_with_other_content_is_a_conflict(counter: Counter) -> None:
    counter.post(submission(counter.hall, counter.content, 0x102))
    refused = counter.post(submission(counter.hall, counter.content, 0x102))
    assert (refused.status_code, refused.json()["code"]) == (409, "case_conflict")


def test_another_kiosk_cannot_learn_of_a_case_by_its_id(counter: Counter) -> None:
    case = submission(counter.hall, counter.content, 0x103)
    assert counter.post(case).status_code == 201
    assert counter.post(case, counter.other).status_code == 409
    path = f"/v1/cases/{case.case.case_id}/reply"
    assert counter.client.get(path, headers=counter.other.headers()).status_code == 404
    assert counter.client.get(path, headers=counter.kiosk.headers()).status_code == 200


def test_case_numbers_of_a_day_have_no_gap_even_when_a_case_is_refused(counter: Counter) -> None:
    before = counter.post(submission(counter.hall, counter.content, 0x104)).json()
    unknown = submission(counter.hall, counter.content, 0x105, service_id="no-such-service")
    assert counter.post(unknown).json()["code"] == "unknown_service"
    after = counter.post(submission(counter.hall, counter.content, 0x106)).json()
    assert int(after["case_number"][-6:]) == int(before["case_number"][-6:]) + 1


def test_an_envelope_for_another_server_is_refused_and_recorded_once(counter: Counter) -> None:
    foreign = Submission(
        seal(
            tax_payload(),
            (),
            case_id=f"{0x107:032x}",
            service_id="tax-payment-certificate",
            service_version=1,
            content=counter.content,
            submitted_at=submission(counter.hall, counter.content, 1).case.submitted_at,
            server_key=PrivateKey.generate().public_key,
            reply_key=PrivateKey.generate().public_key,
        ),
        PrivateKey.generate(),
    )
    for _ in range(2):
        refused = counter.post(foreign)
        assert (refused.status_code, refused.json()["code"]) == (422, "unsealable")
    with counter.fleet.database.read() as session:
        recorded = [
            each for each in list_refused_envelopes(session) if each.case_id == foreign.case.case_id
        ]
        assert [each.code for each in recorded] == ["unsealable"]
        assert count_cases(session, now=counter.fleet.clock.now()).refused_envelopes >= 1


def test_a_changed_payload_is_refused(counter: Counter) -> None:
    case = submission(counter.hall, counter.content, 0x108).case
    changed = bytearray(case.payload)
    changed[-1] ^= 1
    body = case.model_dump(mode="json") | {"payload": base64.b64encode(changed).decode()}
    refused = counter.client.post("/v1/cases", json=body, headers=counter.kiosk.headers())
    assert refused.json()["code"] == "unsealable"


def test_a_case_waits_for_its_papers(counter: Counter) -> None:
    case = _with_paper(counter, 0x109)
    ((sha256, content),) = case.sealed.ciphertexts.items()
    missing = counter.post(case)
    assert (missing.status_code, missing.json()) == (
        409,
        {"code": "papers_missing", "detail": sha256},
    )
    assert counter.put(sha256, content, 0, len(content)).status_code == 201
    assert counter.post(case).status_code == 201


def test_the_same_case_many_times_at_once_is_one_case(counter: Counter) -> None:
    case = _with_paper(counter, 0x110)
    ((sha256, content),) = case.sealed.ciphertexts.items()
    counter.put(sha256, content, 0, len(content))
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: counter.post(case), range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.json()["case_number"] for answer in answers}) == 1


def test_an_upload_goes_on_where_it_stopped(counter: Counter) -> None:
    case = _with_paper(counter, 0x10A)
    ((sha256, content),) = case.sealed.ciphertexts.items()
    assert counter.head(sha256).headers["Upload-Offset"] == "0"
    assert counter.put(sha256, content[:1000], 0, len(content)).status_code == 202
    again = counter.head(sha256)
    assert (again.status_code, again.headers["Upload-Offset"]) == (404, "1000")
    wrong = counter.put(sha256, content[500:], 500, len(content))
    assert (wrong.status_code, wrong.json()["code"]) == (409, "wrong_offset")
    assert wrong.headers["Upload-Offset"] == "1000"
    assert counter.put(sha256, content[1000:], 1000, len(content)).status_code == 201
    assert counter.head(sha256).status_code == 200
    assert counter.post(case).status_code == 201
    assert counter.head(sha256).status_code == 200


def test_an_upload_with_another_hash_is_thrown_away(counter: Counter) -> None:
    sha256 = "ab" * 32
    refused = counter.put(sha256, b"not it", 0, 6)
    assert (refused.status_code, refused.json()["code"]) == (422, "wrong_hash")
    assert counter.head(sha256).headers["Upload-Offset"] == "0"


def test_an_upload_to_a_full_disk_is_put_off_and_goes_on_later(counter: Counter) -> None:
    content = bytes(6_000_000)
    sha256 = hashlib.sha256(content).hexdigest()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5_000_000, hard))
    try:
        full = counter.put(sha256, content, 0, len(content))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (full.status_code, full.json()) == (503, {"code": "unavailable", "detail": "storage"})
    assert full.headers["Retry-After"] == "30"
    assert counter.head(sha256).headers["Upload-Offset"] == "0"
    assert counter.put(sha256, content, 0, len(content)).status_code == 201


def test_a_case_with_more_papers_than_a_department_can_take_is_refused_and_recorded(
    counter: Counter,
) -> None:
    most = tuple(PAGE for _ in range(MOST_PAPERS))
    fits = submission(counter.hall, counter.content, 0x131, papers=most)
    assert counter.post(fits).json()["code"] == "papers_missing"  # the number is no obstacle
    beyond = submission(counter.hall, counter.content, 0x132, papers=(*most, PAGE))
    refused = counter.post(beyond)
    assert (refused.status_code, refused.json()["code"]) == (422, "too_many_papers")
    with counter.fleet.database.read() as session:
        (noted, *_) = list_refused_envelopes(session)
    assert (noted.case_id, noted.code) == (beyond.case.case_id, "too_many_papers")


def test_what_is_taken_in_the_end_is_no_longer_listed_as_refused(counter: Counter) -> None:
    good = submission(counter.hall, counter.content, 0x134)
    case = good.case.model_copy(update={"service_id": "not-yet-published"})
    unknown = replace(good, sealed=replace(good.sealed, case=case))
    assert counter.post(unknown).json()["code"] == "unknown_service"
    assert good.case.case_id in counter.refused_ids()
    assert counter.post(good).status_code == 201
    assert good.case.case_id not in counter.refused_ids()


def test_another_content_under_a_known_id_is_listed_for_staff(counter: Counter) -> None:
    first = submission(counter.hall, counter.content, 0x135)
    assert counter.post(first).status_code == 201
    other = submission(counter.hall, counter.content, 0x135)
    assert counter.post(other).json()["code"] == "case_conflict"
    assert first.case.case_id in counter.refused_ids()


def test_papers_of_more_bytes_than_memory_should_hold_are_refused(counter: Counter) -> None:
    case = submission(counter.hall, counter.content, 0x133, papers=(PAGE, PAGE, PAGE, PAGE)).case
    huge = tuple(paper.model_copy(update={"size": 20_000_000}) for paper in case.papers)
    body = case.model_copy(update={"papers": huge}).model_dump_json()
    headers = {**counter.kiosk.headers(), "Content-Type": "application/json"}
    refused = counter.client.post("/v1/cases", content=body, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (422, "too_many_papers")


def test_an_upload_beyond_the_size_limit_is_refused(counter: Counter) -> None:
    refused = counter.put("cd" * 32, b"x", 0, 20_000_001)
    assert (refused.status_code, refused.json()["code"]) == (413, "too_large")


def test_no_kiosk_token_no_case(counter: Counter) -> None:
    case = submission(counter.hall, counter.content, 0x10B).case
    refused = counter.client.post("/v1/cases", json=case.model_dump(mode="json"))
    assert refused.status_code == 401


def test_nothing_personal_lies_open_on_the_servers_disk(counter: Counter) -> None:
    case = _with_paper(counter, 0x10C)
    ((sha256, content),) = case.sealed.ciphertexts.items()
    counter.put(sha256, content, 0, len(content))
    assert counter.post(case).status_code == 201
    canaries = [word.encode() for word in ("张明远", "370321198503120011", "13900000000")]
    with counter.fleet.database.read() as session:
        detail = case_detail(session, case.case.case_id)
    assert (detail.case.masked_name, detail.case.masked_number) == ("张*远", "370***********0011")
    everything = b"".join(
        path.read_bytes()
        for path in Path(counter.hall.settings.folder).rglob("*")
        if path.is_file()
    )
    assert "张*远".encode() in everything
    assert [canary for canary in canaries if canary in everything] == []


def test_the_timeline_begins_with_the_kiosk(counter: Counter) -> None:
    case = submission(counter.hall, counter.content, 0x10D)
    counter.post(case)
    with counter.fleet.database.read() as session:
        detail = case_detail(session, case.case.case_id)
    assert (detail.events[0].actor, detail.events[0].what) == ("kiosk:hz0001", "received")


def test_the_public_page_tells_the_state_and_nothing_about_the_person(counter: Counter) -> None:
    case = submission(
        counter.hall,
        counter.content,
        0x10E,
        service_id="real-estate-registration-result",
        payload=police_payload(),
    )
    number = counter.post(case).json()["case_number"]
    page = counter.client.get(f"/v/{case.case.case_id}")
    assert page.status_code == 200
    assert number in page.text
    assert "已接收" in page.text
    assert "不动产登记" in page.text
    assert [word for word in ("张", "远", "*远", "19850312", "hz0001") if word in page.text] == []
    english = counter.client.get(
        f"/v/{case.case.case_id}", headers={"Accept-Language": "en-GB,en;q=0.9"}
    )
    assert "Received" in english.text
    assert "Real estate registration result" in english.text
    assert "不动产" not in english.text


@pytest.mark.parametrize("case_id", ["0" * 32, "not-a-case", "%2e%2e", "'; drop table"])
def test_an_unknown_receipt_gets_a_calm_page(counter: Counter, case_id: str) -> None:
    page = counter.client.get(f"/v/{case_id}")
    assert page.status_code == 404
    assert "没有找到这个办件" in page.text


def test_a_case_with_unknown_content_is_taken_under_present_words(counter: Counter) -> None:
    restored = submission(counter.hall, "f" * 64, 0x10F)
    assert counter.post(restored).status_code == 201
    with counter.fleet.database.read() as session:
        case = session.get_one(Case, restored.case.case_id)
    assert case.service_title


def _with_paper(counter: Counter, number: int) -> Submission:
    return submission(
        counter.hall,
        counter.content,
        number,
        service_id="police-no-criminal-record",
        payload=police_payload(),
        papers=(PAGE,),
    )


def test_a_reply_key_nothing_can_be_sealed_to_is_refused_before_the_case_is_taken(
    counter: Counter,
) -> None:
    good = submission(counter.hall, counter.content, 0x901)
    weak = good.case.model_dump(mode="json") | {"reply_key": base64.b64encode(bytes(32)).decode()}
    refused = counter.client.post("/v1/cases", json=weak, headers=counter.kiosk.headers())
    assert (refused.status_code, refused.json()["code"]) == (422, "unsealable")
    assert counter.post(good).status_code == 201


def test_a_moment_beyond_the_calendar_does_not_hide_the_list_of_cases(counter: Counter) -> None:
    good = submission(counter.hall, counter.content, 0x902)
    early = good.case.model_dump(mode="json") | {"submitted_at": "0001-01-01T00:00:00+14:00"}
    taken = counter.client.post("/v1/cases", json=early, headers=counter.kiosk.headers())
    assert taken.status_code == 201
    with counter.fleet.database.read() as session:
        assert case_detail(session, good.case.case_id).case.submitted_at.year == 1


def test_a_field_added_by_a_later_version_does_not_make_it_another_case() -> None:
    class LaterCase(SealedCase):
        priority: int = 0

    fields = {
        "case_id": "0" * 32,
        "service_id": "x",
        "service_version": 1,
        "content": "0" * 64,
        "submitted_at": "2026-11-23T08:00:00Z",
        "sealed_key": "aaaa",
        "payload": "aaaa",
        "reply_key": "aaaa",
    }
    now, later = SealedCase.model_validate(fields), LaterCase.model_validate(fields)
    assert fingerprint(now) == fingerprint(later)
    assert fingerprint(now) != fingerprint(now.model_copy(update={"service_version": 2}))


def test_nobody_fills_the_memory_before_being_asked_who_they_are(counter: Counter) -> None:
    announced = counter.client.post("/v1/enrol", content=bytes(5_000_000))
    assert (announced.status_code, announced.json()["code"]) == (413, "too_large")
    chunks = (bytes(100_000) for _ in range(50))  # says nothing of its length
    streamed = counter.client.post("/v1/cases", content=chunks)
    assert (streamed.status_code, streamed.json()["code"]) == (413, "too_large")
