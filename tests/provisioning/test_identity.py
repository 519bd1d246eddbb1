"""An identity on a machine: key, certificate and configuration fit, and are the kiosk's alone."""

import json
import os
import pwd
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from fleet_server.pki import Authority
from provisioning.enrol import main
from provisioning.identity import KEY_FILE, broken_identity, exposed, hand_over
from provisioning.install import run
from provisioning.steps import Machine, Step, all_steps
from tests.kiosk.agent.small_broker import KIOSK_ID
from tests.kiosk.agent.small_fleet import make_kiosk

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
ME = pwd.getpwuid(os.getuid()).pw_name


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Installed and enrolled; its program is this tree's, in this environment."""
    made = Machine(tmp_path, user=ME)
    made.program.mkdir(parents=True)
    for part in ("kiosk", "device_drivers", "provisioning", ".venv"):
        (made.program / part).symlink_to(ROOT / part)
    made.state.parent.mkdir(parents=True)
    make_kiosk(
        made.state,
        Authority.create(tmp_path / "keys", hosts=[], now=datetime.now(UTC)),
        ec.generate_private_key(ec.SECP256R1()),
        api_url="https://127.0.0.1:1",
        broker_port=1,
        sealing="x",
        root=b"{}",
    )
    (made.state / "key.pem").rename(made.state / KEY_FILE)
    text = made.config.read_text().replace('"key.pem"', f'"{KEY_FILE}"')
    made.config.write_text(text + '[devices.receipt_printer]\nmodel="escpos"\nport="tcp:a:9"\n')
    hand_over(made.state, ME)
    return made


def broken(machine: Machine) -> str:
    return broken_identity(machine.config, python=machine.python, program=machine.program)


def enrolment_of(machine: Machine) -> Step:
    return next(step for step in all_steps(machine, None) if step.name == "enrolment")


def test_an_identity_that_fits_is_whole_and_looking_changes_nothing(machine: Machine) -> None:
    before = {path: path.stat().st_mtime_ns for path in machine.state.rglob("*")}
    assert broken(machine) == ""
    assert enrolment_of(machine).missing() == ""
    assert {path: path.stat().st_mtime_ns for path in machine.state.rglob("*")} == before


def another_key(machine: Machine) -> None:
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (machine.state / KEY_FILE).write_bytes(pem)


def another_id(machine: Machine) -> None:
    machine.config.write_text(machine.config.read_text().replace(KIOSK_ID, "hz0999"))


def another_authority(machine: Machine) -> None:
    made = Authority.create(machine.root / "other", hosts=[], now=datetime.now(UTC))
    (machine.state / "ca.pem").write_text(made.pem)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda machine: machine.config.unlink(), "no "),
        (lambda machine: machine.config.write_text("surprise = 1"), "surprise"),
        (lambda machine: (machine.state / KEY_FILE).write_bytes(b""), "key or certificates"),
        (lambda machine: (machine.state / "sealing.pub").unlink(), "sealing.pub"),
        (another_key, "for another key"),
        (another_id, "for another kiosk"),
        (another_authority, "InvalidSignature"),
    ],
)
def test_what_does_not_fit_is_told(
    machine: Machine, spoil: Callable[[Machine], None], said: str
) -> None:
    spoil(machine)
    assert said in broken(machine)
    assert said in enrolment_of(machine).missing()


def test_a_run_killed_before_the_files_were_handed_over_is_mended_by_the_next(
    machine: Machine,
) -> None:
    machine.state.chmod(0o755)
    (machine.state / KEY_FILE).chmod(0o644)
    assert "open to others" in enrolment_of(machine).missing()
    said: list[dict[str, object]] = []
    assert run([enrolment_of(machine)], check_only=False, report=said.append) == 0
    assert said[0]["state"] == "applied"
    assert machine.state.stat().st_mode & 0o777 == 0o700
    assert (machine.state / KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert machine.changed.exists()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give files away")
def test_a_file_that_is_not_the_kiosks_is_found_and_handed_over(machine: Machine) -> None:
    ca_file, link = machine.state / "ca.pem", machine.state / "link"
    foreign = machine.root / "foreign"
    foreign.write_text("root's")
    link.symlink_to(foreign)
    hand_over(machine.state, "nobody")
    nobody = pwd.getpwnam("nobody").pw_uid
    assert (ca_file.stat().st_uid, link.lstat().st_uid) == (nobody, nobody)
    assert foreign.stat().st_uid == 0  # a link the kiosk's user has laid is not followed
    os.chown(ca_file, 0, 0)
    assert exposed(machine.state, "nobody") == f"{ca_file} is not nobody's"
    hand_over(machine.state, "nobody")
    assert exposed(machine.state, "nobody") == ""


def test_without_a_token_a_broken_identity_is_the_installers_to_mend(machine: Machine) -> None:
    another_key(machine)
    said: list[dict[str, object]] = []
    assert run([enrolment_of(machine)], check_only=False, report=said.append) == 1
    assert "--token" in str(said[0]["detail"])


def test_the_check_is_one_json_object(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check", str(machine.config)]) == 0
    assert json.loads(capsys.readouterr().out)["kiosk_id"] == KIOSK_ID
    another_key(machine)
    assert main(["--check", str(machine.config)]) == 1
    assert json.loads(capsys.readouterr().out)["error"] == "bad_identity"
