"""A bench in a process of its own, and what is left of it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from device_drivers.bench.hand import Hand
from device_drivers.ports import Port

PROJECT = Path(__file__).parents[3]


@dataclass(frozen=True, slots=True)
class RunningBench:
    """One bench with its ports and a hand."""

    process: subprocess.Popen[str]
    port_file: Path
    ports: Mapping[str, str]
    environment: Mapping[str, str]
    settings: Mapping[str, Mapping[str, str]]
    hand: Hand

    def port(self, device: str) -> Port:
        """As a driver takes it."""
        return Port.parse(self.ports[device])

    def command_line(self, *arguments: str) -> Mapping[str, object]:
        """One JSON line of the technician's tool, run against this bench's pcscd."""
        done = subprocess.run(
            [sys.executable, "-m", "device_drivers", *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=PROJECT,
            env={**os.environ, **self.environment},
            timeout=60,
        )
        answer: Mapping[str, object] = json.loads(done.stdout)
        return answer


def command(*arguments: str) -> list[str]:
    """The command that starts a bench."""
    return [sys.executable, "-m", "device_drivers", "bench", *arguments]


@contextmanager
def running_bench(folder: Path) -> Iterator[RunningBench]:
    """A bench that is ready, and is ended however the test ends."""
    port_file = folder / "ports.json"
    with subprocess.Popen(
        command("--port-file", str(port_file), "--directory", str(folder / "bench")),
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            ready = json.loads(process.stdout.readline())
            assert ready == json.loads(port_file.read_text("utf-8"))
            yield RunningBench(
                process=process,
                port_file=port_file,
                ports=ready,
                environment=ready["environment"],
                settings=ready["settings"],
                hand=Hand.from_port_file(port_file),
            )
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def family(pid: int) -> set[int]:
    """The process and all it started, with what those started."""
    parents: dict[int, int] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text("utf-8").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        parents[int(status.parent.name)] = int(fields[1])
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def name_of(pid: int) -> str:
    """The program's name; empty for a process that is gone or a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return "" if stat.rpartition(")")[2].split()[0] == "Z" else stat.split("(")[1].split(")")[0]


def wait_until_gone(pids: set[int], within_s: float = 20) -> set[int]:
    """Those that are still alive when all should be gone."""
    deadline = time.monotonic() + within_s
    while (alive := {pid for pid in pids if name_of(pid)}) and time.monotonic() < deadline:
        time.sleep(0.05)
    return alive
