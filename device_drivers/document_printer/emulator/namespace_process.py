"""Inside the private namespaces: runs the printer and CUPS, and does what the hand asks.

`private_printing.PrivatePrinting` starts it under `unshare` and speaks to it in lines of JSON on
standard input and output. It ends, with all it started, when standard input does.
"""

import asyncio
import contextlib
import fcntl
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path

from device_drivers.document_printer.emulator import printer_page
from device_drivers.document_printer.emulator.room import (
    AVAHI,
    BUS,
    CUPS,
    EMPTY_SPOOL,
    FAULT_REASONS,
    FAULTS,
    GUEST,
    GUEST_PORT,
    GUEST_QUEUE,
    GUEST_URI,
    IPP_PORT,
    LOG,
    PAGE_TIME,
    PRINTER,
    PRINTER_URI,
    QUEUE,
    ROOM,
    SPOOL,
    TONER,
    TRAY,
    TRAY_SHEETS,
    UNASKED_QUEUE,
    UNASKED_URI,
    USUAL_SPOOL,
)

START_LIMIT_S = 20.0
"""All four start in 1 s here; the rest is for a busy machine."""
STOP_LIMIT_S = 3.0
LOOK_S = 0.05
SIOCSIFFLAGS, IFF_UP = 0x8914, 0x1
"""netdevice(7)."""


def enter(directory: Path) -> None:
    """Furnish the namespaces: loopback up, `/run` our own, no service that avahi would announce."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))
    announced = Path("/etc/avahi/services")
    for source, target in (
        (directory / "no-services", announced),
        (directory / SPOOL.name, USUAL_SPOOL),
        (directory, ROOM),
    ):
        if target.exists():
            subprocess.run(["mount", "--bind", str(source), str(target)], check=True)


Opening = Coroutine[object, object, tuple[asyncio.StreamReader, asyncio.StreamWriter]]


class Program:
    """One daemon, as our child; the kernel kills it should we be killed."""

    def __init__(self, *command: str, is_ready: Callable[[], bool], wrap: tuple[str, ...] = ()):
        self._command = (*wrap, "setpriv", "--pdeathsig", "KILL", "--", *command)
        self._is_ready = is_ready
        self._process: asyncio.subprocess.Process | None = None

    def is_running(self) -> bool:
        """True between `start` and `stop`, unless it died of itself."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Return when it takes connections. Raises RuntimeError with the end of the log."""
        if self.is_running():
            return
        with LOG.open("ab") as log:
            # a session of its own, for what it starts must end with it
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            async with asyncio.timeout(START_LIMIT_S):
                # none of them tells anybody when it is ready
                while self.is_running() and not self._is_ready():  # noqa: ASYNC110
                    await asyncio.sleep(LOOK_S)
        except TimeoutError:
            await self.stop()
        if not self.is_running():
            words = LOG.read_text("utf-8", "replace")[-500:]
            raise RuntimeError(f"{self._command} did not start: {words}")

    def hang(self, *, is_hanging: bool) -> None:
        """Let it and what it started stand still, keeping all they know, or go on."""
        if self._process is not None and self._process.returncode is None:
            os.killpg(self._process.pid, signal.SIGSTOP if is_hanging else signal.SIGCONT)

    async def stop(self, *, how: signal.Signals = signal.SIGTERM) -> None:
        """End it with what it started, and wait for its end."""
        self.hang(is_hanging=False)  # what stands still hears nothing but SIGKILL
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        try:
            await asyncio.wait_for(process.wait(), STOP_LIMIT_S)
        except TimeoutError:
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


class Printer:
    """`ippeveprinter` and what a hand can do to it."""

    def __init__(self) -> None:
        self._program = Program(
            "ippeveprinter",
            *("-f", "application/pdf", "-c", str(ROOM / "paper-path"), "-d", str(ROOM / "queue")),
            *("-K", str(ROOM / "keys"), "-M", "Yichuang", "-m", "Emulated", "-r", "off"),
            *("-n", "localhost", "-p", str(IPP_PORT), "Emulated A4 printer"),
            is_ready=_is_printer_listening,
        )
        self._cable: asyncio.Server | None = None

    async def plug(self) -> None:
        """Switch it on with what lies in its tray, and let it be reached from outside."""
        if self._cable is not None:
            return
        (ROOM / "queue").mkdir(exist_ok=True)
        await self._program.start()
        await asyncio.to_thread(printer_page.set_toner, int(TONER.read_text("ascii")))
        await self.show_sensors()
        self._cable = await asyncio.start_unix_server(_to_printer, str(PRINTER))

    async def unplug(self) -> None:
        """Cut cable and current: what it was printing is lost with its memory."""
        cable, self._cable = self._cable, None
        if cable is not None:
            cable.close()
            PRINTER.unlink(missing_ok=True)
        await self._program.stop(how=signal.SIGKILL)
        shutil.rmtree(ROOM / "queue", ignore_errors=True)

    def hang(self, *, is_hanging: bool) -> None:
        """Answer nobody and move nothing, as a firmware that is stuck; or go on."""
        self._program.hang(is_hanging=is_hanging)

    async def set_tray(self, sheets: int) -> None:
        """So many sheets lie in the tray now."""
        TRAY.write_text(str(sheets), "ascii")
        if self._program.is_running():
            await asyncio.to_thread(printer_page.set_paper, sheets)

    async def set_toner(self, percent: int) -> None:
        """So much toner is left."""
        TONER.write_text(str(percent), "ascii")
        if self._program.is_running():
            await asyncio.to_thread(printer_page.set_toner, percent)

    async def set_fault(self, fault: str, *, is_there: bool) -> None:
        """Make or clear one of `FAULT_REASONS`; returns when the printer says so."""
        if fault not in FAULT_REASONS:
            raise ValueError("no such fault")
        if is_there:
            (FAULTS / fault).touch()
        else:
            (FAULTS / fault).unlink(missing_ok=True)
        if self._program.is_running():
            await self.show_sensors()

    async def show_sensors(self) -> None:
        """Have it notice tray and faults: a job under way looks by itself, else the hand's does.

        A job, the hand's too, waits for paper: with an empty tray the printer's page says
        otherwise for a moment. The paper path believes `TRAY` alone. Raises TimeoutError.
        """
        sheets = int(TRAY.read_text("ascii"))
        await asyncio.to_thread(printer_page.set_paper, sheets or TRAY_SHEETS)
        job_uri = await asyncio.to_thread(printer_page.let_hand_print)
        async with asyncio.timeout(START_LIMIT_S):
            # the printer has no news to subscribe to
            while await asyncio.to_thread(_are_sensors_behind):  # noqa: ASYNC110
                await asyncio.sleep(LOOK_S)
            while job_uri and not await asyncio.to_thread(printer_page.is_over, job_uri):  # noqa: ASYNC110
                await asyncio.sleep(LOOK_S)
        await asyncio.to_thread(printer_page.set_paper, int(TRAY.read_text("ascii")))


def _are_sensors_behind() -> bool:
    said = printer_page.reasons() & set(FAULT_REASONS.values())
    return said != {FAULT_REASONS[each.name] for each in FAULTS.iterdir()}


def _is_printer_listening() -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", IPP_PORT)) == 0


async def _to_printer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One connection from outside the private network to the printer in it."""
    await _relay(reader, writer, asyncio.open_connection("127.0.0.1", IPP_PORT))


async def _to_guest(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One connection from CUPS to a printer outside, which a socket in our folder leads to."""
    await _relay(reader, writer, asyncio.open_unix_connection(str(GUEST)))


async def _relay(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, opening: Opening
) -> None:
    try:
        from_there, to_there = await opening
    except OSError:
        writer.close()
        return
    await asyncio.gather(_pour(reader, to_there), _pour(from_there, writer))


async def _pour(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
    target.close()


class PrintService:
    """cupsd and its queues."""

    def __init__(self) -> None:
        self._program = Program(
            "cupsd",
            *("-f", "-c", str(ROOM / "cupsd.conf"), "-s", str(ROOM / "cups-files.conf")),
            is_ready=lambda: _is_listening(CUPS),
            # as root it would insist on running its filters as `lp`, who owns nothing here
            wrap=("unshare", "--user", "--map-user=1000", "--map-group=1000", "--"),
        )

    async def start(self, before: Sequence[str] = EMPTY_SPOOL) -> None:
        """Start it after a command of whoever keeps it; nothing happens to one that runs.

        Raises RuntimeError.
        """
        if self._program.is_running():
            self.hang(is_hanging=False)
            return
        if before:
            await asyncio.to_thread(subprocess.run, before, check=True)
        CUPS.unlink(missing_ok=True)
        await self._program.start()

    async def make_queues(self) -> None:
        """One driverless: CUPS asks the printer what it can, as on a kiosk; one that asks nobody.

        And one for a guest, who need not be there yet. Raises RuntimeError.
        """
        await self._make_queue(QUEUE, PRINTER_URI, "-m", "everywhere")
        await self._make_queue(UNASKED_QUEUE, UNASKED_URI)
        await self._make_queue(GUEST_QUEUE, GUEST_URI)
        # cupsd writes its queues down when it ends, else 30 s later: one killed before has none
        await self.stop()
        await self.start()

    async def _make_queue(self, name: str, uri: str, *model: str) -> None:
        made = await asyncio.create_subprocess_exec(
            *("lpadmin", "-h", str(CUPS), "-p", name, "-E", "-v", uri, *model),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        words, _ = await made.communicate()
        if made.returncode != 0:
            raise RuntimeError(f"lpadmin: {words.decode()}")

    def hang(self, *, is_hanging: bool) -> None:
        """Take connections and answer none of them, or go on."""
        self._program.hang(is_hanging=is_hanging)

    async def stop(self, *, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop it."""
        await self._program.stop(how=how)


def _is_listening(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


async def obey(request: Mapping[str, object], printer: Printer, service: PrintService) -> None:
    """Do what one line asks. Raises what kept it from being done."""
    match request:
        case {"do": "tray", "sheets": int() as sheets}:
            await printer.set_tray(sheets)
        case {"do": "toner", "percent": int() as percent}:
            await printer.set_toner(percent)
        case {"do": "fault", "fault": str() as fault, "is_there": bool() as is_there}:
            await printer.set_fault(fault, is_there=is_there)
        case {"do": "page_time", "page_s": float() as page_s}:
            PAGE_TIME.write_text(str(page_s), "ascii")
        case {"do": "plug", "is_plugged": True}:
            await printer.plug()
        case {"do": "plug", "is_plugged": False}:
            await printer.unplug()
        case {"do": "hang", "what": "printer", "is_hanging": bool() as is_hanging}:
            printer.hang(is_hanging=is_hanging)
        case {"do": "hang", "what": "service", "is_hanging": bool() as is_hanging}:
            service.hang(is_hanging=is_hanging)
        case {"do": "service", "is_running": True, "before": list() as before}:
            await service.start([str(word) for word in before])
        case {"do": "service", "is_running": False, "is_killed": bool() as is_killed}:
            await service.stop(how=signal.SIGKILL if is_killed else signal.SIGTERM)
        case _:
            raise ValueError("no such request")


async def serve() -> None:
    """Start everything, answer requests until standard input ends, stop everything."""
    loop = asyncio.get_running_loop()
    requests = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(requests), sys.stdin)
    bus = Program(
        *("dbus-daemon", f"--config-file={ROOM}/dbus.conf", "--nofork", "--nopidfile"),
        is_ready=lambda: _is_listening(BUS),  # there before it takes anybody
    )
    avahi = Program(
        *("avahi-daemon", "-f", str(ROOM / "avahi.conf"), "--no-drop-root"),
        *("--no-chroot", "--no-rlimits"),
        is_ready=lambda: _is_listening(AVAHI),
    )
    printer, service = Printer(), PrintService()
    for left in (BUS, AVAHI, PRINTER):
        left.unlink(missing_ok=True)
    guests = await asyncio.start_server(_to_guest, "127.0.0.1", GUEST_PORT)
    try:
        await bus.start()
        await avahi.start()
        await asyncio.gather(printer.plug(), service.start())
        await service.make_queues()
        _reply({"ok": True})
        while line := await requests.readline():
            try:
                await obey(json.loads(line), printer, service)
            except (ValueError, RuntimeError, OSError, subprocess.SubprocessError) as error:
                _reply({"ok": False, "error": f"{type(error).__name__}: {error}"})
            else:
                _reply({"ok": True})
    finally:
        guests.close()
        await service.stop()
        await printer.unplug()
        await avahi.stop()
        await bus.stop()


def _reply(reply: Mapping[str, object]) -> None:
    os.write(sys.stdout.fileno(), json.dumps(reply).encode() + b"\n")


def main() -> int:
    """Entry: the directory that becomes `/run` is the only argument."""
    try:
        enter(Path(sys.argv[1]))
        asyncio.run(serve())
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        with contextlib.suppress(BrokenPipeError):
            _reply({"ok": False, "error": str(error)})
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
