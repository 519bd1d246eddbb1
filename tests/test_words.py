"""One thing, one word (STYLE.md 8): kiosk, console, wall, paper and glossary call it alike."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from device_drivers.cabinet.interface import (
    DoorStatus,
    FanStatus,
    HeatStatus,
    Presence,
    TamperStatus,
)
from device_drivers.document_printer import interface as document_printer
from device_drivers.errors import FaultCode
from device_drivers.id_card_reader.interface import MediaStatus
from device_drivers.power_supply.interface import BatteryStatus, MainsStatus
from device_drivers.receipt_printer.interface import (
    CoverStatus,
    CutterStatus,
    PaperStatus,
    TicketStatus,
)
from device_drivers.social_security_card.interface import MediaStatus as CardStatus
from device_drivers.status import DeviceKind
from fleet_server.kiosks.presence import Word
from provisioning.demo.system import KIOSK_NAME

ROOT = Path(__file__).resolve().parent.parent
PART_STATES = (
    *(DoorStatus, TamperStatus, FanStatus, HeatStatus, Presence),
    *(document_printer.PaperStatus, document_printer.TonerStatus, document_printer.DoorStatus),
    *(MediaStatus, CardStatus, BatteryStatus, MainsStatus),
    *(PaperStatus, CoverStatus, CutterStatus, TicketStatus),
)


def words(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "assets/text" / name).read_text("utf-8"))
    return loaded


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_device_has_one_name_on_the_kiosk_in_the_console_and_on_the_wall(language: str) -> None:
    kiosk, console = words(f"{language}.yaml"), words(f"console.{language}.yaml")
    wall = words(f"readiness.{language}.yaml")
    for kind in DeviceKind:
        names = {kiosk["device"][kind], console["device"][kind], wall[f"device.{kind}"]}
        assert len({name.casefold() for name in names}) == 1, names


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_what_the_kiosk_calls_a_fault_the_console_calls_it_too(language: str) -> None:
    kiosk = words(f"{language}.yaml")["fault"]
    console = words(f"console.{language}.yaml")["fault"]["name"]
    assert {code: kiosk[code] for code in FaultCode} == {code: console[code] for code in FaultCode}


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_devices_parts_and_their_states_have_words_in_the_console_as_on_the_wall(
    language: str,
) -> None:
    wall, console = words(f"readiness.{language}.yaml"), words(f"console.{language}.yaml")
    on_the_wall = {key.removeprefix("part.") for key in wall if key.startswith("part.")}
    assert on_the_wall == set(console["part"])
    states = {word.value for kind in PART_STATES for word in kind}
    assert states <= set(console["value"])
    assert {f"value.{state}" for state in states} <= set(wall)


def test_the_glossary_has_the_consoles_words_for_presence() -> None:
    said = words("console.zh-CN.yaml")["presence"]["word"]
    row = " · ".join(said[word] for word in Word)
    assert f"| {row} | {' · '.join(Word)} |" in (ROOT / "README.md").read_text("utf-8")


@pytest.mark.parametrize("place", ["provisioning/site.example.toml", "assets/shots.yaml"])
def test_a_kiosk_is_named_the_same_way_everywhere(place: str) -> None:
    assert KIOSK_NAME == "01 号终端"
    assert KIOSK_NAME in (ROOT / place).read_text("utf-8")
