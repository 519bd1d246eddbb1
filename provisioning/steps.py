"""What must hold on a kiosk, step by step: how to see that it does, and how to bring it about."""

import filecmp
import os
import pwd
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from provisioning.identity import broken_identity, exposed, hand_over
from provisioning.print_service import (
    NoPrintService,
    make_print_service,
    missing_print_service,
)
from provisioning.program import SOURCE, copy_program, missing_program
from provisioning.services import NotRunning, not_running, start, systemd_runs

USER: Final = "kiosk"
GROUPS: Final = ("dialout", "video", "input")


class StepFailed(Exception):
    """A step could not be done; the message says what a person must do."""


@dataclass(frozen=True)
class Step:
    """One thing that must hold."""

    name: str
    missing: Callable[[], str]
    """What does not hold yet; empty once all of it does. Changes nothing."""
    apply: Callable[[], None]
    """Bring it about. Raises StepFailed."""


@dataclass(frozen=True)
class Enrolment:
    """What the console printed for the installer."""

    server: str
    fingerprint: str
    token: str
    site: Path | None


@dataclass(frozen=True)
class Machine:
    """Where things go, below a root that is `/` but for tests."""

    root: Path
    user: str = USER
    """Who runs the kiosk."""

    @property
    def changed(self) -> Path:
        """There while something installed is newer than what runs."""
        return self.root / "opt/yichuang/restart-needed"

    @property
    def program(self) -> Path:
        """The kiosk's code and its virtual environment."""
        return self.root / "opt/yichuang"

    @property
    def python(self) -> Path:
        """Of the virtual environment."""
        return self.program / ".venv/bin/python"

    @property
    def state(self) -> Path:
        """Configuration, identity, store: all that is the kiosk's own."""
        return self.root / "var/lib/kiosk"

    @property
    def config(self) -> Path:
        """What enrolment writes."""
        return self.state / "kiosk.toml"

    @property
    def udev_rules(self) -> Path:
        """Stable names, `/dev/kiosk/<device>`."""
        return self.root / "etc/udev/rules.d"

    @property
    def units(self) -> Path:
        """Where systemd looks."""
        return self.root / "etc/systemd/system"


def all_steps(machine: Machine, enrolment: Enrolment | None) -> list[Step]:
    """In the order in which they must be done."""
    return [
        Step("packages", _missing_packages, _install_packages),
        Step("user", lambda: _missing_user(machine), lambda: _add_user(machine)),
        *(
            restarting(step, machine.changed)
            for step in (
                Step(
                    "program",
                    lambda: missing_program(machine.program),
                    lambda: copy_program(machine.program),
                ),
                Step(
                    "environment",
                    lambda: _missing_environment(machine),
                    lambda: _make_venv(machine),
                ),
                Step("fonts", lambda: _missing_fonts(machine), lambda: _make_fonts(machine)),
                files_step(
                    "udev rules", SOURCE / "provisioning/udev", machine.udev_rules, _reload_udev
                ),
                files_step(
                    "systemd units", SOURCE / "provisioning/systemd", machine.units, _reload_units
                ),
                Step(
                    "enrolment", lambda: not_enrolled(machine), lambda: _enrol(machine, enrolment)
                ),
            )
        ),
        Step(
            "print service",
            lambda: missing_print_service(machine.config, machine.root),
            lambda: _make_print_service(machine),
        ),
        Step("started", lambda: not_running(machine.changed), lambda: _start(machine)),
    ]


def restarting(step: Step, changed: Path) -> Step:
    """The same step; before it changes anything, it is noted that what runs will be older."""

    def apply() -> None:
        changed.parent.mkdir(parents=True, exist_ok=True)
        changed.touch()
        step.apply()

    return Step(step.name, step.missing, apply)


def files_step(name: str, source: Path, target: Path, reload: Callable[[], None]) -> Step:
    """Every file of a folder stands in another, with the same bytes."""

    def missing() -> str:
        return _differing(sorted(source.iterdir()), target)

    def apply() -> None:
        target.mkdir(parents=True, exist_ok=True)
        for path in sorted(source.iterdir()):
            shutil.copyfile(path, target / path.name)
        reload()

    return Step(name, missing, apply)


def packages() -> list[str]:
    """Debian packages, without their reasons."""
    lines = (SOURCE / "provisioning/kiosk-packages.txt").read_text(encoding="utf-8").splitlines()
    return [name for line in lines if (name := line.split("#", 1)[0].strip())]


def _differing(paths: Sequence[Path], target: Path) -> str:
    wrong = [
        path.name
        for path in paths
        if not (target / path.name).exists()
        or not filecmp.cmp(path, target / path.name, shallow=False)
    ]
    return ", ".join(wrong)


def _missing_packages() -> str:
    asked = subprocess.run(
        ["dpkg-query", "--show", "--showformat=${Package} ${db:Status-Abbrev}\n", *packages()],
        capture_output=True,
        text=True,
        check=False,
    )
    installed = {line.split()[0] for line in asked.stdout.splitlines() if line.endswith("ii ")}
    return ", ".join(name for name in packages() if name not in installed)


def _install_packages() -> None:
    _run("apt-get", "update", "-q")
    _run("apt-get", "install", "-q", "-y", "--no-install-recommends", *packages())


def _missing_user(machine: Machine) -> str:
    try:
        pwd.getpwnam(machine.user)
    except KeyError:
        return f"no user {machine.user}"
    return "" if machine.state.is_dir() else f"no folder {machine.state}"


def _add_user(machine: Machine) -> None:
    user = machine.user
    try:
        pwd.getpwnam(user)
    except KeyError:
        home = str(machine.state)
        _run("useradd", "--system", "--user-group", "--home-dir", home, "--shell", "/bin/sh", user)
        _run("usermod", "--append", "--groups", ",".join(GROUPS), user)
    machine.state.mkdir(parents=True, exist_ok=True)
    machine.state.chmod(0o700)
    shutil.chown(machine.state, user, user)


def _missing_environment(machine: Machine) -> str:
    lock = machine.program / "requirements/kiosk.txt"
    installed = machine.program / ".venv/installed.txt"
    if not machine.python.exists():
        return "no virtual environment"
    same = installed.exists() and lock.exists() and filecmp.cmp(lock, installed, shallow=False)
    return "" if same else "packages differ from requirements/kiosk.txt"


def _make_venv(machine: Machine) -> None:
    lock = machine.program / "requirements/kiosk.txt"
    if not machine.python.exists():
        _run("python3", "-m", "venv", str(machine.program / ".venv"))
    _run(
        str(machine.python),
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--require-hashes",
        "-r",
        str(lock),
    )
    shutil.copyfile(lock, machine.program / ".venv/installed.txt")


def _missing_fonts(machine: Machine) -> str:
    return "" if (machine.program / "assets/fonts/fonts.json").exists() else "fonts not made"


def _make_fonts(machine: Machine) -> None:
    made = SOURCE / "assets/fonts"
    if not (made / "fonts.json").exists():
        # the icons come from the npm registry, which a kiosk never talks to
        raise StepFailed("run `make setup` in this tree first: it makes assets/fonts")
    shutil.copytree(made, machine.program / "assets/fonts", dirs_exist_ok=True)


def not_enrolled(machine: Machine) -> str:
    """What is wrong with configuration, key and certificate, or whose they are."""
    broken = broken_identity(machine.config, python=machine.python, program=machine.program)
    return broken or exposed(machine.state, machine.user)


def _enrol(machine: Machine, wanted: Enrolment | None) -> None:
    """Get an identity where there is none that fits; and hand all of it to the kiosk's user."""
    if broken_identity(machine.config, python=machine.python, program=machine.program):
        _ask_for_identity(machine, wanted)
    hand_over(machine.state, machine.user)


def _ask_for_identity(machine: Machine, wanted: Enrolment | None) -> None:
    if wanted is None:
        raise StepFailed("give --server, --ca-fingerprint and --token, as the console printed them")
    site = ["--site", str(wanted.site.resolve())] if wanted.site else []
    # the token travels by standard input: a command line is everybody's to read
    _run(
        str(machine.python),
        "-m",
        "provisioning.enrol",
        *("--server", wanted.server, "--ca-fingerprint", wanted.fingerprint, "--token", "-"),
        *("--config-out", str(machine.config), *site),
        folder=machine.program,
        words=wanted.token + "\n",
    )


def _make_print_service(machine: Machine) -> None:
    try:
        make_print_service(machine.config, machine.root)
    except NoPrintService as error:
        raise StepFailed(str(error)) from error
    _reload_units()


def _start(machine: Machine) -> None:
    if machine.root != Path("/"):
        raise StepFailed("services can only be started on the machine itself")
    try:
        start(machine.changed)
    except NotRunning as error:
        raise StepFailed(str(error)) from error


def _reload_udev() -> None:
    if shutil.which("udevadm") and systemd_runs():
        _run("udevadm", "control", "--reload")
        _run("udevadm", "trigger", "--subsystem-match=tty", "--subsystem-match=video4linux")


def _reload_units() -> None:
    if systemd_runs():
        _run("systemctl", "daemon-reload")


def _run(*command: str, folder: Path | None = None, words: str | None = None) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            cwd=folder,
            input=words,
            env=environment,
            check=False,
        )
    except OSError as error:
        raise StepFailed(f"{command[0]}: {error.strerror}") from error
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise StepFailed(f"{Path(command[0]).name} {command[1]}: {said[-1] if said else 'failed'}")
