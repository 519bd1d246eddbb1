"""The commands `list` and `readiness`: which drivers there are, and how the configured ones are."""

import argparse
import asyncio
import contextlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from device_drivers.command_line import RESULT, BadArguments, write_line
from device_drivers.device import Device
from device_drivers.errors import DeviceFault
from device_drivers.ports import Port
from device_drivers.registry import MODELS, make_device
from device_drivers.status import DeviceKind, StatusReport

if TYPE_CHECKING:
    from device_drivers.command_line import Subparsers


@dataclass(frozen=True, slots=True)
class ConfiguredDevice:
    """One `[devices.<kind>]` table of a configuration."""

    kind: DeviceKind
    model: str
    port: Port
    device: Device


def add_commands(subparsers: "Subparsers") -> None:
    """Add `list` and `readiness`."""
    listing = subparsers.add_parser("list", help="kinds, models and the ports each accepts")
    listing.set_defaults(run=_list)
    ready = subparsers.add_parser(
        "readiness", help="status of every configured device, as it is now"
    )
    ready.add_argument("--config", type=Path, default=Path("kiosk.toml"), metavar="TOML")
    ready.add_argument("--png", type=Path, help="also draw a sheet for the wall")
    ready.add_argument("--pdf", type=Path, help="also write that sheet for a printer")
    ready.add_argument("--language", choices=("zh-CN", "en"), default="zh-CN")
    ready.set_defaults(run=_readiness)


def read_devices(path: Path) -> list[ConfiguredDevice]:
    """Make the devices a TOML file configures; every table but `devices` is somebody else's.

    Raises BadArguments, naming file and key, for what cannot be read or makes no sense.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8")).get("devices")
    except OSError as error:
        raise BadArguments(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadArguments(f"{path}: not a text file in UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise BadArguments(f"{path}: {error}") from error
    if not isinstance(tables, dict) or not tables:
        raise BadArguments(f"{path}: no [devices.<kind>] table")
    devices = []
    for word, table in tables.items():
        try:
            devices.append(_configured(word, table))
        except (ValueError, TypeError) as error:
            raise BadArguments(f"{path}: [devices.{word}]: {error}") from error
    return devices


def _configured(word: str, table: object) -> ConfiguredDevice:
    """Read one table. Raises ValueError or TypeError."""
    if word not in set(DeviceKind):
        raise ValueError(f"no such kind; there are {', '.join(DeviceKind)}")
    if not isinstance(table, dict):
        raise TypeError("not a table")
    kind = DeviceKind(word)
    settings: dict[str, object] = dict(table)
    model, port_text = settings.pop("model", None), settings.pop("port", None)
    nested = settings.pop("settings", {})  # as a kiosk's configuration writes them
    if not (isinstance(model, str) and isinstance(port_text, str) and isinstance(nested, dict)):
        raise TypeError('needs model = "…" and port = "…"')
    settings |= nested
    port = Port.parse(port_text)
    return ConfiguredDevice(kind, model, port, make_device(kind, model, port, **settings))


async def ask(configured: ConfiguredDevice) -> StatusReport:
    """Ask one device how it is and release its port; never raises for what the device does."""
    device = configured.device
    try:
        with contextlib.suppress(DeviceFault):  # the status that follows says the same
            await device.connect()
        return await device.status()
    finally:
        await device.close()


async def _ask_all(devices: list[ConfiguredDevice]) -> list[StatusReport]:
    return list(await asyncio.gather(*(ask(each) for each in devices)))


def _list(arguments: argparse.Namespace) -> int:
    del arguments
    for (kind, model), entry in MODELS.items():
        ports = [scheme.value for scheme in entry.ports]
        write_line({"kind": kind.value, "model": model, "ports": ports})
    return RESULT


def _readiness(arguments: argparse.Namespace) -> int:
    devices = read_devices(arguments.config)
    reports = asyncio.run(_ask_all(devices))
    asked_at = datetime.now(UTC)
    for configured, report in zip(devices, reports, strict=True):
        write_line(_as_json(configured, report, asked_at))
    if arguments.png or arguments.pdf:
        _draw(devices, reports, asked_at, arguments)
    return RESULT


def _as_json(
    configured: ConfiguredDevice, report: StatusReport, asked_at: datetime
) -> Mapping[str, object]:
    """One answer; `since` is the moment of asking (`DECISIONS.md` 2)."""
    return {
        "device": configured.kind.value,
        "model": configured.model,
        "port": str(configured.port),
        "status": report.device.value,
        "fault": report.fault.value if report.fault is not None else None,
        "why": report.detail,
        "since": asked_at.isoformat(timespec="seconds"),
        "parts": report.parts(),
        "capabilities": dict(configured.device.capabilities),
    }


def _draw(
    devices: list[ConfiguredDevice],
    reports: list[StatusReport],
    asked_at: datetime,
    arguments: argparse.Namespace,
) -> None:
    # Pillow and fontTools are wanted for the sheet only
    from device_drivers.wall_sheet import DPI, SheetRow, draw_sheet, load_words  # noqa: PLC0415

    rows = [
        SheetRow(each.kind, each.model, str(each.port), report, each.device.capabilities)
        for each, report in zip(devices, reports, strict=True)
    ]
    try:
        words = load_words(arguments.language)
        sheet = draw_sheet(rows, asked_at=asked_at.astimezone(), words=words)
        for path, kind in ((arguments.png, "PNG"), (arguments.pdf, "PDF")):
            if path is not None:
                sheet.save(path, format=kind, dpi=(DPI, DPI), resolution=DPI)
    except OSError as error:
        where = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        raise BadArguments(f"cannot draw the sheet: {where}") from error
