"""What the devices' own `commands.py` share: arguments, results as JSON lines, exit codes."""

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from device_drivers.errors import (
    DeviceFault,
    DeviceGarbled,
    DeviceMissing,
    DeviceSilent,
    FaultCode,
    ServiceDown,
)
from device_drivers.ports import Port
from device_drivers.status import DeviceKind, DeviceStatus, StatusReport

if TYPE_CHECKING:  # the class exists, but can only be parametrised by a type checker
    Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

Run: TypeAlias = Callable[[argparse.Namespace], int]
"""Does one command; the exit code. Set by `parser.set_defaults(run=…)`."""

RESULT = 0
"""There is a result; a refusal is one."""
FAULT = 1
"""A DeviceFault."""
BAD_ARGUMENTS = 2
"""The arguments make no sense; what `argparse` exits with."""


class BadArguments(Exception):
    """What was asked for makes no sense: exit code 2, the words on standard error."""


def port_argument(text: str) -> Port:
    """Turn `--port` into a Port; use it as `type=` of an argument."""
    try:
        return Port.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def seconds_argument(text: str) -> float:
    """Turn `--within-s` into seconds, 0 to one day; use it as `type=` of an argument."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= 86_400:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds from 0 to 86400")
    return seconds


def baud_argument(text: str) -> int:
    """Turn `--baud` into a speed above 0, which is what a tty can be asked for."""
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is no speed in baud")
    return int(text)


_AWAY: Mapping[FaultCode, type[DeviceFault]] = {
    each.code: each for each in (DeviceMissing, DeviceSilent, DeviceGarbled, ServiceDown)
}


def raise_if_away(device: DeviceKind, status: StatusReport) -> None:
    """A device that cannot be talked to has no status to print: raise its fault (D1xx)."""
    fault: type[DeviceFault] | None = None
    if status.fault is not None:
        fault = _AWAY.get(status.fault)
    elif status.device is DeviceStatus.UNKNOWN:
        fault = DeviceSilent
    if fault is not None:
        raise fault(device.value, status.detail or "no answer")


def write_line(result: Mapping[str, object]) -> None:
    """Write one JSON object as one line of standard output, at once."""
    sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def say(words: str) -> None:
    """Write words for the technician on standard error."""
    sys.stderr.write(words + "\n")
    sys.stderr.flush()
