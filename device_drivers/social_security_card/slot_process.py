"""Inside the private namespaces: runs pcscd and holds emulated cards in its virtual slot.

`private_pcscd.PrivatePcscd` starts it under `unshare` and speaks to it in lines of JSON on standard
input and output. It ends, with pcscd, when standard input does, so it never outlives its parent.
"""

import asyncio
import contextlib
import fcntl
import json
import os
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from smartcard import scard

from device_drivers.emulation.wire_fault import Disturber, WireFault
from device_drivers.social_security_card.emulator import (
    VPCD_PORT,
    CardFields,
    CardPulled,
    ForeignCardEmulator,
    MuteCardEmulator,
    PulledAfter,
    SocialSecurityCardEmulator,
    VirtualCard,
    hold_in_slot,
)
from device_drivers.social_security_card.private_pcscd import READER_NAME

DRIVERS = Path("/usr/lib/pcsc/drivers")
"""Debian's place for reader drivers; the virtual reader lies in `serial` below it."""
SOCKET = Path("/run/pcscd/pcscd.comm")
NOTICE_LIMIT_S = 5.0
"""pcscd looks at the slot every 0.4 s (`DEVICES.md` 3.1); the rest is for a busy machine."""
START_LIMIT_S = 10.0
"""pcscd starts in 0.2 s here; the rest is for a busy machine."""
STOP_LIMIT_S = 3.0
RETRY_S = 0.1

SIOCSIFFLAGS, IFF_UP = 0x8914, 0x1
"""netdevice(7)."""


def enter(directory: Path) -> None:
    """Furnish the namespaces: loopback up, `/run` our own, no driver but the virtual reader's.

    So vpcd's open TCP port is seen by nobody else, and real readers stay with the real pcscd.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))
    for source, target in ((DRIVERS / "serial", DRIVERS), (directory, Path("/run"))):
        subprocess.run(["mount", "--bind", str(source), str(target)], check=True)


class Pcscd:
    """The daemon, as our child; the kernel kills it should we be killed."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._log = directory / "pcscd.log"
        self._process: asyncio.subprocess.Process | None = None
        self._is_reader_plugged = True

    def is_running(self) -> bool:
        """True between `start` and `stop`, unless it died of itself."""
        return self._process is not None and self._process.returncode is None

    def has_reader(self) -> bool:
        """True while it runs and the reader's cable is in."""
        return self.is_running() and self._is_reader_plugged

    async def plug(self, *, is_plugged: bool) -> None:
        """Put the reader's cable in or pull it: pcscd learns of a reader without USB at start."""
        self._is_reader_plugged = is_plugged
        if self.is_running():
            await self.stop()
            await self.start()

    async def start(self) -> None:
        """Return when it takes connections. Raises RuntimeError with the end of its log."""
        if self.is_running():
            if await _answers(SOCKET):
                return
            await self.stop()  # killed a moment ago, and not yet known to be
        configuration = "reader.conf" if self._is_reader_plugged else "no-reader.conf"
        _sweep()
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *("setpriv", "--pdeathsig", "KILL"),
                *("pcscd", "--foreground", "--config", str(self._directory / configuration)),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            async with asyncio.timeout(START_LIMIT_S):
                # pcscd tells nobody when it is ready
                while self.is_running() and not await _answers(SOCKET):  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
        except TimeoutError:
            await self.stop()
        if not self.is_running():
            raise RuntimeError("pcscd did not start: " + self._log.read_text("utf-8")[-500:])

    async def stop(self) -> None:
        """End it and wait for its end."""
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), STOP_LIMIT_S)
        except TimeoutError:
            process.kill()
            await process.wait()


def _sweep() -> None:
    """A killed pcscd leaves its socket behind, and clients would wait on it."""
    SOCKET.unlink(missing_ok=True)


async def _until_noticed(*, is_present: bool) -> None:
    """Wait until pcscd itself says so: who inserts a card here may read it at once.

    Raises TimeoutError.
    """
    async with asyncio.timeout(NOTICE_LIMIT_S):
        # pcscd's own way to wait for a change is a second thread that can't be cancelled
        while await asyncio.to_thread(_is_card_noticed) is not is_present:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def _is_card_noticed() -> bool:
    result, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
    if result != scard.SCARD_S_SUCCESS:
        return False
    try:
        result, answers = scard.SCardGetStatusChange(
            context, 0, [(READER_NAME, scard.SCARD_STATE_UNAWARE)]
        )
        flags = int(answers[0][1]) if result == scard.SCARD_S_SUCCESS else 0
        return bool(flags & scard.SCARD_STATE_PRESENT)
    finally:
        scard.SCardReleaseContext(context)


async def _answers(path: Path) -> bool:
    try:
        _, writer = await asyncio.open_unix_connection(str(path))
    except OSError:
        return False
    writer.close()
    return True


class Slot:
    """Slot 0 of the virtual reader and the card in it, if any."""

    def __init__(self) -> None:
        self._holding: asyncio.Task[None] | None = None
        self._disturber = Disturber()

    async def insert(self, card: VirtualCard, think_s: float) -> None:
        """Put a card in; returns when the reader has it. Raises RuntimeError when one is in."""
        if self._holding is not None and not self._holding.done():
            raise RuntimeError("there is a card in the slot")
        held = asyncio.Event()
        self._holding = asyncio.create_task(self._hold(card, think_s, held))
        try:
            await asyncio.wait_for(held.wait(), START_LIMIT_S)
        except TimeoutError:
            await self.remove()
            raise RuntimeError("the virtual reader does not take the card") from None

    def disturb(self, fault: WireFault) -> None:
        """Let this be wrong with the contacts of whatever card is in from now on."""
        self._disturber.set(fault)

    async def remove(self) -> None:
        """Take the card out; nothing happens when there is none."""
        holding, self._holding = self._holding, None
        if holding is not None:
            holding.cancel()
            await asyncio.wait([holding])

    async def _hold(self, card: VirtualCard, think_s: float, held: asyncio.Event) -> None:
        """The card stays in the slot while pcscd goes and comes back, as a real one does."""
        with contextlib.suppress(CardPulled):
            while True:
                try:
                    reader, writer = await asyncio.open_connection("127.0.0.1", VPCD_PORT)
                except OSError:
                    await asyncio.sleep(RETRY_S)
                    continue
                held.set()
                await hold_in_slot(card, reader, writer, think_s=think_s, disturber=self._disturber)


def make_card(request: Mapping[str, object]) -> VirtualCard:
    """The card a request describes. Raises TypeError or ValueError for what no card can be."""
    card: VirtualCard
    match request:
        case {"kind": "social_security", "fields": dict() as fields}:
            card = SocialSecurityCardEmulator(CardFields.from_mapping(fields))
        case {"kind": "foreign"}:
            card = ForeignCardEmulator()
        case {"kind": "mute"}:
            card = MuteCardEmulator()
        case _:
            raise ValueError("no such kind of card")
    match request.get("pulled_after"):
        case None:
            return card
        case int() as commands:
            return PulledAfter(card, commands)
        case _:
            raise ValueError("pulled_after is a number of commands")


async def obey(request: Mapping[str, object], pcscd: Pcscd, slot: Slot) -> None:
    """Do what one line asks. Raises what kept it from being done."""
    match request:
        case {"do": "insert", "card": dict() as card}:
            if not pcscd.has_reader():
                raise RuntimeError("the reader is unplugged or pcscd stopped")
            await slot.insert(make_card(card), float(card.get("think_s", 0.0)))
            await _until_noticed(is_present=True)
        case {"do": "disturb", "fault": str() as fault}:
            slot.disturb(WireFault(fault))
        case {"do": "remove"}:
            await slot.remove()
            if pcscd.has_reader():
                await _until_noticed(is_present=False)
        case {"do": "plug", "is_plugged": bool() as is_plugged}:
            await pcscd.plug(is_plugged=is_plugged)
        case {"do": "stop_service"}:
            await pcscd.stop()
        case {"do": "start_service"}:
            await pcscd.start()
        case _:
            raise ValueError("no such request")


async def serve(directory: Path) -> None:
    """Answer requests until standard input ends, then stop everything."""
    pcscd = Pcscd(directory)
    slot = Slot()
    loop = asyncio.get_running_loop()
    requests = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(requests), sys.stdin)
    try:
        await pcscd.start()
        _reply({"ok": True})
        while line := await requests.readline():
            try:
                await obey(json.loads(line), pcscd, slot)
            except (ValueError, TypeError, RuntimeError, OSError) as error:
                _reply({"ok": False, "error": f"{type(error).__name__}: {error}"})
            else:
                _reply({"ok": True})
    finally:
        await slot.remove()
        await pcscd.stop()


def _reply(reply: Mapping[str, object]) -> None:
    os.write(sys.stdout.fileno(), json.dumps(reply).encode() + b"\n")


def main() -> int:
    """Entry: the directory that becomes `/run` is the only argument."""
    directory = Path(sys.argv[1])
    try:
        enter(directory)
        # seen from here the directory is both where it was and /run
        asyncio.run(serve(directory))
    except (OSError, RuntimeError, subprocess.CalledProcessError) as error:
        with contextlib.suppress(BrokenPipeError):
            _reply({"ok": False, "error": str(error)})
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
