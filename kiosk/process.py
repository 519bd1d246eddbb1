"""The app as a process: how the agent finds it again, and ends it (proc(5), pidfd_open(2))."""

import os
import signal
import time
from pathlib import Path
from typing import Final, NoReturn

from kiosk.store.shared_state import AppProcess

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_BEGAN_TICKS: Final = 19
"""proc(5): starttime is field 22 of stat; the 20th after the name, which may hold anything."""

_BEGUN_AGAIN_AT_S: Final = "YICHUANG_BEGUN_AGAIN_AT_S"
"""By CLOCK_MONOTONIC. After `exec` the kernel still counts from the process's first program."""


def own_process() -> AppProcess:
    """Who we are. The same after `exec`: then it is the same process still."""
    return AppProcess(pid=os.getpid(), began_ticks=_began_ticks(os.getpid()), boot_id=_boot_id())


def begin_again(command: list[str]) -> NoReturn:
    """Become this program, whose first word is its file: its age is counted from now."""
    os.environ[_BEGUN_AGAIN_AT_S] = str(time.monotonic())
    os.execv(command[0], command)


def own_age_s() -> float:
    """Seconds since this program began: by the kernel, or since it was begun again."""
    if _BEGUN_AGAIN_AT_S in os.environ:
        return max(0.0, time.monotonic() - float(os.environ[_BEGUN_AGAIN_AT_S]))
    began_s = _began_ticks(os.getpid()) / os.sysconf("SC_CLK_TCK")
    uptime_s = float(Path("/proc/uptime").read_text(encoding="ascii").split()[0])
    return max(0.0, uptime_s - began_s)


def is_there(process: AppProcess) -> bool:
    """Does it exist still, frozen or not?"""
    try:
        return process.boot_id == _boot_id() and _began_ticks(process.pid) == process.began_ticks
    except (OSError, IndexError, ValueError):
        return False


def end_at_once(process: AppProcess) -> bool:
    """Kill it, frozen as it may be; False where it is gone. Never another one of its number.

    Raises PermissionError where it is somebody else's.
    """
    try:
        handle = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return False
    try:
        # looked at through the handle's eyes: the number can no longer pass to another process
        if not is_there(process):
            return False
        signal.pidfd_send_signal(handle, signal.SIGKILL)
    except ProcessLookupError:
        return False
    finally:
        os.close(handle)
    return True


def _began_ticks(pid: int) -> int:
    text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    return int(text.rsplit(")", 1)[1].split()[_BEGAN_TICKS])


def _boot_id() -> str:
    return _BOOT_ID.read_text(encoding="ascii").strip()
