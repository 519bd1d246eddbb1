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
from device_drivers.status import DeviceKind

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
    ready = subparsers.add_parser("readiness", help="status of every configured device")
    ready.add_argument("--config", type=Path, default=Path("kiosk.toml"), metavar="TOML")
    ready.set_defaults(run=_readiness)


def read_devices(path: Path) -> list[ConfiguredDevice]:
    """Make the devices a TOML file configures; every table but `devices` is somebody else's.

    Raises BadArguments, naming file and key, for what cannot be read or makes no sense.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8")).get("devices")
    except (OSError, ValueError) as error:
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
    if not isinstance(model, str) or not isinstance(port_text, str):
        raise TypeError('needs model = "…" and port = "…"')
    port = Port.parse(port_text)
    return ConfiguredDevice(kind, model, port, make_device(kind, model, port, **settings))


async def ask(configured: ConfiguredDevice) -> Mapping[str, object]:
    """Ask one device how it is and release its port; never raises for what the device does.

    `since` is when this was asked: nothing earlier is known here (the kiosk's journal knows).
    """
    device = configured.device
    try:
        with contextlib.suppress(DeviceFault):  # the status that follows says the same
            await device.connect()
        report = await device.status()
    finally:
        await device.close()
    return {
        "device": configured.kind.value,
        "model": configured.model,
        "port": str(configured.port),
        "status": report.device.value,
        "fault": report.fault.value if report.fault is not None else None,
        "why": report.detail,
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
        "parts": report.parts(),
    }


def _list(arguments: argparse.Namespace) -> int:
    del arguments
    for (kind, model), entry in MODELS.items():
        ports = [scheme.value for scheme in entry.ports]
        write_line({"kind": kind.value, "model": model, "ports": ports})
    return RESULT


def _readiness(arguments: argparse.Namespace) -> int:
    devices = read_devices(arguments.config)
    asyncio.run(_write_readiness(devices))
    return RESULT


async def _write_readiness(devices: list[ConfiguredDevice]) -> None:
    for answer in await asyncio.gather(*(ask(each) for each in devices)):
        write_line(answer)
