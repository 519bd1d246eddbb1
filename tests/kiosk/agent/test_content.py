"""Signed content through the real agent: what is put in place, and what never is."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kiosk.contract.content import ContentBundle
from kiosk.contract.uplink import ContentRefused, EventsMessage, ReportedMessage
from kiosk.services.loader import load_bundle_file, load_folder
from kiosk.store.journal import Journal
from kiosk.store.shared_state import ActiveContent
from tests.kiosk.agent.conftest import Fleet
from tests.kiosk.agent.small_broker import Ingest, eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60)]

ASSETS = Path(__file__).resolve().parents[3] / "assets"


def bundle(version: int = 1) -> ContentBundle:
    found = load_folder(ASSETS)
    return found.model_copy(update={"menu": found.menu.model_copy(update={"version": version})})


def active(fleet: Fleet) -> ActiveContent | None:
    return fleet.state.get(ActiveContent)


def shows(fleet: Fleet, content: str) -> bool:
    found = active(fleet)
    return found is not None and found.hash == content


def refusals(ingest: Ingest) -> list[tuple[str, tuple[str, ...]]]:
    return [
        (event.content, event.findings)
        for message in ingest.messages
        if isinstance(message, EventsMessage)
        for event in message.body.events
        if isinstance(event, ContentRefused)
    ]


def starts_of(fleet: Fleet) -> int:
    return [entry.kind for entry in Journal(fleet.store).entries()].count("agent_started")


def running(fleet: Fleet) -> tuple[Ingest, str]:
    """An agent that shows release 1, and its hash."""
    ingest = fleet.listen()
    first = bundle()
    fleet.publisher.publish(first, release=1)
    fleet.start_agent()
    assert eventually(lambda: shows(fleet, first.hash))
    return ingest, first.hash


def test_a_publication_is_put_in_place_at_the_poke(fleet: Fleet) -> None:
    ingest, _ = running(fleet)
    second = bundle(2)
    fleet.publisher.publish(second, release=2)
    ingest.poke("desired")
    assert eventually(lambda: shows(fleet, second.hash))
    found = active(fleet)
    assert found is not None
    assert load_bundle_file(found.path).hash == second.hash

    def last_reported() -> tuple[str, int]:
        reported = [one.body for one in ingest.messages if isinstance(one, ReportedMessage)]
        return reported[-1].content, reported[-1].desired_version

    assert eventually(lambda: last_reported() == ("applied", 3)), last_reported()


def test_a_bundle_that_leads_nowhere_is_refused_by_name_and_the_old_one_stays(
    fleet: Fleet,
) -> None:
    ingest, shown = running(fleet)
    bad = bundle(2)
    service_id, content = next(iter(bad.services.items()))
    steps = {key: step for key, step in content.definition.steps.items() if step.kind != "submit"}
    definition = content.definition.model_copy(update={"steps": steps})
    services = {**bad.services, service_id: content.model_copy(update={"definition": definition})}
    fleet.publisher.publish(bad.model_copy(update={"services": services}), release=2)
    ingest.poke("desired")
    assert eventually(lambda: bool(refusals(ingest)))
    ((_, findings),) = refusals(ingest)
    assert any(service_id in finding for finding in findings)
    assert shows(fleet, shown)
    time.sleep(1.5)
    assert len(refusals(ingest)) == 1  # an edge, although it is tried again


@pytest.mark.parametrize(
    ("attack", "why"),
    [
        ("other_bytes", "wrong_hash"),
        ("unsigned", "unsigned_target"),
        ("frozen", "expired"),
        ("rolled_back", "rolled_back"),
        ("older_release", "older_release"),
        ("not_a_bundle", "malformed"),
    ],
)
def test_an_attack_is_refused_by_its_name_and_the_old_one_stays(
    fleet: Fleet, attack: str, why: str
) -> None:
    ingest, shown = running(fleet)
    before = dict(fleet.server.metadata)
    other = bundle(2)
    ATTACKS[attack](fleet, other, before)
    ingest.poke("desired")
    assert eventually(lambda: bool(refusals(ingest)))
    _, findings = refusals(ingest)[0]
    assert why in findings[0]
    assert shows(fleet, shown)


def _other_bytes(fleet: Fleet, other: ContentBundle, _before: dict[str, bytes]) -> None:
    wanted = fleet.publisher.publish(other, release=2)
    genuine = fleet.server.targets[wanted.target]
    fleet.server.targets[wanted.target] = genuine.replace(b"0", b"1", 1)


def _unsigned(fleet: Fleet, other: ContentBundle, before: dict[str, bytes]) -> None:
    fleet.publisher.publish(other, release=2)
    fleet.server.metadata = before


def _frozen(fleet: Fleet, other: ContentBundle, _before: dict[str, bytes]) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=400)
    fleet.publisher.publish(other, release=2, now=long_ago)


def _rolled_back(fleet: Fleet, other: ContentBundle, before: dict[str, bytes]) -> None:
    # the kiosk sees the newer metadata once, then the older ones are offered again
    second = bundle(3)
    fleet.publisher.publish(second, release=2)
    assert fleet.ingest is not None
    fleet.ingest.poke("desired")
    assert eventually(lambda: shows(fleet, second.hash))
    fleet.publisher.publish(other, release=3)
    fleet.server.metadata = before
    fleet.state.put(
        ActiveContent.model_validate(
            {"hash": bundle().hash, "path": str(fleet.kiosk.folder), "release": 1}
        )
    )


def _older_release(fleet: Fleet, other: ContentBundle, _before: dict[str, bytes]) -> None:
    fleet.publisher.publish(other, release=0)


def _not_a_bundle(fleet: Fleet, _other: ContentBundle, _before: dict[str, bytes]) -> None:
    fleet.publisher.publish(b'{"menu": 7}', release=2)


ATTACKS = {
    "other_bytes": _other_bytes,
    "unsigned": _unsigned,
    "frozen": _frozen,
    "rolled_back": _rolled_back,
    "older_release": _older_release,
    "not_a_bundle": _not_a_bundle,
}


def test_a_refused_release_is_taken_once_the_server_mends_it(fleet: Fleet) -> None:
    ingest, _ = running(fleet)
    second = bundle(2)
    wanted = fleet.publisher.publish(second, release=2)
    genuine = fleet.server.targets[wanted.target]
    fleet.server.targets[wanted.target] = genuine[:-1]
    ingest.poke("desired")
    assert eventually(lambda: bool(refusals(ingest)))
    fleet.server.targets[wanted.target] = genuine
    assert eventually(lambda: shows(fleet, second.hash))


def test_content_survives_a_restart_without_the_server(fleet: Fleet) -> None:
    _, shown = running(fleet)
    fleet.stop_agent()
    fleet.server.stop()
    fleet.start_agent()
    assert eventually(lambda: starts_of(fleet) == 2)
    found = active(fleet)
    assert found is not None
    assert load_bundle_file(found.path).hash == shown
