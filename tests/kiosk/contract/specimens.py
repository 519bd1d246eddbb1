"""One specimen of every message the kiosk can say or hear, for golden files and round trips."""

from datetime import UTC, datetime

from pydantic import BaseModel

from kiosk.contract import cases, devices, downlink, uplink
from kiosk.contract.identifiers import NumberKind

AT = datetime(2026, 11, 23, 3, 12, tzinfo=UTC)
CASE = "3f2a91bc04de4b7f8a6c5d4e3f2a1b0c"
HASH = "2e7df208926a039b01120e557b2ea74c889bbf7567caa99278d9bab8c51d33b2"
PRINTER = devices.DeviceState(
    status=devices.DeviceStatus.HARDWARE_ERROR, fault="D301", parts={"paper": "out"}
)

EVENTS: tuple[uplink.UplinkEvent, ...] = (
    uplink.AppStarted(n=1, happened_at=AT, cold_start_ms=1850),
    uplink.AgentStarted(n=2, happened_at=AT),
    uplink.DeviceStatusChanged(
        n=3, happened_at=AT, device=devices.DeviceKind.RECEIPT_PRINTER, state=PRINTER
    ),
    uplink.SessionStarted(n=4, happened_at=AT, service_id="tax-payment-certificate"),
    uplink.SessionEnded(
        n=5,
        happened_at=AT,
        service_id="tax-payment-certificate",
        outcome="completed",
        at_step="done",
        lasted_s=61.5,
    ),
    uplink.CaseSubmitted(n=6, happened_at=AT, case_id=CASE),
    uplink.CaseTurnedAway(n=7, happened_at=AT, case_id=CASE, code="unsealable"),
    uplink.PaperChanged(n=8, happened_at=AT, case_id=CASE, stage="presented"),
    uplink.CaseRated(n=9, happened_at=AT, case_id=CASE, score=5),
    uplink.ContentDrawn(n=10, happened_at=AT, content=HASH),
    uplink.ContentRefused(
        n=11, happened_at=AT, content=HASH, findings=("menu: unknown_service: gone",)
    ),
    uplink.ServiceStateChanged(n=12, happened_at=AT, out_of_service=True, reason="command"),
    uplink.CommandProgress(n=13, happened_at=AT, command_id="c1", state="succeeded"),
    uplink.EventsDropped(n=14, happened_at=AT, count=3, first_n=1, last_n=3),
    uplink.JournalEntry(
        n=15, happened_at=AT, entry="server_lost", level="warning", facts={"why": "timeout"}
    ),
    uplink.SelfTestDone(
        n=16,
        happened_at=AT,
        devices={
            devices.DeviceKind.RECEIPT_PRINTER: PRINTER,
            devices.DeviceKind.QR_SCANNER: devices.DeviceState(status=devices.DeviceStatus.ONLINE),
        },
    ),
)

_HEAD = {
    "epoch": 7,
    "inst": "0" * 32,
    "sent_at_ms": 1795403520000,
    "monotonic_ms": 12345,
    "clock": "ntp",
}

UPLINK: dict[str, uplink.UplinkMessage] = {
    "heartbeat": uplink.HeartbeatMessage.model_validate(
        _HEAD
        | {
            "body": uplink.Heartbeat(
                app_state=uplink.AppState.IDLE,
                active_content=HASH,
                drawn_content=HASH,
                cases_waiting=1,
                events_waiting=2,
                devices={devices.DeviceKind.RECEIPT_PRINTER: PRINTER},
                software="0.1.0",
            )
        }
    ),
    "events": uplink.EventsMessage.model_validate(
        _HEAD | {"first_n": 1, "body": uplink.EventBatch(events=EVENTS)}
    ),
    "reported": uplink.ReportedMessage.model_validate(
        _HEAD | {"body": uplink.Reported(desired_version=3, content="applied")}
    ),
    "birth": uplink.BirthMessage.model_validate(_HEAD | {"body": uplink.Birth(software="0.1.0")}),
    "will": uplink.WillMessage.model_validate(_HEAD | {"body": uplink.Will()}),
}

RECEIPT = cases.CaseReceipt(
    case_id=CASE,
    case_number="370321-20261123-000042",
    received_at=AT,
    verify_url=f"https://kiosk.example/v/{CASE}",
    state=cases.CaseState.RECEIVED,
)

OTHERS: dict[str, BaseModel] = {
    "acknowledgement": downlink.Acknowledgement.model_validate(
        {"i": "0" * 32, "upto": 14, "missing": [3]}
    ),
    "poke": downlink.Poke(what="desired"),
    "server_state": downlink.ServerState(on=True, gen=2, ts=1795403520000),
    "desired": downlink.Desired(
        version=3,
        content=downlink.DesiredContent(hash=HASH, target=f"content/{HASH}.json", release=2),
        backends={
            "tax": downlink.BackendState(
                status=downlink.BackendStatus.DOWN, since=AT, reason="timeout"
            )
        },
    ),
    "commands": downlink.CommandList(
        commands=(
            downlink.Command(id="c1", number=1, order=downlink.RestartApp(), expires_at=AT),
            downlink.Command(
                id="c2",
                number=2,
                order=downlink.SetOutOfService(on=True, reason="检修"),
                expires_at=AT,
            ),
        )
    ),
    "case_payload": cases.CasePayload(
        applicant=cases.Applicant(
            name="张明远", number="370321198503120011", number_kind=NumberKind.RESIDENT_ID
        ),
        answers={"use": "work"},
        paper_codes={"use_paper": ("OFFER-2026-0042",)},
    ),
    "sealed_case": cases.SealedCase.model_validate(
        {
            "case_id": CASE,
            "service_id": "tax-payment-certificate",
            "service_version": 1,
            "content": HASH,
            "submitted_at": AT,
            "sealed_key": "AAAA",
            "payload": "AAAA",
            "reply_key": "AAAA",
            "papers": [
                {"sha256": HASH, "size": 9, "media_type": "image/jpeg", "name": "use_paper"}
            ],
        }
    ),
    "case_receipt": RECEIPT,
    "case_reply": cases.CaseReply(
        case_id=CASE,
        case_number=RECEIPT.case_number,
        state=cases.CaseState.COMPLETED,
        certificate=cases.Certificate(
            title="税收完税证明",
            number="37032611230000001",
            rows=(("纳税人名称", "张明远"),),
            table_head=("税种", "实缴金额"),
            table_rows=(("契税", "11,800.00"),),
            issuer="国家税务总局桓台县税务局",
            issued_at=AT,
        ),
    ),
    "sealed_reply": cases.SealedReply.model_validate(
        {"receipt": RECEIPT.model_dump(), "sealed": "AAAA"}
    ),
}
