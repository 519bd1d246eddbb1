"""Runs tests against one broken constant, each time in a fork of a process that is warm already.

What takes long is to start Python and to import pytest and the packages of others. The drivers are
imported anew in each fork, with the mutant's source in place of the file's: nothing is copied and
no file changes. A process that a test starts by itself sees the whole source, so it is the test's
own driver that is broken, never an emulator in a process of its own.
"""

import importlib
import json
import os
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType, TracebackType
from typing import IO, NamedTuple, Self

from tests.mutations.mutants import Mutant, Unbroken

ROOT = Path(__file__).parents[2]
WARM = (
    *("pytest", "_pytest.doctest", "pytest_asyncio.plugin", "pytest_timeout", "hypothesis"),
    *("numpy", "PIL.Image", "PIL.ImageFont", "cv2", "zxingcpp", "segno", "serial", "yaml"),
    *("pymodbus.client", "pymodbus.framer", "pymodbus.pdu", "pymodbus.server", "aionut"),
)
"""What the tests of the drivers import of others."""
BROKEN_OFF = 70
"""sysexits.h, EX_SOFTWARE: the run itself could not be held."""
OPTIONS = (
    *("-q", "-x", "-p", "no:xdist", "-p", "no:randomly", "-o", "filterwarnings=default"),
    # a wait of 30 s for what a broken driver never sees is the longest there is
    *("-o", "timeout=60"),
)


class Outcome(NamedTuple):
    """How one run of pytest ended."""

    code: int
    """As pytest has it: 0 when every test passed, 1 when one failed."""
    output: str


class Forking:
    """A warm process. Use it as a context manager; one question at a time."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.mutations.forking"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "NIGHTLY": "0"},
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.communicate()

    def tried(self, tests: Sequence[str], *sources: Mutant | Unbroken) -> Outcome:
        """Those tests until the first that fails, with those sources in place of the files'.

        That a module was not taken from the source meant for it is `BROKEN_OFF`.
        """
        others = [
            {"path": str(each.path), "source": each.applied_to(each.path.read_text("utf-8"))}
            for each in sources
        ]
        with tempfile.NamedTemporaryFile("r", suffix=".txt", errors="replace") as output:
            question = {"tests": tests, "others": others, "output": output.name}
            stdin, stdout = self._process.stdin, self._process.stdout
            assert stdin is not None
            assert stdout is not None
            stdin.write(json.dumps(question) + "\n")
            stdin.flush()
            return Outcome(int(stdout.readline()), output.read())


class OtherSource(SourceFileLoader):
    """Reads a module from elsewhere than its file, never from a `.pyc`, and writes none."""

    def __init__(self, name: str, path: str, source: str) -> None:
        super().__init__(name, path)
        self._source = source
        self.was_read = False

    def get_code(self, fullname: str) -> CodeType:
        """The source, compiled."""
        self.was_read = True
        return compile(self._source, self.path, "exec")


class OtherModule(MetaPathFinder):
    """Finds one module of the drivers with another source, broken or not."""

    def __init__(self, path: str, source: str) -> None:
        self._name = ".".join(Path(path).relative_to(ROOT).with_suffix("").parts)
        self._loader = OtherSource(self._name, path, source)

    @property
    def was_read(self) -> bool:
        """Whether anybody imported it."""
        return self._loader.was_read

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """This one's, and no other module's."""
        if name != self._name:
            return None
        return spec_from_file_location(name, self._loader.path, loader=self._loader)


def serve(questions: IO[str], answers: IO[str]) -> None:
    """Answer each line with the exit code of its run."""
    for name in WARM:
        importlib.import_module(name)
    for line in questions:
        child = os.fork()
        if child == 0:
            os._exit(tried_here(line))
        answers.write(f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\n")
        answers.flush()


def tried_here(line: str) -> int:
    """In the fork: the exit code of a run, or `BROKEN_OFF`, which is never pytest's."""
    try:
        return run_here(**json.loads(line))
    except BaseException:  # noqa: BLE001 - else the fork would end as a test that failed does
        traceback.print_exc()
        return BROKEN_OFF


def run_here(tests: Sequence[str], others: Sequence[dict[str, str]], output: str) -> int:
    """In the fork: pytest's exit code. Raises RuntimeError where a source was never used."""
    import pytest  # noqa: PLC0415 - warm by now; the process that asks has no need of it

    file = os.open(output, os.O_WRONLY)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(file, 1)
    os.dup2(file, 2)
    modules = [OtherModule(**each) for each in others]
    sys.meta_path[:0] = modules
    code = int(pytest.main([*OPTIONS, *tests]))
    unread = [
        each["path"] for each, module in zip(others, modules, strict=True) if not module.was_read
    ]
    if unread:
        raise RuntimeError(f"these tests never import {unread}")
    return code


if __name__ == "__main__":
    serve(sys.stdin, sys.stdout)
