"""The banner: what is wrong with the whole, told wherever somebody looks."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from fleet_server.console.frame import ROOT
from fleet_server.console.sentences import department_sentences
from fleet_server.console.words import Words
from fleet_server.fleet import Fleet
from fleet_server.kiosks.service import count_dead_letters

DEAD_LETTERS_WITHIN: Final = timedelta(hours=24)
"""Older ones are history: they stay in their list and no longer in the banner."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """One line of the banner."""

    tone: str
    """fault or warn."""
    title: str
    text: str
    href: str = ""


def read_alarms(
    session: Session, fleet: Fleet, words: Words, *, now: datetime
) -> tuple[Alarm, ...]:
    """Everything that is wrong now, the worst first; empty when all is well."""
    alarms: list[Alarm] = []
    if not fleet.ingest.storing:
        why = words.of_code("ingest.why", fleet.ingest.why or "unknown")
        title, text = words("alarm.not_storing.title"), words("alarm.not_storing.text", why=why)
        alarms.append(Alarm("fault", title, text))
    if not (fleet.link.connected and fleet.ingest.connected):
        alarms.append(Alarm("fault", words("alarm.broker.title"), words("alarm.broker.text")))
    for title in department_sentences(words, fleet.departments.states(), now=now):
        text = words("alarm.department.text")
        alarms.append(Alarm("warn", title, text, f"{ROOT}/departments"))
    if count := count_dead_letters(session, since=now - DEAD_LETTERS_WITHIN):
        title = words("alarm.dead_letters.title", n=count)
        text = words("alarm.dead_letters.text")
        alarms.append(Alarm("warn", title, text, f"{ROOT}/records/messages"))
    return tuple(alarms)
