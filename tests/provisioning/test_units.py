"""udev rules and systemd units, as far as they can be judged without the machine."""

import configparser
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from device_drivers.ports import Port, Scheme
from device_drivers.registry import MODELS
from device_drivers.status import DeviceKind
from kiosk.agent.watchdog import LOOK_EVERY_S
from kiosk.flow.runner import LAST_PAPER_S
from kiosk.main import TICK_S
from provisioning.services import UNITS

FOLDER = Path(__file__).resolve().parents[2] / "provisioning"
DEBIAN_GROUPS = Path("/usr/share/base-passwd/group.master")
RULE = re.compile(r'^[A-Z_a-z]+(\{[A-Za-z0-9_./]+\})?(==|!=|\+=|=)"[^"]*"$')


def rules() -> list[Path]:
    return sorted((FOLDER / "udev").iterdir())


def test_every_device_we_open_ourselves_has_a_rules_file_of_its_own() -> None:
    named = {path.name.removeprefix("60-kiosk-").removesuffix(".rules") for path in rules()}
    # what a service opens (CUPS, upsd) has that service's own rules
    theirs = {
        kind
        for kind in DeviceKind
        if {port for (of, _), model in MODELS.items() if of is kind for port in model.ports}
        <= {Scheme.CUPS, Scheme.NUT}
    }
    assert named == {kind.value.replace("_", "-") for kind in set(DeviceKind) - theirs}
    assert DeviceKind.POWER_SUPPLY in theirs


@pytest.mark.parametrize("path", rules(), ids=lambda path: path.stem)
def test_every_rule_can_be_parsed(path: Path) -> None:
    lines = [line for line in path.read_text().splitlines() if line and line[0] != "#"]
    assert lines
    wrong = [part for line in lines for part in line.split(", ") if not RULE.match(part)]
    assert wrong == []


def groups_of(text: str) -> set[str]:
    return set(re.findall(r'GROUP="([^"]*)"', text))


def missing_on_debian(groups: set[str]) -> set[str]:
    """Those that Debian's base-passwd, hence every Debian machine, does not have."""
    known = {line.split(":")[0] for line in DEBIAN_GROUPS.read_text().splitlines()}
    return groups - known


def test_every_group_a_rule_names_exists_on_debian() -> None:
    named = groups_of("".join(path.read_text() for path in rules()))
    assert {"dialout", "video"} <= named
    assert missing_on_debian(named) == set()
    assert missing_on_debian({"dialout", "pcscd"}) == {"pcscd"}  # the control


def test_the_example_site_uses_the_names_the_rules_give() -> None:
    site = tomllib.loads((FOLDER / "site.example.toml").read_text(encoding="utf-8"))
    given = set(
        re.findall(r'SYMLINK\+="(kiosk/[a-z_]+)"', "".join(path.read_text() for path in rules()))
    )
    ports = [Port.parse(device["port"]) for device in site["devices"].values()]
    used = {
        port.address.removeprefix("/dev/")
        for port in ports
        if port.scheme in {Scheme.SERIAL, Scheme.V4L2}
    }
    assert used <= given


def test_systemd_accepts_every_unit() -> None:
    told = subprocess.run(
        ["systemd-analyze", "verify", *map(str, sorted((FOLDER / "systemd").iterdir()))],
        capture_output=True,
        text=True,
        check=False,
    )
    # the programs themselves are not installed here
    complaints = [line for line in told.stderr.splitlines() if "is not executable" not in line]
    assert complaints == []


def test_systemd_refuses_a_unit_with_a_mistake(tmp_path: Path) -> None:
    # the control of the test above
    text = (FOLDER / "systemd/kiosk-agent.service").read_text()
    wrong = tmp_path / "kiosk-agent.service"
    wrong.write_text(text.replace("WatchdogSec=15", "WatchdogSek=15"))
    told = subprocess.run(
        ["systemd-analyze", "verify", str(wrong)], capture_output=True, text=True, check=False
    )
    assert "WatchdogSek" in told.stderr


def unit(name: str) -> configparser.ConfigParser:
    parsed = configparser.ConfigParser(strict=False, interpolation=None)
    parsed.optionxform = str  # type: ignore[assignment,method-assign]  # systemd minds the case
    parsed.read(FOLDER / f"systemd/{name}.service")
    return parsed


@pytest.mark.parametrize(("name", "fed_every_s"), [("agent", LOOK_EVERY_S), ("app", TICK_S)])
def test_each_watchdog_is_fed_several_times_within_its_limit(name: str, fed_every_s: float) -> None:
    service = unit(f"kiosk-{name}")["Service"]
    assert service["Type"] == "notify"
    assert service["NotifyAccess"] == "main"
    assert float(service["WatchdogSec"]) >= 3 * fed_every_s


def test_a_last_paper_may_come_out_before_systemd_loses_patience() -> None:
    service = unit("kiosk-app")["Service"]
    devices_and_store_s = 5
    assert float(service["TimeoutStopSec"]) >= LAST_PAPER_S + devices_and_store_s


def test_the_screen_stands_until_the_app_has_ended_by_itself() -> None:
    app = unit("kiosk-app")
    assert "kiosk-display.service" in app["Unit"]["After"].split()
    assert app["Unit"]["Requires"] == "kiosk-display.service"
    # what the app started is not asked to end beside it
    assert app["Service"]["KillMode"] == "mixed"
    # systemd's child is the app itself: nothing stands between that could hang up or swallow a code
    assert app["Service"]["ExecStart"].split()[1:3] == ["-m", "kiosk.main"]


def test_every_unit_of_the_target_is_started_and_asked_about() -> None:
    files = {path.name for path in (FOLDER / "systemd").iterdir()}
    assert set(UNITS) == files
    target = configparser.ConfigParser()
    target.read(FOLDER / "systemd/kiosk.target")
    assert {"kiosk.target", *target["Unit"]["Wants"].split()} == files


@pytest.mark.slow
@pytest.mark.parametrize(("name", "module"), [("app", "kiosk.main"), ("agent", "kiosk.agent")])
def test_a_kiosk_that_cannot_be_configured_is_not_started_again_and_again(
    name: str, module: str, tmp_path: Path
) -> None:
    wrong = tmp_path / "kiosk.toml"
    wrong.write_text("colour = 'green'\n")
    ended = subprocess.run(
        [sys.executable, "-m", module, "--config", str(wrong)],
        cwd=FOLDER.parent,
        env=os.environ | {"KIVY_NO_ARGS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "kiosk.toml" in ended.stderr
    service = unit(f"kiosk-{name}")["Service"]
    assert service["Restart"] == "always"
    assert service["RestartPreventExitStatus"].split() == [str(ended.returncode)]
    assert ended.returncode not in {0, 1}  # the control: what Python ends with where a part breaks
