"""The kiosk's services under systemd: enabled, running, and running these files.

Standard library only.
"""

import subprocess
from pathlib import Path
from typing import Final

UNITS: Final = (
    "kiosk.target",
    "kiosk-display.service",
    "kiosk-app.service",
    "kiosk-agent.service",
)
SYSTEMD: Final = Path("/run/systemd/system")
"""sd_booted(3)."""


class NotRunning(Exception):
    """The services could not be started; the message names the unit."""


def systemd_runs() -> bool:
    """Is systemd this machine's first process?"""
    return SYSTEMD.is_dir()


def not_running(changed: Path) -> str:
    """What does not hold yet; `changed` exists while files are newer than what runs."""
    if not systemd_runs():
        return "systemd does not run here, so nothing starts the kiosk"
    for unit in UNITS:
        for question in ("is-enabled", "is-active"):
            asked = subprocess.run(
                ["systemctl", question, "--quiet", unit], capture_output=True, check=False
            )
            if asked.returncode:
                return f"{unit}: systemctl {question} says no"
    return "new files do not run yet" if changed.exists() else ""


def start(changed: Path) -> None:
    """Enable and (re)start everything; returns once app and agent said that they are ready.

    Raises NotRunning.
    """
    if not systemd_runs():
        raise NotRunning("systemd does not run here: start kiosk.target on the machine itself")
    for command in (
        ("daemon-reload",),
        ("enable", *UNITS),
        # PartOf= takes app and agent with it; Type=notify waits for their READY=1
        ("restart", *UNITS),
    ):
        asked = subprocess.run(["systemctl", *command], capture_output=True, text=True, check=False)
        if asked.returncode:
            said = asked.stderr.strip().splitlines()
            raise NotRunning(f"systemctl {command[0]}: {said[-1] if said else 'failed'}")
    changed.unlink(missing_ok=True)
