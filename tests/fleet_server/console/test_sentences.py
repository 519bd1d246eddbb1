"""Codes become the sentences an operator reads."""

from datetime import UTC, datetime

import pytest

from fleet_server.console.sentences import actor_text, event_line, kiosk_sentence, why_text
from fleet_server.console.words import words_in
from fleet_server.kiosks.presence import Word
from fleet_server.kiosks.schemas import EventView, KioskSummary, PresenceView
from kiosk.contract.downlink import BackendState, BackendStatus

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
WORDS = words_in("zh-CN")
UP = BackendState(status=BackendStatus.UP, since=NOW)


def presence(word: Word, why: str = "", **facts: str) -> PresenceView:
    return PresenceView(
        word=word,
        why=why,
        facts=facts,
        since=NOW,
        heard_at=NOW,
        due_at=None,
        epoch=1,
        app_state="idle",
        clock="ntp",
    )


def kiosk(shown: PresenceView) -> KioskSummary:
    return KioskSummary(
        kiosk_id="hz0001",
        name="01 号终端",
        hall="大厅",
        presence=shown,
        cases_waiting=0,
        events_waiting=0,
        active_content=None,
        drawn_content=None,
        software="",
    )


def down(hour: int, minute: int, reason: str = "timeout") -> BackendState:
    since = datetime(2026, 11, 22, hour, minute, tzinfo=UTC)
    return BackendState(status=BackendStatus.DOWN, since=since, reason=reason)


def event(kind: str, **facts: str) -> EventView:
    return EventView(
        n=1, kind=kind, happened_at=NOW, received_at=NOW, historical=False, facts=facts
    )


def test_a_kiosk_that_is_well_says_only_that() -> None:
    said = kiosk_sentence(WORDS, kiosk(presence(Word.SERVING)), {"tax": UP}, now=NOW)
    assert said == "01 号终端 正常服务"


def test_a_department_that_is_down_is_named_with_its_beginning_in_beijing_time() -> None:
    backends = {"tax": UP, "real_estate": down(17, 20)}  # 01:20 of the 23rd in Beijing
    said = kiosk_sentence(WORDS, kiosk(presence(Word.SERVING)), backends, now=NOW)
    assert said == "01 号终端 正常服务（不动产暂停：部门系统 01:20 起无响应）"


def test_departments_that_fell_together_share_one_sentence() -> None:
    backends = {"tax": down(17, 20), "police": down(17, 20), "real_estate": down(17, 20, "error")}
    said = kiosk_sentence(WORDS, kiosk(presence(Word.SERVING)), backends, now=NOW)
    assert "税务、公安暂停：部门系统 01:20 起无响应" in said
    assert "不动产暂停：部门系统 01:20 起应答异常" in said


def test_a_silent_kiosk_is_not_excused_by_a_department() -> None:
    silent = kiosk(presence(Word.SILENT, "late"))
    said = kiosk_sentence(WORDS, silent, {"tax": down(17, 20)}, now=NOW)
    assert said == "01 号终端 失去联系（到时没有上报）"


def test_devices_in_trouble_are_named() -> None:
    shown = presence(Word.LIMITED, "devices", devices="qr_scanner,receipt_printer")
    assert why_text(WORDS, shown) == "扫码器、凭条打印机不可用"


def test_a_supply_that_works_is_not_called_out_of_order() -> None:
    on_battery = {"devices": "power_supply", "faults": "power_supply=D308"}
    shown = presence(Word.LIMITED, "devices", **on_battery)
    assert why_text(WORDS, shown) == "市电中断，正用电池供电"
    assert why_text(words_in("en"), shown) == "mains lost, running on battery"


def test_what_is_reported_stands_beside_what_does_not_work() -> None:
    both = {"devices": "cabinet,qr_scanner", "faults": "cabinet=D206"}
    shown = presence(Word.LIMITED, "devices", **both)
    assert why_text(WORDS, shown) == "机柜：风扇故障；扫码器不可用"


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("mains_lost", "市电中断，电池供电"),
        ("door_open", "机门打开，正在检修"),
        ("", "没有说明原因"),
    ],
)
def test_a_closed_kiosk_always_has_a_why(reason: str, said: str) -> None:
    shown = presence(Word.IDLE_CLOSED, "closed", reason=reason)
    assert why_text(WORDS, shown) == f"终端自行停用：{said}"


@pytest.mark.parametrize(
    ("actor", "said"),
    [
        ("kiosk:hz0001", "终端 hz0001"),
        ("department:tax", "税务部门"),
        ("server", "平台"),
        ("user:wang", "wang"),
        ("wang", "wang"),
        ("robot:7", "robot:7"),
    ],
)
def test_who_did_it_is_said_in_words(actor: str, said: str) -> None:
    assert actor_text(WORDS, actor) == said


@pytest.mark.parametrize("why", ["", "reason_of_the_future"])
def test_a_reason_we_do_not_know_is_shown_as_it_is(why: str) -> None:
    assert why_text(WORDS, presence(Word.UNKNOWN, why)) == why


@pytest.mark.parametrize(
    ("told", "text", "tone"),
    [
        (event("app_started", cold_start_ms="1840"), "自助应用启动，用时 1840 毫秒", ""),
        (
            event(
                "device_status_changed",
                device="receipt_printer",
                state='{"status": "hardwareError", "fault": "D301", "parts": {}}',
            ),
            "凭条打印机：缺纸（D301）",
            "fault",
        ),
        (
            event("device_status_changed", device="qr_scanner", state='{"status": "online"}'),
            "扫码器：就绪",
            "good",
        ),
        (
            event("paper_changed", case_id="0123456789abcdef", stage="unconfirmed"),
            "办件 01234567 的凭条：无法确认是否打出",
            "fault",
        ),
        (
            event("service_state_changed", out_of_service="true", reason="command"),
            "停止服务（按指令）",
            "fault",
        ),
        (
            event(
                "session_ended",
                service_id="gone",
                outcome="abandoned",
                at_step="scan",
                lasted_s="12.4",
            ),
            "“gone”中途放弃，停在“scan”，用时 12 秒",
            "quiet",
        ),
        (event("moon_landed", crew="3"), "moon_landed crew=3", ""),
        (event("device_status_changed", device="new_one", state="{{"), "new_one：状态未知", ""),
    ],
)
def test_an_event_is_a_sentence_with_a_tone(told: EventView, text: str, tone: str) -> None:
    line = event_line(WORDS, told, None)
    assert (line.text, line.tone) == (text, tone)


def test_a_journal_entry_reads_as_its_own_sentence_in_the_tone_of_its_level() -> None:
    lost = event("journal_entry", entry="server_lost", level="warning", facts='{"why": "timeout"}')
    line = event_line(WORDS, lost, None)
    assert (line.text, line.tone) == ("平台连接中断（timeout）", "")
    alarm = event("journal_entry", entry="loop_stuck", level="alarm", facts='{"loop": "mqtt"}')
    assert event_line(WORDS, alarm, None).tone == "fault"


def test_a_journal_entry_says_devices_faults_and_reasons_in_words() -> None:
    fault = '{"device": "receipt_printer", "fault": "D301"}'
    said = event("journal_entry", entry="device_fault", level="warning", facts=fault)
    assert event_line(WORDS, said, None).text == "办理时设备故障：凭条打印机：缺纸（D301）"
    stopped = event("journal_entry", entry="app_stopped", level="info", facts='{"why": "restart"}')
    assert event_line(WORDS, stopped, None).text == "自助应用停止（按指令重启）"


def test_a_journal_entry_of_newer_software_shows_what_it_has() -> None:
    newer = event("journal_entry", entry="blinds_lowered", level="info", facts='{"by": "sun"}')
    said = event_line(WORDS, newer, None).text
    assert "blinds_lowered" in said
    assert "sun" in said


@pytest.mark.parametrize(
    ("devices", "said", "tone"),
    [
        (
            '{"qr_scanner": {"status": "online"}, "cabinet": {"status": "online"}}',
            "夜间自检：2 台设备全部正常",
            "good",
        ),
        (
            '{"qr_scanner": {"status": "online"}, "cabinet": {"status": "noDevice"}}',
            "夜间自检：2 台设备中有问题的是" + WORDS.of_code("device", "cabinet"),
            "fault",
        ),
    ],
)
def test_a_self_test_names_the_devices_that_are_not_well(
    devices: str, said: str, tone: str
) -> None:
    line = event_line(WORDS, event("self_test_done", devices=devices), None)
    assert (line.text, line.tone) == (said, tone)
