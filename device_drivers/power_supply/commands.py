"""`power-supply status`."""

import argparse
import asyncio
from typing import TYPE_CHECKING

from device_drivers.command_line import (
    RESULT,
    BadArguments,
    port_argument,
    raise_if_away,
    write_line,
)
from device_drivers.power_supply.interface import PowerSupplyStatus
from device_drivers.status import DeviceKind

if TYPE_CHECKING:
    from device_drivers.command_line import Subparsers


def add_commands(subparsers: "Subparsers") -> None:
    """Add `power-supply`."""
    supply = subparsers.add_parser("power-supply", help="mains and battery, as NUT has them")
    commands = supply.add_subparsers(required=True, metavar="COMMAND")
    status = commands.add_parser("status", help="how it is now")
    status.add_argument("--port", type=port_argument, required=True)
    status.set_defaults(run=_status)


def _status(arguments: argparse.Namespace) -> int:
    # aionut is wanted for this command only
    from device_drivers.power_supply.driver import NutPowerSupply  # noqa: PLC0415

    async def ask() -> PowerSupplyStatus:
        try:
            supply = NutPowerSupply(arguments.port)
        except ValueError as error:
            raise BadArguments(str(error)) from error
        try:
            return await supply.status()
        finally:
            await supply.close()

    report = asyncio.run(ask())
    raise_if_away(DeviceKind.POWER_SUPPLY, report)
    write_line(
        {
            "status": report.device.value,
            "fault": report.fault.value if report.fault is not None else None,
            "detail": report.detail,
            **report.parts(),
            "charge_percent": report.charge_percent,
            "runtime_s": report.runtime_s,
        }
    )
    return RESULT
