import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from provisioning.install import main, run
from provisioning.steps import (
    Machine,
    Step,
    StepFailed,
    all_steps,
    files_step,
    packages,
    restarting,
)

ROOT = Path(__file__).resolve().parents[2]


class Thing:
    """Something that can be made, or refuses to be."""

    def __init__(self, refuses: str = "") -> None:
        self.made = 0
        self.refuses = refuses

    def missing(self) -> str:
        return "" if self.made else "not made"

    def make(self) -> None:
        if self.refuses:
            raise StepFailed(self.refuses)
        self.made += 1


def steps(*things: Thing) -> list[Step]:
    return [Step(f"thing {n}", thing.missing, thing.make) for n, thing in enumerate(things)]


def report_of(chosen: list[Step], *, check_only: bool) -> tuple[int, list[tuple[object, object]]]:
    said: list[dict[str, object]] = []
    status = run(chosen, check_only=check_only, report=said.append)
    return status, [(line["step"], line["state"]) for line in said]


def test_only_checking_changes_nothing_and_reports_every_step() -> None:
    things = Thing(), Thing()
    assert report_of(steps(*things), check_only=True) == (1, [(1, "needed"), (2, "needed")])
    assert [thing.made for thing in things] == [0, 0]


def test_running_again_does_nothing_again() -> None:
    things = Thing(), Thing()
    assert report_of(steps(*things), check_only=False) == (0, [(1, "applied"), (2, "applied")])
    assert report_of(steps(*things), check_only=False) == (0, [(1, "done"), (2, "done")])
    assert [thing.made for thing in things] == [1, 1]


def test_a_failure_is_told_and_ends_the_run() -> None:
    things = Thing(), Thing(refuses="no network"), Thing()
    said: list[dict[str, object]] = []
    assert run(steps(*things), check_only=False, report=said.append) == 1
    assert (said[-1]["state"], said[-1]["detail"]) == ("failed", "no network")
    assert things[2].made == 0


def test_a_step_that_claims_success_without_it_has_failed() -> None:
    lazy = Step("lazy", lambda: "still not", lambda: None)
    assert report_of([lazy], check_only=False) == (1, [(1, "failed")])


def test_files_are_installed_and_a_changed_one_is_noticed(tmp_path: Path) -> None:
    source, target = tmp_path / "from", tmp_path / "to"
    source.mkdir()
    (source / "a.rules").write_text("one")
    reloaded: list[int] = []
    step = files_step("rules", source, target, lambda: reloaded.append(1))
    assert step.missing() == "a.rules"
    step.apply()
    assert step.missing() == ""
    (target / "a.rules").write_text("two")
    assert step.missing() == "a.rules"
    assert reloaded == [1]


def test_what_changes_files_notes_first_that_what_runs_is_older(tmp_path: Path) -> None:
    thing, failing, changed = Thing(), Thing(refuses="power cut"), tmp_path / "opt" / "changed"
    step = restarting(Step("thing", thing.missing, thing.make), changed)
    assert report_of([step], check_only=True) == (1, [(1, "needed")])
    assert not changed.exists()
    with pytest.raises(StepFailed):
        restarting(Step("thing", failing.missing, failing.make), changed).apply()
    assert changed.exists()
    changed.unlink()
    assert report_of([step], check_only=False) == (0, [(1, "applied")])
    assert changed.exists()


def test_the_steps_stand_in_the_order_in_which_they_need_each_other() -> None:
    names = [step.name for step in all_steps(Machine(Path("/nowhere")), None)]
    assert names == [
        "packages",
        "user",
        "program",
        "environment",
        "fonts",
        "udev rules",
        "systemd units",
        "enrolment",
        "print service",
        "started",
    ]


def test_every_package_has_its_reason() -> None:
    lines = (ROOT / "provisioning/kiosk-packages.txt").read_text().splitlines()
    assert len(packages()) == len(lines)
    assert [line for line in lines if not line.partition("#")[2].strip()] == []


def test_whatever_is_built_from_source_at_the_workplace_can_be_built_on_a_kiosk() -> None:
    lines = (ROOT / "provisioning/packages.txt").read_text().splitlines()
    needed = {line.split()[0] for line in lines if re.search("from source|pyzbar", line)}
    assert len(needed) > 3
    assert needed - set(packages()) == set()


@pytest.mark.parametrize("arguments", [["--server", "https://a"], ["--colour"]])
def test_wrong_arguments_are_refused(arguments: list[str]) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "provisioning.install", *arguments],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    assert ran.returncode == 2


FINGERPRINT = ("--ca-fingerprint", "00" * 32)
ENROLMENT = ("--server", "https://fleet.example", *FINGERPRINT, "--token", "t")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--site", "/no-such.toml"), "/no-such.toml: No such file or directory"),
        (("--site", "{folder}/garbage"), "{folder}/garbage: not a text file in UTF-8"),
        (("--site", "{folder}/broken"), "{folder}/broken: "),
        ((*ENROLMENT, "--server", "ftp"), "'ftp' is no address"),
        ((*ENROLMENT, "--ca-fingerprint", "zz"), "a fingerprint is 64 hexadecimal digits"),
    ],
)
def test_what_enrolment_would_refuse_is_refused_before_the_first_step(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    named: str,
) -> None:
    (tmp_path / "garbage").write_bytes(b"\xff\xfe\x00\xf6")
    (tmp_path / "broken").write_text("[place\n", encoding="utf-8")
    given = [word.format(folder=tmp_path) for word in arguments]
    assert main(["--check", "--root", str(tmp_path), *given]) == 2
    said = capsys.readouterr()
    (complaint,) = said.err.splitlines()
    assert complaint.startswith(named.format(folder=tmp_path))
    assert said.out == ""


def test_the_check_prints_one_json_object_a_line(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "provisioning.install", "--check", "--root", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [line["step"] for line in lines] == list(range(1, 11))
    assert list(tmp_path.iterdir()) == []
