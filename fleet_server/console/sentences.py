"""Codes become sentences: why a kiosk is called what it is, and what it says happened."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fleet_server.console.content_words import step_label
from fleet_server.console.times import clock_text
from fleet_server.console.words import Words
from fleet_server.kiosks.presence import Word
from fleet_server.kiosks.schemas import EventView, KioskSummary, PresenceView
from kiosk.contract.content import ContentBundle
from kiosk.contract.downlink import BackendState, BackendStatus
from kiosk.contract.uplink import KEPT_TOO_LONG

_TONES: Final[dict[str, str]] = {
    "case_turned_away": "fault",
    "content_refused": "fault",
    "events_dropped": "fault",
    "content_drawn": "good",
}
_OUTCOME_TONES: Final = {"failed": "fault", "timed_out": "quiet", "abandoned": "quiet"}
_FINISHED: Final = frozenset({"submitted", "completed", "waiting"})
_LEVEL_TONES: Final = {"info": "quiet", "warning": "", "alarm": "fault"}
_WELL: Final = frozenset({"online", "deviceBusy"})
_STAGE_TONES: Final = {"unconfirmed": "fault", "not_printed": "fault"}


@dataclass(frozen=True, slots=True)
class EventLine:
    """One event as people read it."""

    event: EventView
    text: str
    tone: str
    """good, fault, quiet, or empty for plain."""
    case_id: str = ""
    """Of the case it is about; empty where it is about none."""


def why_text(words: Words, presence: PresenceView) -> str:
    """The reason of the word, with what it names; empty while serving."""
    if not presence.why:
        return ""
    if presence.why == "devices":
        return _devices_text(words, presence.facts)
    facts = dict(presence.facts)
    if "reason" in facts:
        facts["reason"] = words.of_code("closed", facts["reason"] or "unsaid")
    try:
        return words.of_code("presence.why", presence.why, **facts)
    except KeyError:
        return presence.why


def _devices_text(words: Words, facts: Mapping[str, str]) -> str:
    """`市电中断，正用电池供电；凭条打印机不可用`: what is reported, then what does not work."""
    reported = [each.partition("=") for each in facts.get("faults", "").split(",") if each]
    told = [_reported_text(words, device, fault) for device, _, fault in reported]
    names = [
        words.of_code("device", device)
        for device in facts.get("devices", "").split(",")
        if device not in {device for device, _, _ in reported}
    ]
    if names:
        told.append(words("presence.why.devices", devices=words("list.and").join(names)))
    return words("list.semicolon").join(told)


def _reported_text(words: Words, device: str, fault: str) -> str:
    if f"presence.reported.{fault}" in words.texts:
        return words(f"presence.reported.{fault}")
    named = words.of_code("fault.name", fault)
    return words("presence.fault", device=words.of_code("device", device), fault=named)


def actor_text(words: Words, actor: str) -> str:
    """Who did it, as the trail names them: `kiosk:hz0001`, `department:tax`, `server`, a person."""
    kind, _, name = actor.partition(":")
    match kind:
        case "kiosk" | "user" if name:
            return words(f"actor.{kind}", name=name)
        case "department":
            return words("actor.department", name=words.of_code("department.name", name))
        case "server":
            return words("actor.server")
        case _:
            return actor


def kiosk_sentence(
    words: Words, kiosk: KioskSummary, backends: Mapping[str, BackendState], *, now: datetime
) -> str:
    """`01 号终端 正常服务（不动产暂停：登记系统 01:20 起无响应）`."""
    reasons = [text] if (text := why_text(words, kiosk.presence)) else []
    if kiosk.presence.word in {Word.SERVING, Word.LIMITED}:
        reasons += department_sentences(words, backends, now=now)
    word = words(f"presence.word.{kiosk.presence.word}")
    if not reasons:
        return words("presence.sentence", name=kiosk.name, word=word)
    told = words("list.semicolon").join(reasons)
    return words("presence.sentence_why", name=kiosk.name, word=word, why=told)


def department_sentences(
    words: Words, backends: Mapping[str, BackendState], *, now: datetime
) -> list[str]:
    """`不动产暂停：登记系统 01:20 起无响应`; departments that fell together share one."""
    fallen: dict[tuple[str, str], list[str]] = {}
    for department, state in backends.items():
        if state.status is BackendStatus.DOWN:
            alike = clock_text(words, state.since, now=now), state.reason or "error"
            name = words.of_code("department.name", department)
            fallen.setdefault(alike, []).append(name)
    return [
        words(
            "department.down",
            name=words("list.and").join(names),
            since=since,
            trouble=words.of_code("trouble", trouble),
        )
        for (since, trouble), names in fallen.items()
    ]


def event_line(words: Words, event: EventView, bundle: ContentBundle | None) -> EventLine:
    """The event's sentence; an event of newer software shows its kind and facts."""
    facts = _facts_in_words(words, event, bundle)
    try:
        text = words(_sentence_key(event), **facts)
    except KeyError:
        text = " ".join([event.kind, *(f"{name}={value}" for name, value in event.facts.items())])
    return EventLine(event, text, _tone(event), event.facts.get("case_id", ""))


def service_title(words: Words, bundle: ContentBundle | None, service_id: str) -> str:
    """What citizens call it; its id where it is no longer published."""
    content = None if bundle is None else bundle.services.get(service_id)
    if content is None:
        return service_id
    texts = content.texts.get(words.language) or content.texts["zh-CN"]
    return texts.get("title") or service_id


def _sentence_key(event: EventView) -> str:
    facts, kind = event.facts, event.kind
    match kind:
        case "journal_entry":
            return f"journal.{facts.get('entry', '')}"
        case "case_turned_away":
            return f"event.{kind}.{'erased' if facts.get('code') == KEPT_TOO_LONG else 'kept'}"
        case "service_state_changed":
            return f"event.{kind}.{'out' if facts.get('out_of_service') == 'true' else 'in'}"
        case "session_ended":
            return f"event.{kind}.{'done' if facts.get('outcome') in _FINISHED else 'left'}"
        case "self_test_done":
            return f"event.{kind}.{'ill' if _ill(event) else 'well'}"
        case "device_status_changed":
            state = _object(event, "state")
            return f"event.{kind}.{'fault' if state.get('fault') else 'plain'}"
        case _:
            return f"event.{kind}"


def _facts_in_words(words: Words, event: EventView, bundle: ContentBundle | None) -> dict[str, str]:
    facts = dict(event.facts)
    kind = event.kind
    if kind == "journal_entry":
        return _journal_facts(words, event, bundle)
    if service := facts.get("service_id"):
        facts["service"] = service_title(words, bundle, service)
    for name in ("content", "case_id", "command_id"):
        if name in facts:
            facts[name] = facts[name][:8]
    if kind == "device_status_changed":
        state = _object(event, "state")
        facts["device"] = words.of_code("device", facts.get("device", ""))
        facts["status"] = words.of_code("status", str(state.get("status", "unknown")))
        facts["code"] = fault = str(state.get("fault") or "")
        facts["fault"] = words.of_code("fault.name", fault)
    if kind == "self_test_done":
        facts["total"] = str(len(_object(event, "devices")))
        facts["devices"] = words("list.and").join(
            words.of_code("device", device) for device in _ill(event)
        )
    if kind == "session_ended":
        facts["outcome"] = words.of_code("outcome", facts.get("outcome", ""))
        facts["lasted"] = words("time.seconds", n=round(float(facts.get("lasted_s", "0"))))
        facts["step"] = _step_title(words, event, bundle)
    if kind == "case_turned_away":
        facts["code"] = words.of_code("refused_case", facts.get("code", ""))
    if kind == "paper_changed":
        facts["stage"] = words.of_code("paper", facts.get("stage", ""))
    if kind == "service_state_changed":
        facts["reason"] = words.of_code("closed", facts.get("reason", ""))
    if kind == "command_progress":
        facts["state"] = words.of_code("command.state", facts.get("state", ""))
    return facts


def _step_title(words: Words, event: EventView, bundle: ContentBundle | None) -> str:
    step_id = event.facts.get("at_step", "")
    content = None if bundle is None else bundle.services.get(event.facts.get("service_id", ""))
    if content is None or step_id not in content.definition.steps:
        return step_id
    return step_label(words, content.definition.steps[step_id])


def _journal_facts(words: Words, event: EventView, bundle: ContentBundle | None) -> dict[str, str]:
    facts = {name: str(value) for name, value in _object(event, "facts").items()}
    if "service" in facts:
        facts["service"] = service_title(words, bundle, facts["service"])
    if "device" in facts:
        facts["device"] = words.of_code("device", facts["device"])
    if "fault" in facts:
        facts["code"] = facts["fault"]
        facts["fault"] = words.of_code("fault.name", facts["fault"])
    if event.facts.get("entry") == "app_stopped":
        facts["why"] = words.of_code("stopped", facts.get("why", ""))
    return facts


def _object(event: EventView, name: str) -> dict[str, object]:
    """A fact that has parts of its own; empty where it is not one."""
    try:
        found = json.loads(event.facts.get(name, "{}"))
    except json.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _ill(event: EventView) -> list[str]:
    """Devices of a self-test that a technician must see to, or that could not be asked."""
    return [
        device
        for device, state in _object(event, "devices").items()
        if not isinstance(state, dict) or state.get("fault") or state.get("status") not in _WELL
    ]


def _tone(event: EventView) -> str:
    facts = event.facts
    match event.kind:
        case "device_status_changed":
            state = _object(event, "state")
            return "fault" if state.get("fault") else "good" * (state.get("status") == "online")
        case "self_test_done":
            return "fault" if _ill(event) else "good"
        case "journal_entry":
            return _LEVEL_TONES.get(facts.get("level", ""), "")
        case "session_ended":
            return _OUTCOME_TONES.get(facts.get("outcome", ""), "")
        case "paper_changed":
            return _STAGE_TONES.get(facts.get("stage", ""), "quiet")
        case "command_progress":
            return "fault" if facts.get("state") in {"failed", "interrupted"} else ""
        case "service_state_changed":
            return "fault" if facts.get("out_of_service") == "true" else "good"
        case _:
            return _TONES.get(event.kind, "")
