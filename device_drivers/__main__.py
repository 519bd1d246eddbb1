"""The technician's tool: `python -m device_drivers …`, one JSON object a line.

Every folder here that has a `commands.py` adds its own commands. Exit code 0: a result, and a
refusal is one; 1: a device fault, as JSON; 2: arguments that make no sense.
"""

import argparse
import importlib
import os
import pkgutil
import signal
import sys
from collections.abc import Sequence

import device_drivers
from device_drivers import readiness
from device_drivers.command_line import BAD_ARGUMENTS, FAULT, BadArguments, Run, say, write_line
from device_drivers.errors import DeviceFault


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; `argparse` exits with 2 by itself."""
    parser = argparse.ArgumentParser(prog="python -m device_drivers", description=__doc__)
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    readiness.add_commands(subparsers)
    for folder in pkgutil.iter_modules(device_drivers.__path__):
        if folder.ispkg:
            _add_commands_of(folder.name, subparsers)
    chosen = parser.parse_args(arguments)
    run: Run = chosen.run
    try:
        return run(chosen)
    except DeviceFault as fault:
        write_line({"fault": fault.code.value, "device": fault.device, "detail": fault.detail})
        return FAULT
    except BadArguments as error:
        say(" ".join(str(error).split()))  # one line, whatever a parser of files said in several
        return BAD_ARGUMENTS
    except ModuleNotFoundError as error:
        say(f"this command needs a package that is not installed: {error.name}")
        return BAD_ARGUMENTS
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # whoever read our lines has enough; keep the interpreter from complaining at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _add_commands_of(
    folder: str, subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]"
) -> None:
    """Have `<folder>/commands.py` add its commands, where there is one."""
    name = f"{device_drivers.__name__}.{folder}.commands"
    try:
        commands = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            say(f"no commands of {folder}: package {error.name} is not installed")
        return
    commands.add_commands(subparsers)


if __name__ == "__main__":
    # a shell starts what it puts in the background with SIGINT ignored; Ctrl-C and a
    # supervisor's SIGINT must end `listen` and `bench` all the same
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(main())
