import secrets
from datetime import UTC, datetime

import pytest
from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_decrypt
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

from kiosk.contract.cases import (
    Applicant,
    CasePayload,
    CaseReceipt,
    CaseReply,
    CaseState,
    SealedCase,
)
from kiosk.contract.identifiers import NumberKind
from kiosk.contract.uplink import KEPT_TOO_LONG, CaseSubmitted, CaseTurnedAway
from kiosk.store.cases import (
    REPLY_RETENTION,
    TURNED_AWAY_RETENTION,
    CaseDesk,
    CaseIntent,
    CaseQueue,
    SubmittedCase,
    TurnedAway,
)
from kiosk.store.database import Store
from kiosk.store.outbox import Outbox
from kiosk.store.vault import NONCE_BYTES, Paper, VaultError
from tests.kiosk.store.conftest import SettableClock

NAME = "欧阳慕蓉"
NUMBER = "370321199003070024"
PAYLOAD = CasePayload(
    applicant=Applicant(name=NAME, number=NUMBER, number_kind=NumberKind.RESIDENT_ID),
    answers={"purpose": "employment", "mobile": "13800005521"},
)
PAGE = b"\xff\xd8 a photographed page: 13800005521 " + bytes(range(256)) * 40


@pytest.fixture
def desk(store: Store, outbox: Outbox, server_key: PrivateKey, clock: SettableClock) -> CaseDesk:
    return CaseDesk(store, outbox, server_key.public_key, clock=clock)


@pytest.fixture
def queue(store: Store, outbox: Outbox, clock: SettableClock) -> CaseQueue:
    return CaseQueue(store, outbox, clock=clock)


def submit(desk: CaseDesk, papers: int = 2, intent: CaseIntent | None = None) -> SubmittedCase:
    return desk.submit(
        PAYLOAD,
        [Paper("purpose_paper", "image/jpeg", PAGE + bytes([page])) for page in range(papers)],
        service_id="police-no-criminal-record",
        service_version=1,
        content="ab" * 32,
        intent=intent,
    )


def receipt_for(case_id: str) -> CaseReceipt:
    return CaseReceipt(
        case_id=case_id,
        case_number="370321-20261123-000042",
        received_at=datetime(2026, 11, 23, tzinfo=UTC),
        verify_url="https://example.test/v/1",
        state=CaseState.RECEIVED,
    )


def opened(case: SealedCase, server_key: PrivateKey, ciphertext: bytes) -> bytes:
    key = SealedBox(server_key).decrypt(case.sealed_key)
    return crypto_aead_xchacha20poly1305_ietf_decrypt(
        ciphertext[NONCE_BYTES:], case.case_id.encode(), ciphertext[:NONCE_BYTES], key
    )


def test_the_server_can_open_payload_and_papers(
    desk: CaseDesk, queue: CaseQueue, server_key: PrivateKey
) -> None:
    submit(desk)
    (waiting,) = queue.waiting()
    case = waiting.case
    assert CasePayload.model_validate_json(opened(case, server_key, case.payload)) == PAYLOAD
    pages = [
        opened(case, server_key, queue.paper(case.case_id, paper.sha256)) for paper in case.papers
    ]
    assert pages == [PAGE + b"\x00", PAGE + b"\x01"]


def test_a_case_moved_under_another_id_does_not_open(
    desk: CaseDesk, queue: CaseQueue, server_key: PrivateKey
) -> None:
    submit(desk)
    case = queue.waiting()[0].case
    forged = case.model_copy(update={"case_id": secrets.token_hex(16)})
    with pytest.raises(CryptoError):
        opened(forged, server_key, case.payload)


def test_no_personal_data_reaches_the_disk(store: Store, desk: CaseDesk) -> None:
    submit(desk)
    files = b"".join(path.read_bytes() for path in store.path.parent.iterdir())
    found = [word for word in (NAME, NUMBER, "13800005521") if word.encode() in files]
    assert found == []
    # the control: the same search finds what is there in the clear
    assert b"police-no-criminal-record" in files


def test_each_case_has_a_key_of_its_own(
    desk: CaseDesk, queue: CaseQueue, server_key: PrivateKey
) -> None:
    submit(desk)
    submit(desk)
    keys = {SealedBox(server_key).decrypt(one.case.sealed_key) for one in queue.waiting()}
    assert len(keys) == 2


def test_submitting_is_announced_in_the_same_transaction(desk: CaseDesk, outbox: Outbox) -> None:
    submitted = submit(desk)
    (row,) = outbox.pending()
    assert isinstance(row.event, CaseSubmitted)
    assert row.event.case_id == submitted.case_id


def test_the_session_sees_nothing_then_the_receipt_then_the_reply(
    desk: CaseDesk, queue: CaseQueue
) -> None:
    submitted = submit(desk)
    assert desk.look(submitted) is None
    receipt = receipt_for(submitted.case_id)
    queue.delivered(receipt)
    assert desk.look(submitted) == receipt
    reply = CaseReply(
        case_id=submitted.case_id,
        case_number=receipt.case_number,
        state=CaseState.ACCEPTED,
        decide_by="2026-11-26",
    )
    session_key = PublicKey(bytes(submitted.reply_key.public_key))
    queue.replied(receipt, SealedBox(session_key).encrypt(reply.model_dump_json().encode()))
    assert desk.look(submitted) == reply


def test_another_sessions_key_does_not_open_the_reply(desk: CaseDesk, queue: CaseQueue) -> None:
    submitted = submit(desk)
    receipt = receipt_for(submitted.case_id)
    queue.delivered(receipt)
    queue.replied(receipt, SealedBox(PrivateKey.generate().public_key).encrypt(b"{}"))
    with pytest.raises(VaultError, match="wrong key"):
        desk.look(submitted)


def test_what_is_delivered_is_erased_here(
    store: Store, desk: CaseDesk, queue: CaseQueue, clock: SettableClock
) -> None:
    submitted = submit(desk)
    queue.delivered(receipt_for(submitted.case_id))
    assert store.rows("SELECT count(*) FROM case_paper") == [(0,)]
    assert store.rows("SELECT envelope FROM case_out") == [(None,)]
    assert queue.count_waiting() == 0
    clock.forward(REPLY_RETENTION)
    assert queue.awaiting_reply() == []
    assert queue.tidy() == 1
    assert store.rows("SELECT count(*) FROM case_out") == [(0,)]


def test_a_case_that_waits_is_never_tidied_away(
    desk: CaseDesk, queue: CaseQueue, clock: SettableClock
) -> None:
    submit(desk)
    clock.forward(REPLY_RETENTION * 10_000)
    assert queue.tidy() == 0
    assert queue.count_waiting() == 1


def test_a_case_turned_away_is_kept_reported_once_and_told_to_the_session(
    desk: CaseDesk, queue: CaseQueue, outbox: Outbox, store: Store
) -> None:
    submitted = submit(desk)
    queue.turned_away(submitted.case_id, "unsealable")
    queue.turned_away(submitted.case_id, "unsealable")
    reported = [row.event for row in outbox.pending() if isinstance(row.event, CaseTurnedAway)]
    assert [(event.case_id, event.code) for event in reported] == [
        (submitted.case_id, "unsealable")
    ]
    assert desk.look(submitted) == TurnedAway("unsealable")
    assert store.rows("SELECT count(*) FROM case_paper") == [(2,)]
    assert queue.waiting_ids() == []


def test_a_representation_for_a_log_holds_nothing_personal(desk: CaseDesk) -> None:
    submitted = submit(desk)
    shown = repr(submitted) + repr(Paper("purpose_paper", "image/jpeg", PAGE)) + repr(PAYLOAD)
    assert [word for word in (NAME, NUMBER, "13800005521", "\\xff") if word in shown] == []


def test_one_intent_is_one_case_however_often_it_is_submitted(
    desk: CaseDesk, queue: CaseQueue, outbox: Outbox, clock: SettableClock
) -> None:
    intent = CaseIntent()
    first = submit(desk, intent=intent)
    before = queue.case(first.case_id)
    clock.forward(REPLY_RETENTION)
    assert submit(desk, intent=intent) == first
    assert queue.case(first.case_id) == before
    assert len(outbox.pending()) == 1
    submit(desk)  # the control: another intent is another case
    assert queue.count_waiting() == 2


def test_a_second_chance_that_fails_alike_is_not_reported_again_and_one_that_works_heals(
    desk: CaseDesk, queue: CaseQueue, outbox: Outbox
) -> None:
    submitted = submit(desk)
    case_id = submitted.case_id
    queue.turned_away(case_id, "unknown_service")
    assert queue.give_second_chance() == 1
    queue.turned_away(case_id, "unknown_service")
    assert queue.give_second_chance() == 1
    queue.turned_away(case_id, "unsealable")
    codes = [row.event.code for row in outbox.pending() if isinstance(row.event, CaseTurnedAway)]
    assert codes == ["unknown_service", "unsealable"]
    assert queue.give_second_chance() == 1
    assert queue.waiting_ids() == [case_id]
    queue.delivered(receipt_for(case_id))
    assert desk.look(submitted) == receipt_for(case_id)
    assert queue.give_second_chance() == 0


def test_what_stays_turned_away_is_erased_in_the_end_and_said(
    desk: CaseDesk, queue: CaseQueue, outbox: Outbox, store: Store, clock: SettableClock
) -> None:
    gone, waiting = submit(desk), submit(desk)
    queue.turned_away(gone.case_id, "unsealable")
    clock.now += TURNED_AWAY_RETENTION / 2
    queue.give_second_chance()
    queue.turned_away(gone.case_id, "unsealable")
    queue.tidy()
    assert store.rows("SELECT count(*) FROM case_paper") == [(4,)]
    clock.now += TURNED_AWAY_RETENTION / 2
    queue.tidy()
    assert store.rows("SELECT case_id FROM case_out") == [(waiting.case_id,)]
    assert store.rows("SELECT count(*) FROM case_paper") == [(2,)]
    told = [row.event for row in outbox.pending() if isinstance(row.event, CaseTurnedAway)]
    assert [event.code for event in told] == ["unsealable", KEPT_TOO_LONG]
