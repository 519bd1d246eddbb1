"""The agent as a process, among real parts."""

import signal
import time
from datetime import UTC, datetime, timedelta

import pytest

from kiosk.contract.cases import CaseReceipt, CaseReply
from kiosk.contract.downlink import Command, RestartApp
from kiosk.contract.topics import SERVER_STATE
from kiosk.contract.uplink import (
    AppState,
    BirthMessage,
    CaseTurnedAway,
    EventsMessage,
    Heartbeat,
    HeartbeatMessage,
    SessionStarted,
    WillMessage,
)
from kiosk.store.command_log import CommandLog
from kiosk.store.shared_state import AppAlive, DrawnContent, LinkState
from tests.kiosk.agent.conftest import Fleet
from tests.kiosk.agent.small_broker import Ingest, eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(90)]


def newest_heartbeat(ingest: Ingest) -> Heartbeat | None:
    beats = [one for one in ingest.of("hb") if isinstance(one, HeartbeatMessage)]
    return beats[-1].body if beats else None


def turned_away(ingest: Ingest) -> list[CaseTurnedAway]:
    return [
        event
        for message in ingest.messages
        if isinstance(message, EventsMessage)
        for event in message.body.events
        if isinstance(event, CaseTurnedAway)
    ]


def link(fleet: Fleet) -> tuple[bool, bool]:
    found = fleet.state.get(LinkState)
    return (found.server_reachable, found.broker_reachable) if found else (False, False)


def test_comes_up_says_so_and_leaves_with_a_word(fleet: Fleet) -> None:
    ingest = fleet.listen()
    fleet.start_agent()
    assert eventually(lambda: link(fleet) == (True, True))
    assert eventually(lambda: bool(ingest.of("birth") and ingest.of("hb")))
    assert eventually(lambda: "agent_started" in ingest.events.values())
    assert eventually(lambda: fleet.outbox.waiting() == 0)
    assert fleet.stop_agent() == 0
    (will,) = ingest.of("will")
    assert isinstance(will, WillMessage)
    assert will.body.reason == "leaving"


def test_a_killed_agent_is_lost_and_the_next_life_has_a_higher_epoch(fleet: Fleet) -> None:
    ingest = fleet.listen()
    fleet.start_agent()
    assert eventually(lambda: bool(ingest.of("birth")))
    fleet.stop_agent(signal.SIGKILL)
    assert eventually(lambda: bool(ingest.of("will")))
    fleet.start_agent()
    assert eventually(lambda: len(ingest.of("birth")) == 2)
    births = [one for one in ingest.messages if isinstance(one, BirthMessage)]
    wills = [one for one in ingest.messages if isinstance(one, WillMessage)]
    assert wills[0].body.reason == "lost"
    assert wills[0].epoch == births[0].epoch < births[1].epoch


def test_heartbeats_tell_what_the_app_says_and_that_it_fell_silent(fleet: Fleet) -> None:
    ingest = fleet.listen()
    fleet.start_agent()
    fleet.state.put(DrawnContent(hash="c" * 64))
    alive = AppAlive(tick=1, state=AppState.IN_SESSION, at=datetime.now(UTC))
    fleet.state.put(alive)

    def told(state: AppState) -> bool:
        beat = newest_heartbeat(ingest)
        return beat is not None and (beat.app_state, beat.drawn_content) == (state, "c" * 64)

    assert eventually(lambda: told(AppState.IN_SESSION))
    assert eventually(lambda: told(AppState.UNKNOWN))


def test_a_case_is_delivered_and_its_reply_opens_for_the_session_alone(fleet: Fleet) -> None:
    fleet.start_agent()
    submitted = fleet.submit(pages=2)
    assert eventually(lambda: isinstance(fleet.desk.look(submitted), CaseReply))
    reply = fleet.desk.look(submitted)
    assert isinstance(reply, CaseReply)
    assert reply.decide_by == "2026-11-26"
    assert [case.case_id for case in fleet.server.cases()] == [submitted.case_id]
    assert fleet.store.rows("SELECT count(*) FROM case_paper") == [(0,)]


def test_the_receipt_comes_before_a_slow_department_answers(fleet: Fleet) -> None:
    fleet.server.reply_after_s = 60
    fleet.start_agent()
    submitted = fleet.submit()
    assert eventually(lambda: isinstance(fleet.desk.look(submitted), CaseReceipt))


def test_a_cut_upload_goes_on_where_it_stopped(fleet: Fleet) -> None:
    fleet.server.cut_upload_after = 300_000
    fleet.start_agent()
    submitted = fleet.submit(pages=1, size=900_000)
    assert eventually(lambda: fleet.desk.look(submitted) is not None)
    (case,) = fleet.server.cases()
    assert fleet.server.uploaded_bytes == case.papers[0].size


def test_one_stuck_case_does_not_hold_up_the_others(fleet: Fleet) -> None:
    stuck = fleet.submit()
    fleet.server.stuck_case = stuck.case_id
    later = [fleet.submit() for _ in range(6)]
    fleet.start_agent()
    assert eventually(lambda: all(fleet.desk.look(one) is not None for one in later))
    assert fleet.desk.look(stuck) is None
    fleet.server.stuck_case = ""
    assert eventually(lambda: fleet.desk.look(stuck) is not None)
    assert len(fleet.server.cases()) == 7


def test_a_case_the_server_does_not_take_take_is_kept_and_reported(fleet: Fleet) -> None:
    ingest = fleet.listen()
    fleet.server.refuse_cases = (422, "unsealable")
    fleet.start_agent()
    assert eventually(lambda: link(fleet) == (True, True))
    submitted = fleet.submit()
    assert eventually(lambda: "case_turned_away" in ingest.events.values())
    posts = fleet.server.posts
    told = turned_away(ingest)
    assert (told[0].case_id, told[0].code) == (submitted.case_id, "unsealable")
    assert fleet.store.rows("SELECT count(*) FROM case_paper") == [(1,)]
    pulls = fleet.server.pulls
    assert eventually(lambda: fleet.server.pulls >= pulls + 2)
    assert fleet.server.posts == posts  # without news from the server it stays where it is


def test_a_case_turned_away_is_tried_again_once_the_server_is_another_one(fleet: Fleet) -> None:
    ingest = fleet.listen()
    fleet.server.refuse_cases = (422, "unknown_service")
    fleet.start_agent()
    assert eventually(lambda: link(fleet) == (True, True))
    submitted = fleet.submit()
    assert eventually(lambda: bool(turned_away(ingest)))
    fleet.server.refuse_cases = None
    ingest.say(SERVER_STATE, {"on": True, "gen": 1, "ts": 0})
    assert eventually(lambda: isinstance(fleet.desk.look(submitted), CaseReply))
    assert fleet.store.rows("SELECT count(*) FROM case_paper") == [(0,)]
    assert len(turned_away(ingest)) == 1


def test_news_without_end_are_no_reason_to_try_without_end(fleet: Fleet) -> None:
    ingest = fleet.listen()
    fleet.server.refuse_cases = (422, "unknown_service")
    fleet.start_agent()
    assert eventually(lambda: link(fleet) == (True, True))
    fleet.submit()
    assert eventually(lambda: bool(turned_away(ingest)))
    fleet.server.desire(None)
    assert eventually(lambda: fleet.server.posts == 2)
    for _ in range(3):
        fleet.server.desire(None)
        assert eventually(fleet.server.all_pulled)
    assert fleet.server.posts == 2
    assert len(turned_away(ingest)) == 1


def test_thirty_cases_without_an_answer_leave_the_line_to_the_probe(fleet: Fleet) -> None:
    ingest = fleet.listen()
    fleet.server.reply_after_s = 60
    submitted = [fleet.submit(size=1000) for _ in range(30)]
    fleet.start_agent()
    assert eventually(lambda: len(fleet.server.cases()) == 30, within_s=30)
    pulls = fleet.server.pulls
    assert eventually(lambda: fleet.server.pulls >= pulls + 3)
    assert link(fleet) == (True, True)
    assert fleet.store.rows("SELECT count(*) FROM journal WHERE kind = 'server_lost'") == [(0,)]
    assert fleet.server.most_polls <= 2  # the newest's, and a look after one of the others
    fleet.server.reply_after_s = 0
    ingest.poke("replies")
    rest = submitted[:-1]  # the newest hangs in its own poll, which a real server would end
    assert eventually(lambda: all(isinstance(fleet.desk.look(one), CaseReply) for one in rest))


def test_the_screen_learns_within_five_seconds_that_the_server_is_away_and_back(
    fleet: Fleet,
) -> None:
    fleet.start_agent()
    assert eventually(lambda: link(fleet) == (True, True))
    fleet.server.stop()
    assert eventually(lambda: link(fleet) == (False, True))
    waiting = fleet.submit()
    time.sleep(1)
    assert fleet.desk.look(waiting) is None
    fleet.server.start()
    assert eventually(lambda: link(fleet) == (True, True))
    assert eventually(lambda: fleet.desk.look(waiting) is not None)


def test_a_refusal_that_may_pass_is_logged_once_however_often_it_is_tried(fleet: Fleet) -> None:
    fleet.server.refuse_cases = (429, "too_many")
    fleet.start_agent()
    fleet.submit()
    assert eventually(lambda: fleet.server.posts >= 4, within_s=15)
    fleet.server.refuse_cases = None
    assert eventually(lambda: len(fleet.server.cases()) == 1, within_s=15)
    said = fleet.log.read_text(encoding="utf-8")
    assert said.count("trying again") == 1


def test_events_outlive_a_broker_that_forgets_everything(fleet: Fleet) -> None:
    ingest = fleet.listen()
    fleet.start_agent()
    assert eventually(lambda: link(fleet) == (True, True))
    for number in range(300):
        fleet.outbox.record(SessionStarted, service_id=f"service-{number}")
        if number == 150:
            fleet.broker.kill()
    assert eventually(lambda: link(fleet) == (True, False))
    fleet.broker.start()
    assert eventually(lambda: fleet.outbox.waiting() == 0, within_s=25)
    assert list(ingest.events.values()).count("session_started") == 300


def test_a_puback_is_not_believed(fleet: Fleet) -> None:
    ingest = fleet.listen()
    ingest.deaf = True  # the broker acknowledges every message; the server commits none
    fleet.start_agent()
    fleet.outbox.record(SessionStarted, service_id="a")
    assert eventually(lambda: any(isinstance(each, EventsMessage) for each in ingest.unheard))
    time.sleep(2)  # longer than a PUBACK takes to be believed
    waiting = [row.event.kind for row in fleet.outbox.pending()]
    assert {"agent_started", "session_started"} <= set(waiting)
    ingest.deaf = False
    assert eventually(lambda: fleet.outbox.waiting() == 0)


def test_orders_are_pulled_at_a_poke_and_written_down_once(fleet: Fleet) -> None:
    ingest = fleet.listen()
    fleet.start_agent()
    assert eventually(lambda: link(fleet) == (True, True))
    log = CommandLog(fleet.store, fleet.outbox)
    now = datetime.now(UTC)
    fleet.server.commands = [
        Command(id="c1", number=1, order=RestartApp(), expires_at=now + timedelta(minutes=1)),
        Command(id="c2", number=2, order=RestartApp(), expires_at=now - timedelta(minutes=1)),
    ]
    ingest.poke("commands")
    assert eventually(lambda: log.last_number() == 2)
    ingest.poke("commands")
    assert [command.id for command in log.to_do()] == ["c1"]
    assert log.state("c2") == "expired"
    assert eventually(lambda: list(ingest.events.values()).count("command_progress") == 2)


def test_garbage_from_the_broker_ends_nothing(fleet: Fleet) -> None:
    ingest = fleet.listen()
    fleet.start_agent()
    assert eventually(lambda: bool(ingest.of("birth")))
    for channel in ("ack", "poke", "cmd", "nonsense"):
        ingest.say(f"kf/1/k/hz0042/dn/{channel}", {"what": "???", "i": 7})
    ingest.poke("birth")
    assert eventually(lambda: len(ingest.of("birth")) == 2)


def test_a_wrong_clock_is_set_right_by_the_server(fleet: Fleet) -> None:
    fleet.server.clock_ahead_s = 86_400
    fleet.start_agent()
    submitted = fleet.submit()
    assert eventually(lambda: fleet.desk.look(submitted) is not None)


def test_nothing_personal_reaches_log_or_topics(fleet: Fleet) -> None:
    ingest = fleet.listen()
    fleet.server.refuse_cases = (500, "internal")
    fleet.start_agent()
    fleet.submit()
    assert eventually(lambda: "case_submitted" in ingest.events.values())
    assert eventually(lambda: fleet.server.posts >= 2)
    fleet.stop_agent()
    said = fleet.log.read_text() + "".join(one.model_dump_json() for one in ingest.messages)
    assert [word for word in ("欧阳慕蓉", "370321199003070024") if word in said] == []
    assert "trying again" in said


def test_a_case_that_cannot_be_read_holds_up_no_other(fleet: Fleet) -> None:
    odd, good = fleet.submit(), fleet.submit()
    with fleet.store.transaction() as connection:
        connection.execute(
            "UPDATE case_out SET envelope = json_set(envelope, '$.suite', 'of-newer-software')"
            " WHERE case_id = ?",
            (odd.case_id,),
        )
    fleet.start_agent()
    assert eventually(lambda: [case.case_id for case in fleet.server.cases()] == [good.case_id])
    assert fleet.store.rows("SELECT stage FROM case_out WHERE case_id = ?", odd.case_id) == [
        ("waiting",)
    ]
