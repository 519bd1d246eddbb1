"""Set up everything the project needs on this machine; safe to run again, quick when done.

Runs before the virtual environment exists, so it uses the standard library only and any
Python ≥ 3.11: `python3 provisioning/workplace.py`. Each step checks before it applies.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
VENV: Final = ROOT / ".venv"
LOCK: Final = ROOT / "requirements" / "all.txt"
CONSOLE: Final = ROOT / "fleet_server" / "console"
VENDOR: Final = CONSOLE / "static" / "vendor"

PACKAGES: Final = ROOT / "provisioning" / "packages.txt"
"""One Debian package a line, with the reason behind it."""

POLICY: Final = Path("/usr/sbin/policy-rc.d")
"""Debian asks this file whether a freshly installed service may start; 101 means no."""

SERVICES: Final = {
    "avahi-daemon": ("avahi-daemon.socket", "avahi-daemon.service"),
    "cups": ("cups.path", "cups.socket", "cups.service"),
    "mosquitto": ("mosquitto.service",),
    "nut-client": ("nut-monitor.service",),
    "nut-server": ("nut-server.service",),
    "pcscd": ("pcscd.socket", "pcscd.service"),
}
"""What Debian would start of its own, by package; ours are private instances."""

VENDOR_FILES: Final = {
    "tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "tabler.min.js": "@tabler/core/dist/js/tabler.min.js",
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "sse.min.js": "htmx-ext-sse/dist/sse.min.js",
    "tabler-icons/tabler-icons.min.css": "@tabler/icons-webfont/dist/tabler-icons.min.css",
    "tabler-icons/fonts/tabler-icons.woff2": "@tabler/icons-webfont/dist/fonts/tabler-icons.woff2",
    "tabler-icons/fonts/tabler-icons.ttf": "@tabler/icons-webfont/dist/fonts/tabler-icons.ttf",
}


class SetupFailed(Exception):
    """A step could not be done; the message says what a person must do."""


@dataclass(frozen=True)
class Step:
    """One thing that must hold afterwards."""

    name: str
    is_done: Callable[[], bool]
    apply: Callable[[], None]


def packages_wanted() -> list[str]:
    """The Debian packages listed, without their reasons."""
    lines = PACKAGES.read_text(encoding="utf-8").splitlines()
    names = [line.split("#", 1)[0].strip() for line in lines]
    wanted = [name for name in names if name]
    if shutil.which("npm") is None:
        wanted += ["nodejs", "npm"]
    return wanted


def packages_missing() -> list[str]:
    """Those of them that dpkg does not have installed."""
    answer = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${Status}\n", *packages_wanted()],
        capture_output=True,
        text=True,
        check=False,
    )
    installed = {
        line.split(" ", 1)[0]
        for line in answer.stdout.splitlines()
        if line.endswith("install ok installed")
    }
    return [name for name in packages_wanted() if name not in installed]


def install_packages() -> None:
    """Install what is missing with apt-get, without letting a service of the system start."""
    missing = packages_missing()
    prefix = [] if os.geteuid() == 0 else ["sudo"]
    if prefix and shutil.which("sudo") is None:
        raise SetupFailed(f"need root or sudo to install: {' '.join(missing)}")
    environment = ["env", "DEBIAN_FRONTEND=noninteractive"]
    with services_kept_stopped(prefix):
        run([*prefix, "apt-get", "update", "-q"])
        run(
            [
                *prefix,
                *environment,
                "apt-get",
                "install",
                "-y",
                "-q",
                "--no-install-recommends",
                *missing,
            ]
        )
    if Path("/run/systemd/system").is_dir():
        for package, units in SERVICES.items():
            if package in missing:
                run([*prefix, "systemctl", "disable", "--now", *units])


@contextmanager
def services_kept_stopped(prefix: list[str]) -> Iterator[None]:
    """While packages install, the system's own services stay off: ours are private."""
    if POLICY.exists():
        yield
        return
    run([*prefix, "sh", "-c", f"printf '#!/bin/sh\\nexit 101\\n' > {POLICY} && chmod 755 {POLICY}"])
    try:
        yield
    finally:
        run([*prefix, "rm", "-f", str(POLICY)])


def python_stamp() -> str:
    """What the virtual environment was made from."""
    return f"{sys.version_info[:3]} {hashlib.sha256(LOCK.read_bytes()).hexdigest()}"


def python_is_ready() -> bool:
    """True when the environment was made from exactly this lock file by this Python."""
    stamp = VENV / "stamp"
    return stamp.exists() and stamp.read_text(encoding="utf-8") == python_stamp()


def install_python() -> None:
    """Make `.venv` and install the pinned requirements, each checked against its hash."""
    if not (VENV / "bin" / "python").exists():
        run([sys.executable, "-m", "venv", str(VENV)])
    python = str(VENV / "bin" / "python")
    run([python, "-m", "pip", "install", "-q", "--no-deps", "--require-hashes", "-r", str(LOCK)])
    (VENV / "stamp").write_text(python_stamp(), encoding="utf-8")


def front_end_is_ready() -> bool:
    """True when every front-end file stands in place, copied from this lock file's packages."""
    stamp = VENDOR / "stamp"
    files_there = all((VENDOR / name).exists() for name in VENDOR_FILES)
    return files_there and stamp.exists() and stamp.read_text(encoding="utf-8") == npm_stamp()


def npm_stamp() -> str:
    """Hash of the npm lock file."""
    return hashlib.sha256((CONSOLE / "package-lock.json").read_bytes()).hexdigest()


def install_front_end() -> None:
    """Fetch the console's packages and copy the few files it serves."""
    run(["npm", "ci", "--ignore-scripts", "--omit=optional", "--no-progress"], folder=CONSOLE)
    for name, source in VENDOR_FILES.items():
        target = VENDOR / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(CONSOLE / "node_modules" / source, target)
    shutil.rmtree(CONSOLE / "node_modules")
    (VENDOR / "stamp").write_text(npm_stamp(), encoding="utf-8")


def assets_are_ready() -> bool:
    """True when the kiosk's fonts and icon table were made."""
    return run_in_venv_succeeds(["-m", "provisioning.assets", "--check"])


def install_assets() -> None:
    """Make the kiosk's fonts and icon table from what Debian and npm brought."""
    run([str(VENV / "bin" / "python"), "-m", "provisioning.assets"], folder=ROOT)


def run_in_venv_succeeds(arguments: list[str]) -> bool:
    """Did a Python of the virtual environment end with 0?"""
    answer = subprocess.run(
        [str(VENV / "bin" / "python"), *arguments], cwd=ROOT, capture_output=True, check=False
    )
    return answer.returncode == 0


def say(words: str) -> None:
    """Tell the person at the terminal."""
    sys.stderr.write(words + "\n")


def run(command: list[str], folder: Path = ROOT) -> None:
    """Run one command, its words on standard error. Raises SetupFailed with its last lines."""
    say("  $ " + " ".join(command)[:160])
    answer = subprocess.run(
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if answer.returncode != 0:
        last = "\n".join(answer.stdout.splitlines()[-15:])
        raise SetupFailed(f"exit {answer.returncode} from {command[0]}:\n{last}")


STEPS: Final = (
    Step("Debian packages", lambda: not packages_missing(), install_packages),
    Step("Python environment", python_is_ready, install_python),
    Step("front-end files", front_end_is_ready, install_front_end),
    Step("fonts and icons", assets_are_ready, install_assets),
)


def main() -> int:
    """Do every step that is not done; 0 when all hold."""
    for number, step in enumerate(STEPS, start=1):
        if step.is_done():
            say(f"[{number}/{len(STEPS)}] {step.name}: in place")
            continue
        say(f"[{number}/{len(STEPS)}] {step.name}: installing")
        try:
            step.apply()
        except SetupFailed as error:
            say(f"set-up stopped at “{step.name}”: {error}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
