"""A CUPS and an A4 printer of our own, for tests and the bench; needs root or user namespaces.

They live in private network and mount namespaces (`DESIGN.md` 9): nothing is announced on a real
network, the system's CUPS, D-Bus and Avahi are not touched, and all files are in one folder.
"""

import os
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from device_drivers.document_printer.emulator.room import (
    CUPS,
    EMPTY_SPOOL,
    GUEST,
    GUEST_QUEUE,
    PAGE_S,
    PAPERS,
    PRINTER,
    QUEUE,
    TRAY,
    TRAY_SHEETS,
    furnish,
)
from device_drivers.emulation.private_room import PROJECT, PrivateRoom

_PACKAGE = "device_drivers.document_printer.emulator"
END_LIMIT_S = 15.0
"""`namespace_process` gives each of four programs 3 s."""


class PrintingFailed(Exception):
    """The private printer did not start, or refused a request; the message says why."""


@dataclass(frozen=True, slots=True)
class PrintedPaper:
    """What one job left on top of the printer."""

    number: int
    pdf: bytes
    pages: tuple[bytes, ...]
    """Each page as PNG, 100 dpi."""


class PrivatePrinting:
    """CUPS, the printer behind it, and the hand. Calls from any thread.

    Each call returns when the thing is done and the printer says so.
    """

    port = f"cups:{QUEUE}"
    guest_port = f"cups:{GUEST_QUEUE}"
    """The queue of a printer from elsewhere, which listens at `guest_socket`."""

    def __init__(self, directory: Path | None = None) -> None:
        self._room = PrivateRoom(
            "the private printer",
            f"{_PACKAGE}.namespace_process",
            failure=PrintingFailed,
            end_limit_s=END_LIMIT_S,
            directory=directory,
        )

    @property
    def directory(self) -> Path:
        """What `/run` is inside; holds sockets, logs and papers while started."""
        return self._room.directory

    @property
    def settings(self) -> dict[str, str]:
        """What the driver must be told besides the port, to come here and to no other CUPS."""
        return {
            "server": str(self.directory / CUPS.name),
            "printer": str(self.directory / PRINTER.name),
        }

    @property
    def guest_socket(self) -> Path:
        """Where CUPS finds a guest."""
        return self.directory / GUEST.name

    def start(self) -> None:
        """Return when a job can be sent. Raises PrintingFailed."""
        path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
        self._room.start(_furnish, {"PATH": path, "HOME": "/run", "LANG": "C.UTF-8"})

    def close(self) -> None:
        """End everything started here. Safe to call twice."""
        self._room.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def printed(self) -> dict[int, int]:
        """How many pages each paper has, by its number, oldest first."""
        pages: dict[int, int] = {}
        for name in sorted(path.stem for path in self._papers.glob("[0-9]*.png")):
            number = int(name.partition("-")[0])
            pages[number] = pages.get(number, 0) + 1
        return pages

    def page(self, number: int, page: int) -> bytes:
        """One page as PNG. Raises OSError for one that was not printed."""
        return (self._papers / f"{number:04}-{page}.png").read_bytes()

    def papers(self) -> list[PrintedPaper]:
        """What was printed so far, oldest first."""
        return [
            PrintedPaper(
                number=number,
                pdf=(self._papers / f"{number:04}.pdf").read_bytes(),
                pages=tuple(self.page(number, page) for page in range(1, pages + 1)),
            )
            for number, pages in self.printed().items()
            if (self._papers / f"{number:04}.pdf").exists()
        ]

    @property
    def _papers(self) -> Path:
        return self.directory / PAPERS.name

    @property
    def sheets(self) -> int:
        """Sheets in the tray."""
        return int((self.directory / TRAY.name).read_text("ascii") or 0)

    def put_paper(self, sheets: int = TRAY_SHEETS) -> None:
        """Let so many sheets lie in the tray; below 25 the printer says low."""
        self._room.ask({"do": "tray", "sheets": sheets})

    def run_out_of_paper(self) -> None:
        """Take every sheet out of the tray."""
        self.put_paper(0)

    def set_toner(self, percent: int) -> None:
        """Put in a cartridge with so much left; below 10 the printer says low, at 0 empty."""
        self._room.ask({"do": "toner", "percent": percent})

    def jam(self, *, is_jammed: bool = True) -> None:
        """Crumple a sheet in the paper path, or pull it out."""
        self.set_fault("jam", is_there=is_jammed)

    def open_door(self, *, is_open: bool = True) -> None:
        """Open the front door, or close it."""
        self.set_fault("door", is_there=is_open)

    def set_fault(self, fault: str, *, is_there: bool = True) -> None:
        """Make or clear one of `FAULT_REASONS`; until then no sheet moves."""
        self._room.ask({"do": "fault", "fault": fault, "is_there": is_there})

    def take_per_page(self, page_s: float = PAGE_S) -> None:
        """How long each page takes from now on."""
        self._room.ask({"do": "page_time", "page_s": float(page_s)})

    def unplug(self) -> None:
        """Pull cable and current of the printer; what it was printing is lost."""
        self._room.ask({"do": "plug", "is_plugged": False})

    def plug(self) -> None:
        """Switch the printer on again."""
        self._room.ask({"do": "plug", "is_plugged": True})

    def hang_printer(self, *, is_hanging: bool = True) -> None:
        """Let the printer answer nobody and forget nothing, or go on."""
        self._room.ask({"do": "hang", "what": "printer", "is_hanging": is_hanging})

    def hang_service(self, *, is_hanging: bool = True) -> None:
        """Let CUPS take connections and answer none of them, or go on where it stood."""
        self._room.ask({"do": "hang", "what": "service", "is_hanging": is_hanging})

    def stop_service(self, *, is_killed: bool = False) -> None:
        """Stop CUPS, in order or not."""
        self._room.ask({"do": "service", "is_running": False, "is_killed": is_killed})

    def start_service(self, *, before: Sequence[str] = EMPTY_SPOOL) -> None:
        """Start CUPS again after that command, if it was stopped. Raises PrintingFailed.

        The command finds CUPS's spool where Debian has it.
        """
        self._room.ask({"do": "service", "is_running": True, "before": list(before)})


def _furnish(directory: Path) -> None:
    python = f"env PYTHONPATH={shlex.quote(str(PROJECT))} {shlex.quote(sys.executable)}"
    furnish(directory, paper_path_command=f"{python} -m {_PACKAGE}.paper_path")
