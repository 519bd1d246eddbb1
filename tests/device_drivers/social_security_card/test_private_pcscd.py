"""The private pcscd touches nothing of the machine's and leaves nothing behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from device_drivers.social_security_card.emulator import VPCD_PORT
from device_drivers.social_security_card.private_pcscd import PcscdFailed, PrivatePcscd
from tests.device_drivers.social_security_card.virtual_slot import PERSON, pcscd_pid

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).parents[3]


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait_for_end(pid: int) -> bool:
    deadline = time.monotonic() + 20
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not is_alive(pid)


def test_keeps_its_tcp_port_and_its_socket_to_itself(tmp_path: Path) -> None:
    system_socket = Path("/run/pcscd/pcscd.comm")
    before = system_socket.exists()
    with PrivatePcscd(tmp_path) as pcscd:
        assert Path(pcscd.environment["PCSCLITE_CSOCK_NAME"]).is_socket()
        assert system_socket.exists() == before
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", VPCD_PORT), timeout=1).close()


def test_ends_pcscd_and_removes_its_folder_when_closed() -> None:
    pcscd = PrivatePcscd()
    pcscd.start()
    directory, pid = pcscd.directory, pcscd_pid(pcscd.directory)
    assert is_alive(pid)
    pcscd.close()
    pcscd.close()
    assert not is_alive(pid)
    assert not directory.exists()


PARENT = """
import sys, time
from pathlib import Path
from device_drivers.social_security_card.private_pcscd import PrivatePcscd
pcscd = PrivatePcscd(Path(sys.argv[1]))
pcscd.start()
print("started", flush=True)
time.sleep(60)
"""


def test_does_not_outlive_a_parent_that_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "started\n"
        pid = pcscd_pid(tmp_path)
        assert is_alive(pid)
        parent.kill()
    assert wait_for_end(pid)


def test_does_not_outlive_its_keeper_either(tmp_path: Path) -> None:
    with PrivatePcscd(tmp_path) as pcscd:
        pid = pcscd_pid(tmp_path)
        status = Path(f"/proc/{pid}/status").read_text("utf-8")
        keeper = int(status.partition("PPid:")[2].split()[0])
        os.kill(keeper, signal.SIGKILL)
        assert wait_for_end(pid)
        with pytest.raises(PcscdFailed):
            pcscd.remove_card()


def test_refuses_a_second_card_and_a_card_that_cannot_be(tmp_path: Path) -> None:
    with PrivatePcscd(tmp_path) as pcscd:
        with pytest.raises(PcscdFailed, match="TypeError"):
            pcscd.insert_card({**PERSON, "shoe_size": "43"})
        pcscd.insert_card(PERSON)
        with pytest.raises(PcscdFailed, match="there is a card"):
            pcscd.insert_foreign_card()
        pcscd.remove_card()
        pcscd.insert_foreign_card()


def test_says_so_when_it_is_not_started() -> None:
    with pytest.raises(PcscdFailed, match="not started"):
        PrivatePcscd().remove_card()
