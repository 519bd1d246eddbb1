"""From topic and bytes to a message, or to the reason why not. Pure."""

import json
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from typing import Final

from pydantic import BaseModel, JsonValue, TypeAdapter, ValidationError

from kiosk.contract.model import Message
from kiosk.contract.topics import Channel, Direction, Topic
from kiosk.contract.uplink import (
    MAX_BYTES,
    MAX_EVENTS,
    EnvelopeFields,
    EventBatch,
    EventsMessage,
    UplinkEvent,
    UplinkMessage,
    decode_uplink,
)

_KIND_OF_CHANNEL: Final = {
    Channel.HEARTBEAT: "hb",
    Channel.EVENTS: "ev",
    Channel.REPORTED: "rep",
    Channel.BIRTH: "birth",
    Channel.WILL: "will",
}

_EVENT: Final[TypeAdapter[UplinkEvent]] = TypeAdapter(UplinkEvent)


class Reason(StrEnum):
    """Why something became a dead letter; text keys `dead_letter.<reason>`."""

    FOREIGN_TOPIC = "foreign_topic"
    OVERSIZED = "oversized"
    GARBAGE = "garbage"
    UNKNOWN_VERSION = "unknown_version"
    UNKNOWN_KIOSK = "unknown_kiosk"
    INVALID = "invalid"
    UNSTORABLE = "unstorable"
    """Understood, and the database fails on this one every time: a mistake of ours."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a message, or one event of a batch, could not be taken. Holds nothing of its content."""

    reason: Reason
    detail: str = ""
    n: int | None = None
    """The event's number, where one event was refused and its number could be read."""


@dataclass(frozen=True, slots=True)
class Understood:
    """A message; with `refused` when single events of a batch were not understood."""

    kiosk_id: str
    message: UplinkMessage
    refused: tuple[Refused, ...] = ()


def decode(topic: str, payload: bytes) -> Understood | Refused:
    """What was said. A batch with some bad events yields the good ones and the refusals."""
    try:
        parsed = _parse_topic(topic)
    except ValueError as error:
        return Refused(Reason.FOREIGN_TOPIC, str(error))
    kind = _KIND_OF_CHANNEL.get(parsed.channel)
    if parsed.direction is not Direction.UP or kind is None:
        return Refused(Reason.FOREIGN_TOPIC, "nothing is said on this channel")
    if len(payload) > MAX_BYTES:
        return Refused(Reason.OVERSIZED, f"{len(payload)} bytes")
    try:
        message = decode_uplink(payload)
    except ValidationError as error:
        return _salvage(parsed.kiosk_id, kind, payload, error)
    if message.kind != kind:
        return Refused(Reason.INVALID, "the message is of another kind than its topic")
    return Understood(parsed.kiosk_id, message)


_parse_topic = lru_cache(maxsize=16_384)(Topic.parse)
"""Every kiosk says the same few topics for ever."""


def _salvage(
    kiosk_id: str, kind: str, payload: bytes, error: ValidationError
) -> Understood | Refused:
    try:
        raw: JsonValue = json.loads(payload)
    except (ValueError, RecursionError):
        return Refused(Reason.GARBAGE, "not JSON")
    if not isinstance(raw, dict):
        return Refused(Reason.GARBAGE, "not an object")
    if raw.get("v", 1) != 1:
        return Refused(Reason.UNKNOWN_VERSION, "")
    if kind != "ev" or raw.get("t", "ev") != "ev":
        return Refused(Reason.INVALID, _complaints(error))
    try:
        head = EnvelopeFields.model_validate(raw)
    except ValidationError as head_error:
        return Refused(Reason.INVALID, _complaints(head_error))
    body = raw.get("d")
    rows = body.get("events") if isinstance(body, dict) else None
    if not isinstance(rows, list) or not 0 < len(rows) <= MAX_EVENTS:
        return Refused(Reason.INVALID, _complaints(error))
    return _salvage_events(kiosk_id, head, body, rows)


def _salvage_events(
    kiosk_id: str, head: EnvelopeFields, body: JsonValue, rows: list[JsonValue]
) -> Understood:
    events: list[UplinkEvent] = []
    refused: list[Refused] = []
    for row in rows:
        try:
            events.append(_EVENT.validate_json(json.dumps(row)))
        except ValidationError as error:
            n = row.get("n") if isinstance(row, dict) else None
            refused.append(Refused(Reason.INVALID, _complaints(error), _number(n)))
    after = body.get("after") if isinstance(body, dict) else None
    message = EventsMessage.model_validate(
        {**head.model_dump(), "body": EventBatch(events=tuple(events), after=_number(after))}
    )
    return Understood(kiosk_id, message, tuple(refused))


def _number(value: JsonValue) -> int | None:
    is_number = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 63
    return int(value) if is_number else None  # type: ignore[arg-type]  # narrowed above


def _complaints(error: ValidationError) -> str:
    """Field and kind of mistake, never the value: it may be personal.

    Nor a key of the sender's making: only names the contract itself knows are repeated.
    """
    known = _names_of_the_contract()
    found = (
        f"{'.'.join(_place(step, known) for step in item['loc'])}: {item['type']}"
        for item in error.errors(include_input=False, include_url=False, include_context=False)
    )
    return "; ".join(found)[:500]


def _place(step: int | str, known: frozenset[str]) -> str:
    return str(step) if isinstance(step, int) or step in known else "*"


@cache
def _names_of_the_contract() -> frozenset[str]:
    """Fields by name and alias, and kinds: what may stand in the `loc` of a mistake."""
    names = {"[key]"}
    waiting: list[type[BaseModel]] = [Message]
    while waiting:
        model = waiting.pop()
        waiting.extend(model.__subclasses__())
        for name, field in model.model_fields.items():
            names |= {name, field.alias or name}
            if isinstance(field.default, str):
                names.add(field.default)  # the tag of a discriminated union
    return frozenset(names)
