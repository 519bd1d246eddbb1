"""The server as a process: init, run, tokens, check, and an end that leaves nothing behind."""

import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from device_drivers.emulation.free_port import free_port
from fleet_server.key_files import check_key_files
from fleet_server.settings import FILE_NAME, BadSettings, load
from tests.fleet_server.small_hall import PROJECT, eventually
from tests.fleet_server.wire import key_and_request

pytestmark = pytest.mark.slow

PORTS = ("http", "https", "broker", "link")
TOKEN = ("--kiosk", "hz0042", "--name", "一号机", "--hall", "大厅")


def fleet_server(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "fleet_server", *map(str, arguments)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )


def free_ports() -> tuple[str, ...]:
    return tuple(f"--{name}-port={free_port()}" for name in PORTS)


@pytest.fixture(scope="module")
def initialised(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that `init` made; nobody runs on it."""
    folder = tmp_path_factory.mktemp("initialised") / "fleet"
    made = fleet_server("init", folder, *free_ports())
    assert made.returncode == 0, made.stderr
    return folder


@pytest.fixture
def folder(initialised: Path, tmp_path: Path) -> Path:
    """A copy of it, with the rights its files had."""
    return shutil.copytree(initialised, tmp_path / "fleet")


@contextmanager
def running(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    settings = load(folder)
    with (folder.parent / "server.log").open("wb") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "fleet_server", "run", str(folder)],
            cwd=PROJECT,
            stdout=log,
            stderr=log,
        )
        try:
            url = f"http://127.0.0.1:{settings.http.port}/v1/health"
            assert eventually(lambda: _is_well(url) or child.poll() is not None, within_s=60)
            assert child.poll() is None, (folder.parent / "server.log").read_text()
            yield child
        finally:
            if child.poll() is None:
                child.kill()
            child.wait(30)


def _is_well(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def brokers(folder: Path) -> list[int]:
    """Every process of this machine whose arguments name the folder's broker."""
    wanted = str(folder / "broker" / "mosquitto.conf").encode()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                arguments = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if wanted in arguments:
                found.append(int(entry.name))
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_when_told_to_and_leaves_no_process(folder: Path, number: signal.Signals) -> None:
    with running(folder) as server:
        assert len(brokers(folder)) == 1
        server.send_signal(number)
        assert server.wait(30) == 0
    assert brokers(folder) == []


def test_killed_it_leaves_no_broker_behind_and_starts_again(folder: Path) -> None:
    with running(folder) as server:
        server.kill()
        server.wait(30)
        assert eventually(lambda: not brokers(folder))
    with running(folder):
        assert len(brokers(folder)) == 1


def test_a_broker_that_is_killed_comes_back(folder: Path) -> None:
    with running(folder):
        (first,) = brokers(folder)
        os.kill(first, signal.SIGKILL)
        assert eventually(lambda: brokers(folder) not in ([], [first]))
        url = f"http://127.0.0.1:{load(folder).http.port}/v1/health"
        assert eventually(lambda: _is_well(url))


def test_kiosks_reach_it_by_https_with_its_own_authority(folder: Path) -> None:
    with running(folder):
        settings = load(folder)
        trusting = ssl.create_default_context(cafile=settings.keys / "ca.pem")
        with httpx.Client(verify=trusting, trust_env=False) as client:
            assert client.get(f"{settings.api_url}/v1/health").status_code == 200
            assert client.get(f"{settings.api_url}/v1/desired").status_code == 401
        with (
            httpx.Client(trust_env=False) as stranger,
            pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"),
        ):
            stranger.get(f"{settings.api_url}/v1/health")


def test_a_token_is_made_with_and_without_a_running_server(folder: Path) -> None:
    before = fleet_server("enrol-token", folder, *TOKEN)
    with running(folder):
        during = fleet_server("enrol-token", folder, *TOKEN)
        checked = fleet_server("check", folder)
    tokens = [json.loads(told.stdout) for told in (before, during)]
    assert tokens[0]["token"] != tokens[1]["token"]
    assert tokens[0]["ca_fingerprint"] == tokens[1]["ca_fingerprint"]
    assert checked.returncode == 0, checked.stdout
    refused = fleet_server("enrol-token", folder, "--kiosk", "No", "--name", "x", "--hall", "y")
    assert (refused.returncode, refused.stdout) == (2, "")


def test_a_kiosk_is_cut_off_with_and_without_a_running_server(folder: Path) -> None:
    tokens = [
        fleet_server("enrol-token", folder, "--kiosk", kiosk_id, *TOKEN[2:])
        for kiosk_id in ("hz0042", "hz0043")
    ]
    with running(folder):
        for token in tokens:
            told = httpx.post(
                f"http://127.0.0.1:{load(folder).http.port}/v1/enrol",
                json={"token": json.loads(token.stdout)["token"], "csr_pem": key_and_request()[1]},
                trust_env=False,
            )
            assert told.status_code == 200
        during = fleet_server("revoke", folder, "hz0042", "--reason", "失窃，已报警")
        again = fleet_server("revoke", folder, "hz0042", "--reason", "失窃，已报警")
    after = fleet_server("revoke", folder, "hz0043", "--reason", "报废，已拆机")
    nobody = fleet_server("revoke", folder, "hz0044", "--reason", "失窃，已报警")
    mute = fleet_server("revoke", folder, "hz0043", "--reason", "")
    assert json.loads(during.stdout) == {"kiosk_id": "hz0042", "certificates": 1}
    assert json.loads(after.stdout) == {"kiosk_id": "hz0043", "certificates": 1}
    assert [each.returncode for each in (again, nobody, mute)] == [1, 1, 2]
    assert again.stderr.splitlines()[-1].startswith("already_revoked")
    assert nobody.stderr.splitlines()[-1].startswith("kiosk_unknown")


def test_init_again_changes_nothing(folder: Path) -> None:
    before = {path: path.read_bytes() for path in (folder / "keys").iterdir()}
    again = fleet_server("init", folder)
    assert again.returncode == 0
    assert "one_time_password" not in json.loads(again.stdout)
    assert {path: path.read_bytes() for path in (folder / "keys").iterdir()} == before


@pytest.mark.parametrize("where", ["{folder}/file", "{folder}/file/fleet", "/proc/fleet"])
def test_init_says_in_one_line_where_no_folder_can_be(tmp_path: Path, where: str) -> None:
    (tmp_path / "file").touch()
    folder = where.format(folder=tmp_path)
    refused = fleet_server("init", folder)
    assert (refused.returncode, refused.stdout) == (2, "")
    (complaint,) = refused.stderr.splitlines()
    assert complaint.startswith(f"{folder}: no folder can be made there: ")


def test_init_with_a_wrong_argument_makes_nothing_that_a_right_one_would_keep(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "fleet"
    refused = fleet_server("init", folder, "--http-port", "99999")
    assert (refused.returncode, refused.stdout) == (2, "")
    (complaint,) = refused.stderr.splitlines()
    assert "http.port" in complaint
    assert not folder.exists()


@pytest.mark.parametrize(
    "name",
    [
        "ca.pem",
        "ca-key.pem",
        "local-secret",
        "sealing-key",
        "content-root.json",
        "content-targets.key",
    ],
)
def test_a_spoilt_or_missing_key_is_named(folder: Path, name: str) -> None:
    path = folder / "keys" / name
    check_key_files(folder / "keys")  # all of them are what `init` wrote
    path.write_bytes(b"\x9d\x00spoilt")
    with pytest.raises(BadSettings, match=f"{re.escape(str(path))}: spoilt"):
        check_key_files(folder / "keys", may_miss=True)
    path.unlink()
    check_key_files(folder / "keys", may_miss=True)
    with pytest.raises(BadSettings, match=f"{re.escape(str(path))}: is not there"):
        check_key_files(folder / "keys")


@pytest.mark.parametrize("words", [("run",), ("init",), ("enrol-token", *TOKEN)])
def test_a_command_on_a_folder_with_a_spoilt_key_ends_with_2(
    folder: Path, words: tuple[str, ...]
) -> None:
    path = folder / "keys" / "ca.pem"
    path.write_bytes(b"\x9d\x00spoilt")
    refused = fleet_server(words[0], folder, *words[1:])
    assert (refused.returncode, refused.stdout) == (2, "")
    (complaint,) = refused.stderr.splitlines()
    assert complaint.startswith(f"{path}: spoilt")


@pytest.mark.parametrize("words", [("run",), ("init",), ("enrol-token", *TOKEN)])
def test_a_file_that_is_no_database_is_named_in_one_line(
    folder: Path, words: tuple[str, ...]
) -> None:
    (folder / "fleet.sqlite").write_bytes(b"not a database at all. " * 400)
    refused = fleet_server(words[0], folder, *words[1:])
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.splitlines()[-1] == f"{folder}/fleet.sqlite: file is not a database"
    assert "Traceback" not in refused.stderr


def test_an_unknown_key_refuses_to_start_by_name(folder: Path) -> None:
    path = folder / FILE_NAME
    path.write_text("colour = 1\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    refused = fleet_server("run", folder)
    assert refused.returncode == 2
    assert "colour" in refused.stderr
    assert FILE_NAME in refused.stderr


def test_check_says_what_is_wrong(folder: Path) -> None:
    (folder / "keys" / "ca-key.pem").chmod(0o644)
    checked = fleet_server("check", folder)
    findings = {row["check"]: row for row in map(json.loads, checked.stdout.splitlines())}
    assert checked.returncode == 1
    assert "ca-key.pem" in findings["private keys"]["detail"]
    assert not findings["running"]["ok"]
    assert findings["database"]["ok"]
