"""`bench`: all emulators, until Ctrl-C; `hand`: one thing done at a running bench."""

import argparse
import asyncio
import fcntl
import json
import os
import signal
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from device_drivers.command_line import RESULT, BadArguments, say, write_line
from device_drivers.errors import ServiceDown

if TYPE_CHECKING:
    from device_drivers.bench.desk import Desk
    from device_drivers.bench.fault_script import FaultScript
    from device_drivers.command_line import Subparsers

SOCKET_PATH_BYTES = 107
"""unix(7): sun_path holds 108 bytes, the last one NUL."""


def add_commands(subparsers: "Subparsers") -> None:
    """Add `bench` and `hand`."""
    bench = subparsers.add_parser("bench", help="all emulators, with a page to handle them")
    bench.add_argument("--port-file", type=Path, metavar="FILE", help="write the ports here")
    bench.add_argument("--http-port", type=int, default=0, metavar="N", help="0: a free one")
    bench.add_argument("--directory", type=Path, metavar="DIR", help="for links and pictures")
    bench.add_argument("--faults", type=Path, metavar="FILE", help="YAML: what goes wrong, when")
    bench.set_defaults(run=_run)
    hand = subparsers.add_parser("hand", help="do one thing at a device of a running bench")
    hand.add_argument("--port-file", type=Path, required=True, metavar="FILE")
    hand.add_argument("device", help="such as receipt_printer")
    hand.add_argument("action", help="such as out_of_paper; an unknown one lists those there are")
    hand.add_argument("details", nargs="*", metavar="NAME=VALUE", help="such as fault=noisy")
    hand.set_defaults(run=_hand)


def _run(arguments: argparse.Namespace) -> int:
    if not 0 <= arguments.http_port <= 65535:
        raise BadArguments(f"--http-port {arguments.http_port} is no TCP port")
    _make_room(arguments.port_file)
    with _directory(arguments.directory) as directory:
        try:
            asyncio.run(_serve(directory, arguments))
        finally:
            if arguments.port_file is not None:  # nobody shall try ports that are gone
                arguments.port_file.unlink(missing_ok=True)
    return RESULT


def _make_room(port_file: Path | None) -> None:
    """See before a device starts that the file can be written. Raises BadArguments."""
    if port_file is None:
        return
    try:
        port_file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadArguments(f"--port-file {port_file}: {error.strerror}") from error
    if port_file.is_dir():
        raise BadArguments(f"--port-file {port_file}: Is a directory")


@contextmanager
def _directory(given: Path | None) -> Iterator[Path]:
    """The folder for this run, for us alone. Raises BadArguments."""
    with ExitStack() as stack:
        if given is None:
            made = stack.enter_context(tempfile.TemporaryDirectory(prefix="yichuang-bench-"))
            directory = Path(made)
        else:
            directory = given.resolve()
            try:
                directory.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                why = f"--directory {given}: no folder can be made there: {error.strerror}"
                raise BadArguments(why) from error
        if len(os.fsencode(directory / "pcscd" / "pcscd" / "pcscd.comm")) > SOCKET_PATH_BYTES:
            raise BadArguments(f"{directory}: too long a path for a socket below it")
        lock = stack.enter_context((directory / "bench.lock").open("w"))
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BadArguments(f"{directory}: another bench uses it") from None
        yield directory


def _hand(arguments: argparse.Namespace) -> int:
    from device_drivers.bench.hand import Hand, HandRefused  # noqa: PLC0415

    pairs = [detail.partition("=") for detail in arguments.details]
    if not all(equals for _, equals, _ in pairs):
        raise BadArguments("details, where there are any, are NAME=VALUE")
    try:
        hand = Hand.from_port_file(arguments.port_file)
        state = hand.act(
            arguments.device, arguments.action, **{name: value for name, _, value in pairs}
        )
    except HandRefused as refusal:
        raise BadArguments(str(refusal)) from refusal
    except (OSError, KeyError, ValueError) as error:
        why = error.strerror or error if isinstance(error, OSError) else "it is no port file"
        raise BadArguments(f"no bench behind {arguments.port_file}: {why}") from error
    write_line(state)
    return RESULT


def _script(path: Path | None, desk: "Desk") -> "FaultScript | None":
    from device_drivers.bench.fault_script import FaultScript  # noqa: PLC0415

    if path is None:
        return None
    try:
        return FaultScript.load(path, desk.actions())
    except OSError as error:
        raise BadArguments(f"--faults: {path}: {error.strerror}") from error
    except ValueError as error:
        raise BadArguments(f"--faults: {error}") from error


async def _serve(directory: Path, arguments: argparse.Namespace) -> None:
    # Late, so that other commands do without Pillow, OpenCV and segno.
    from device_drivers.bench.catalogue import Catalogue  # noqa: PLC0415
    from device_drivers.bench.desk import Desk  # noqa: PLC0415
    from device_drivers.bench.web import BenchServer  # noqa: PLC0415
    from device_drivers.document_printer.emulator import PrintingFailed  # noqa: PLC0415
    from device_drivers.power_supply.emulator import PowerSupplyFailed  # noqa: PLC0415
    from device_drivers.social_security_card.private_pcscd import PcscdFailed  # noqa: PLC0415

    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stopped.set)
    try:
        desk = Desk(directory, Catalogue.load())
        script = _script(arguments.faults, desk)
        async with desk:
            try:
                server = BenchServer(desk, loop, arguments.http_port)
            except OSError as error:
                raise BadArguments(
                    f"--http-port {arguments.http_port}: {error.strerror}"
                ) from error
            server.start()
            try:
                ready = {**desk.ports(), "page": server.page}
                _announce(ready, arguments.port_file)
                async with asyncio.TaskGroup() as group:
                    if script is not None:
                        blows = group.create_task(script.run(desk.act, write_line))
                    await stopped.wait()
                    if script is not None:
                        blows.cancel()
            finally:
                await asyncio.to_thread(server.close)
    except PcscdFailed as error:
        raise ServiceDown("social_security_card", str(error)) from error
    except PowerSupplyFailed as error:
        raise ServiceDown("power_supply", str(error)) from error
    except PrintingFailed as error:
        raise ServiceDown("document_printer", str(error)) from error


def _announce(ready: Mapping[str, object], port_file: Path | None) -> None:
    """Say that all is ready; the file appears whole or not at all."""
    if port_file is not None:
        half = port_file.with_name(f".{port_file.name}.half")
        half.write_text(json.dumps(ready, indent=1) + "\n", "utf-8")
        half.replace(port_file)
    write_line(ready)
    say(f"the bench is at {ready['page']}; Ctrl-C ends it")
