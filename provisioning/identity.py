"""The kiosk's identity on a machine: is it whole, does it fit, and is it the kiosk's alone?

Standard library only; what needs more is asked of `provisioning.enrol` in the kiosk's own
environment.
"""

import json
import os
import pwd
import stat
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

KEY_FILE: Final = "kiosk-key.pem"
"""Beside the configuration."""

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def broken_identity(config: Path, *, python: Path, program: Path) -> str:
    """What is wrong with configuration, key and certificate; empty where they fit."""
    if not config.exists():
        return f"no {config}"
    command = [str(python), "-m", "provisioning.enrol", "--check", str(config)]
    try:
        asked = subprocess.run(command, cwd=program, capture_output=True, text=True, check=False)
    except OSError as error:
        return f"{config.name} cannot be checked: {error.strerror}"
    if asked.returncode == 0:
        return ""
    try:
        return str(json.loads(asked.stdout)["detail"])
    except (ValueError, KeyError):
        return f"{config.name} cannot be checked: exit {asked.returncode}"


def exposed(state: Path, user: str) -> str:
    """The first file that is not the user's, or that others may read and must not."""
    try:
        uid = pwd.getpwnam(user).pw_uid
    except KeyError:
        return f"no user {user}"
    for path in _all_of(state):
        with suppress(FileNotFoundError):  # the store's log comes and goes
            found = path.lstat()
            if found.st_uid != uid:
                return f"{path} is not {user}'s"
    for path in (state, state / KEY_FILE):
        if path.exists() and path.stat().st_mode & _OTHERS:
            return f"{path} is open to others"
    return ""


def hand_over(state: Path, user: str) -> None:
    """Make everything the user's, and folder and key nobody else's. Follows no link."""
    owner = pwd.getpwnam(user)
    for path in _all_of(state):
        with suppress(FileNotFoundError):
            os.chown(path, owner.pw_uid, owner.pw_gid, follow_symlinks=False)
    state.chmod(0o700)
    with suppress(FileNotFoundError):
        (state / KEY_FILE).chmod(0o600)


def _all_of(state: Path) -> Iterator[Path]:
    yield state
    yield from sorted(state.rglob("*"))
