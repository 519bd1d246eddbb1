"""The bench begins once, and ends leaving nothing behind."""

import signal
import socket
import subprocess
from pathlib import Path

import pytest

from tests.device_drivers.bench.running_bench import (
    PROJECT,
    command,
    family,
    name_of,
    running_bench,
    wait_until_gone,
)

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_stops_everything_on_a_signal(tmp_path: Path, number: signal.Signals) -> None:
    with running_bench(tmp_path) as bench:
        everyone = family(bench.process.pid)
        assert "pcscd" in {name_of(pid) for pid in everyone}
        bench.hand.insert_social_security_card("zhang-mingyuan")
        bench.process.send_signal(number)
        assert bench.process.wait(30) == 0
        assert wait_until_gone(everyone) == set()
        assert not bench.port_file.exists()
        assert not (tmp_path / "bench" / "id_card_reader").is_symlink()
        assert not Path(bench.port("document_camera").address).exists()


def test_leaves_no_process_behind_when_it_is_killed(tmp_path: Path) -> None:
    with running_bench(tmp_path) as bench:
        everyone = family(bench.process.pid)
        assert len(everyone) >= 3
        bench.process.kill()
        assert wait_until_gone(everyone) == set()


def test_begins_again_in_the_directory_of_one_that_was_killed(tmp_path: Path) -> None:
    with running_bench(tmp_path) as bench:
        before = dict(bench.ports)
        bench.hand.unplug("document_camera")
        everyone = family(bench.process.pid)
        bench.process.kill()
        assert wait_until_gone(everyone) == set()
    with running_bench(tmp_path) as bench:
        stable = ("id_card_reader", "qr_scanner", "document_camera", "environment")
        assert {name: bench.ports[name] for name in stable} == {
            name: before[name] for name in stable
        }
        bench.hand.unplug("document_camera")
        bench.hand.plug("document_camera")


def refused(*arguments: str) -> str:
    done = subprocess.run(
        command(*arguments), cwd=PROJECT, capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout) == (2, "")
    return done.stderr


def test_refuses_a_directory_another_bench_uses(tmp_path: Path) -> None:
    with running_bench(tmp_path) as bench:
        assert "another bench" in refused("--directory", str(tmp_path / "bench"))
        bench.hand.lay_id_card("zhang-mingyuan")


def test_refuses_a_port_that_is_taken_and_a_path_too_long_for_a_socket(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        number = other.getsockname()[1]
        assert str(number) in refused("--http-port", str(number))
    assert "no TCP port" in refused("--http-port", "65536")
    assert "too long" in refused("--directory", str(tmp_path / ("long" * 20)))
