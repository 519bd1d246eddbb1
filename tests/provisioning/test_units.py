"""udev rules and systemd units, as far as they can be judged without the machine."""

import configparser
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from device_drivers.ports import Port, Scheme
from device_drivers.status import DeviceKind
from kiosk.agent.watchdog import LOOK_EVERY_S
from kiosk.main import TICK_S

FOLDER = Path(__file__).resolve().parents[2] / "provisioning"
DEBIAN_GROUPS = Path("/usr/share/base-passwd/group.master")
RULE = re.compile(r'^[A-Z_a-z]+(\{[A-Za-z0-9_./]+\})?(==|!=|\+=|=)"[^"]*"$')


def rules() -> list[Path]:
    return sorted((FOLDER / "udev").iterdir())


def test_every_device_has_a_rules_file_of_its_own() -> None:
    named = {path.name.removeprefix("60-kiosk-").removesuffix(".rules") for path in rules()}
    assert named == {kind.value.replace("_", "-") for kind in DeviceKind}


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


@pytest.mark.skipif(not DEBIAN_GROUPS.exists(), reason="needs Debian's list of groups")
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


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
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
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze")
    text = (FOLDER / "systemd/kiosk-agent.service").read_text()
    wrong = tmp_path / "kiosk-agent.service"
    wrong.write_text(text.replace("WatchdogSec=15", "WatchdogSek=15"))
    told = subprocess.run(
        ["systemd-analyze", "verify", str(wrong)], capture_output=True, text=True, check=False
    )
    assert "WatchdogSek" in told.stderr


@pytest.mark.parametrize(
    ("name", "fed_every_s", "access"),
    # the app is a child of xinit, which systemd takes for the main process
    [("agent", LOOK_EVERY_S, "main"), ("app", TICK_S, "all")],
)
def test_each_watchdog_is_fed_several_times_within_its_limit(
    name: str, fed_every_s: float, access: str
) -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.read(FOLDER / f"systemd/kiosk-{name}.service")
    assert unit["Service"]["Type"] == "notify"
    assert unit["Service"]["NotifyAccess"] == access
    assert float(unit["Service"]["WatchdogSec"]) >= 3 * fed_every_s
