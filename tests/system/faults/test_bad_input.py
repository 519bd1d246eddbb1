"""What must not be believed: unknown configuration keys, garbage and giants on MQTT."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from kiosk.agent.identity import mqtt_context
from kiosk.contract.topics import Channel, Direction, Topic
from kiosk.contract.uplink import MAX_BYTES
from provisioning.demo.staff import Staff
from provisioning.demo.system import KIOSK_ID, ROOT, System
from tests.system.hall import TOLD_WITHIN_S, Witness, eventually

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.timeout(120)]

INTRUDER = "hz0666"


def refusal(*command: str) -> tuple[int, str]:
    """Exit code and last words of a program that must not start."""
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('colour = "red"\n{good}', "colour"),
        ("{good}\n[times]\nidle_warnings = 5\n", "idle_warnings"),
    ],
)
@pytest.mark.parametrize(("module", "code"), [("kiosk.main", 2), ("kiosk.agent", 78)])
def test_a_kiosk_with_an_unknown_key_does_not_start_and_names_key_and_file(
    system: System, text: str, key: str, module: str, code: int
) -> None:
    config = system.kiosk_config.with_name(f"bad-{key}.toml")
    good = system.kiosk_config.read_text("utf-8")
    config.write_text(text.format(good=good), "utf-8")
    ended, said = refusal(module, "--config", str(config))
    assert ended == code
    assert key in said
    assert str(config) in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("line", "key"), [('colour = "red"', "colour"), ("[identity]\nidle_minute = 5", "idle_minute")]
)
def test_a_server_with_an_unknown_key_does_not_start_and_names_key_and_file(
    tmp_path: Path, line: str, key: str
) -> None:
    config = tmp_path / "fleet-server.toml"
    config.write_text(f'public_url = "http://127.0.0.1:8080"\n{line}\n', "utf-8")
    ended, said = refusal("fleet_server", "run", str(tmp_path))
    assert ended == 2
    assert key in said
    assert str(config) in said
    assert "Traceback" not in said


@pytest.fixture(scope="module")
def intruder(system: System, tmp_path_factory: pytest.TempPathFactory) -> Iterator[mqtt.Client]:
    """A second enrolled kiosk on the real broker: known, and not to be trusted."""
    folder = tmp_path_factory.mktemp("intruder")
    system.enrol(INTRUDER, "02 号终端", folder / "kiosk.toml")
    connected = threading.Event()

    def on_connect(_client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        assert not reason.is_failure
        connected.set()

    client = mqtt.Client(CallbackAPIVersion.VERSION2, INTRUDER)
    client.tls_set_context(
        mqtt_context(folder / "ca.pem", folder / "kiosk.pem", folder / "kiosk-key.pem")
    )
    client.on_connect = on_connect
    client.connect("127.0.0.1", system.ports.broker)
    client.loop_start()
    assert connected.wait(10)
    yield client
    client.disconnect()
    client.loop_stop()


def say(client: mqtt.Client, payload: bytes, *, as_kiosk: str = INTRUDER) -> None:
    """Publish to a kiosk's event topic; the broker has taken it on return."""
    topic = str(Topic(as_kiosk, Direction.UP, Channel.EVENTS))
    client.publish(topic, payload, qos=1).wait_for_publish(10)


def letters(witness: Witness) -> list[tuple[str, str, int]]:
    """Kiosk, reason and size of each dead letter, in order."""
    found = witness.server("SELECT kiosk_id, reason, size FROM dead_letter ORDER BY id")
    return [(str(kiosk), str(reason), int(str(size))) for kiosk, reason, size in found]


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"\xff\xfe not JSON at all", "garbage"),
        (b'{"v": 1, "t": "ev"}', "invalid"),
        (b'{"v": 9}', "unknown_version"),
        (b"[" * 5000, "garbage"),
        (b"x" * (MAX_BYTES + 1), "oversized"),
    ],
)
def test_what_cannot_be_understood_is_kept_counted_and_shown_and_stops_nothing(
    intruder: mqtt.Client, witness: Witness, staff: Staff, payload: bytes, reason: str
) -> None:
    before = letters(witness)
    counted = int(str(witness.health()["dead_letters"]))
    say(intruder, payload)
    letter = (INTRUDER, reason, len(payload))
    assert eventually(
        lambda: letters(witness)[len(before) :] == [letter], within_s=TOLD_WITHIN_S
    ), letters(witness)
    assert witness.health()["dead_letters"] == counted + 1
    assert INTRUDER in staff.words("/records/messages")


def test_after_all_that_the_other_kiosk_is_still_heard(
    system: System, intruder: mqtt.Client, witness: Witness
) -> None:
    say(intruder, b"garbage once more")
    system.hand.open_cover()
    assert witness.fault_becomes("receipt_printer", "D302")
    system.hand.close_cover()
    assert witness.fault_becomes("receipt_printer", "")


def test_nobody_speaks_in_another_kiosks_name(intruder: mqtt.Client, witness: Witness) -> None:
    before = letters(witness)
    say(intruder, b"I am somebody else", as_kiosk=KIOSK_ID)
    say(intruder, b"I am myself")
    assert eventually(lambda: len(letters(witness)) > len(before), within_s=TOLD_WITHIN_S)
    assert [kiosk for kiosk, _, _ in letters(witness)[len(before) :]] == [INTRUDER]
