"""Enrolment against the real fleet server: who is trusted, what is written, what never leaves."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from device_drivers.emulation.free_port import free_port
from kiosk.config import load
from tests.kiosk.agent.small_broker import eventually, listens

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Server:
    """A running fleet server."""

    folder: Path
    https_port: int

    def token(self, kiosk_id: str) -> dict[str, str]:
        made = python(
            "fleet_server",
            "enrol-token",
            str(self.folder),
            f"--kiosk={kiosk_id}",
            "--name=测试机",
            "--hall=测试大厅",
        )
        found: dict[str, str] = json.loads(made.stdout.splitlines()[-1])
        return found


def python(module: str, *arguments: str, said: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        input=said,
        check=False,
    )


def enrol(
    server: Server, config: Path, token: str, fingerprint: str, *more: str, said: str = ""
) -> tuple[int, dict[str, str]]:
    ran = python(
        "provisioning.enrol",
        f"--server=https://127.0.0.1:{server.https_port}",
        f"--ca-fingerprint={fingerprint}",
        f"--token={token}",
        f"--config-out={config}",
        *more,
        said=said,
    )
    answer: dict[str, str] = json.loads(ran.stdout) if ran.stdout else {"stderr": ran.stderr}
    return ran.returncode, answer


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    https_port = free_port()
    (folder / "fleet-server.toml").write_text(
        'public_url = "https://banshi.example"\n'
        f"[http]\nport = {free_port()}\n"
        f"[https]\nport = {https_port}\n"
        f"[broker]\nport = {free_port()}\nserver_port = {free_port()}\n"
    )
    made = python("fleet_server", "init", str(folder))
    assert made.returncode == 0, made.stderr
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "fleet_server", "run", str(folder)],
            cwd=ROOT,
            stdout=log,
            stderr=log,
        )
        assert eventually(lambda: listens(https_port), within_s=60)
        yield Server(folder, https_port)
        process.terminate()
        process.wait(timeout=30)


def test_a_kiosk_gets_its_identity_and_a_configuration_that_loads(
    server: Server, tmp_path: Path
) -> None:
    token = server.token("hz0100")
    config = tmp_path / "kiosk" / "kiosk.toml"
    status, answer = enrol(
        server,
        config,
        token["token"],
        token["ca_fingerprint"],
        "--device=receipt_printer=tcp:127.0.0.1:9100",
        "--device=id_card_reader=sam_v@serial:/dev/kiosk/id_card_reader",
    )
    assert (status, answer["result"], answer["kiosk_id"]) == (0, "enrolled", "hz0100")
    loaded = load(config)
    assert loaded.id == "hz0100"
    assert loaded.server.public_url == "https://banshi.example"
    assert {kind.value: device.model for kind, device in loaded.devices.items()} == {
        "receipt_printer": "escpos",
        "id_card_reader": "sam_v",
    }
    certificate = x509.load_pem_x509_certificate(loaded.server.certificate_file.read_bytes())
    (name,) = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert name.value == "hz0100"
    assert loaded.server.key_file.stat().st_mode & 0o777 == 0o600
    assert json.loads(loaded.server.content_root_file.read_text())["signed"]["_type"] == "root"


def test_running_it_again_changes_nothing(server: Server, tmp_path: Path) -> None:
    token = server.token("hz0101")
    config = tmp_path / "kiosk.toml"
    # the token by standard input, so that no command line shows it
    enrol(server, config, "-", token["ca_fingerprint"], said=token["token"] + "\n")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    status, answer = enrol(server, config, "anything", token["ca_fingerprint"])
    assert (status, answer["result"]) == (0, "already_enrolled")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_server_with_another_fingerprint_gets_no_token(server: Server, tmp_path: Path) -> None:
    token = server.token("hz0102")
    config = tmp_path / "kiosk.toml"
    status, answer = enrol(server, config, token["token"], "00" * 32)
    assert (status, answer["error"]) == (1, "not_trusted")
    assert not config.exists()
    # the token was never sent: it still works
    status, _ = enrol(server, config, token["token"], token["ca_fingerprint"])
    assert status == 0


def test_a_token_works_once(server: Server, tmp_path: Path) -> None:
    token = server.token("hz0103")
    enrol(server, tmp_path / "a" / "kiosk.toml", token["token"], token["ca_fingerprint"])
    status, answer = enrol(
        server, tmp_path / "b" / "kiosk.toml", token["token"], token["ca_fingerprint"]
    )
    assert (status, answer["error"]) == (1, "token_used")
    assert not (tmp_path / "b" / "kiosk.toml").exists()


def test_an_interrupted_enrolment_keeps_its_key(server: Server, tmp_path: Path) -> None:
    token = server.token("hz0104")
    config = tmp_path / "kiosk.toml"
    status, answer = enrol(server, config, "wrong", token["ca_fingerprint"])
    assert (status, answer["error"]) == (1, "token_unknown")
    key = (tmp_path / "kiosk-key.pem").read_bytes()
    assert enrol(server, config, token["token"], token["ca_fingerprint"])[0] == 0
    assert (tmp_path / "kiosk-key.pem").read_bytes() == key


def test_a_device_that_cannot_be_is_refused_before_the_token_is_used(
    server: Server, tmp_path: Path
) -> None:
    token = server.token("hz0105")
    config = tmp_path / "kiosk.toml"
    status, answer = enrol(
        server, config, token["token"], token["ca_fingerprint"], "--device=toaster=tcp:a:1"
    )
    assert (status, answer["error"]) == (2, "bad_site")
    assert "toaster" in answer["detail"]
    assert enrol(server, config, token["token"], token["ca_fingerprint"])[0] == 0


@pytest.mark.parametrize(
    ("wrong", "code", "named"),
    [
        (("--server", "ftp"), "bad_server", "--server: 'ftp'"),
        (("--server", "https://[::1"), "bad_server", "--server: 'https://[::1'"),
        (("--server", "https://fleet:99999"), "bad_server", "--server: 'https://fleet:99999'"),
        (("--site", "/no-such.toml"), "bad_site", "/no-such.toml: No such file"),
        (("--site", "{folder}/garbage"), "bad_site", "{folder}/garbage: not a text file"),
        (("--device", "toaster=tcp:a:1"), "bad_site", "toaster"),
        (("--config-out", "{folder}"), "bad_config_out", "{folder}: Is a directory"),
        (("--config-out", "{folder}/garbage/a"), "bad_config_out", "{folder}/garbage/a: "),
    ],
)
def test_arguments_without_sense_are_refused_by_name(
    tmp_path: Path, wrong: tuple[str, ...], code: str, named: str
) -> None:
    (tmp_path / "garbage").write_bytes(b"\xff\xfe\x00\xf6")
    given = [word.format(folder=tmp_path) for word in wrong]
    # a later --server or --config-out is the one that counts
    status, answer = enrol(Server(tmp_path, 9), tmp_path / "kiosk.toml", "t", "00" * 32, *given)
    assert (status, answer["error"]) == (2, code)
    assert named.format(folder=tmp_path) in answer["detail"]
    assert "\n" not in answer["detail"]


def test_a_device_without_a_port_is_refused_by_name(tmp_path: Path) -> None:
    nobody = Server(tmp_path, 9)
    status, answer = enrol(nobody, tmp_path / "kiosk.toml", "t", "00" * 32, "--device=toaster")
    assert (status, answer["stderr"].splitlines()[-1].rpartition("error: ")[2]) == (
        2,
        "--device toaster: not KIND=[MODEL@]PORT",
    )


def test_nobody_there_is_an_answer_too(tmp_path: Path) -> None:
    nobody = Server(tmp_path, free_port())
    status, answer = enrol(nobody, tmp_path / "kiosk.toml", "t", "00" * 32)
    assert (status, answer["error"]) == (1, "not_trusted")
    assert "cannot be asked" in answer["detail"]
