"""`cabinet status`, `cabinet light` and `cabinet watch`."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import TYPE_CHECKING

from device_drivers.cabinet.interface import CabinetStatus, LightMode, Slot
from device_drivers.command_line import (
    RESULT,
    BadArguments,
    baud_argument,
    port_argument,
    raise_if_away,
    say,
    write_line,
)
from device_drivers.status import DeviceKind

if TYPE_CHECKING:  # pymodbus is wanted for the commands only
    from device_drivers.cabinet.driver import ModbusCabinet
    from device_drivers.command_line import Subparsers


def add_commands(subparsers: "Subparsers") -> None:
    """Add `cabinet`."""
    cabinet = subparsers.add_parser("cabinet", help="door, fan, temperature, lights of a cabinet")
    commands = cabinet.add_subparsers(required=True, metavar="COMMAND")
    status = commands.add_parser("status", help="how it is now")
    light = commands.add_parser("light", help="set the light at one slot")
    watch = commands.add_parser("watch", help="every change, until Ctrl-C")
    for command, run in ((status, _status), (light, _light), (watch, _watch)):
        command.add_argument("--port", type=port_argument, required=True)
        command.add_argument("--board", default="default", help="a shipped sheet, or a TOML file")
        command.add_argument("--baud", type=baud_argument, default=9600)
        command.set_defaults(run=run)
    light.add_argument("slot", choices=[each.value for each in Slot])
    light.add_argument("mode", choices=[each.value for each in LightMode])


def _status(arguments: argparse.Namespace) -> int:
    async def ask(cabinet: "ModbusCabinet") -> None:
        status = await cabinet.status()
        raise_if_away(DeviceKind.CABINET, status)
        write_line(_as_json(status))

    return _with_cabinet(arguments, ask)


def _light(arguments: argparse.Namespace) -> int:
    async def set_light(cabinet: "ModbusCabinet") -> None:
        await cabinet.light(Slot(arguments.slot), LightMode(arguments.mode))
        write_line({"slot": arguments.slot, "mode": arguments.mode})

    return _with_cabinet(arguments, set_light)


def _watch(arguments: argparse.Namespace) -> int:
    async def watch(cabinet: "ModbusCabinet") -> None:
        await cabinet.connect()
        say("watching; Ctrl-C ends")
        async with aclosing(cabinet.watch()) as edges:
            async for status in edges:
                write_line(_as_json(status))

    return _with_cabinet(arguments, watch)


def _with_cabinet(
    arguments: argparse.Namespace, work: "Callable[[ModbusCabinet], Awaitable[None]]"
) -> int:
    from device_drivers.cabinet.driver import ModbusCabinet  # noqa: PLC0415

    async def run() -> None:
        try:
            cabinet = ModbusCabinet(arguments.port, board=arguments.board, baud=arguments.baud)
        except ValueError as error:
            raise BadArguments(str(error)) from error
        try:
            await work(cabinet)
        finally:
            await cabinet.close()

    asyncio.run(run())
    return RESULT


def _as_json(status: CabinetStatus) -> dict[str, object]:
    return {
        "status": status.device.value,
        "fault": status.fault.value if status.fault is not None else None,
        "detail": status.detail,
        **status.parts(),
        "temperature_c": status.temperature_c,
    }
