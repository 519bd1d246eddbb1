"""mosquitto as a supervised child: started with us, restarted when it dies, gone when we go."""

import asyncio
import logging
import os
import shutil
import signal
import socket
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from fleet_server.broker.configuration import SERVER_USER, BrokerFiles, write_configuration
from fleet_server.broker.polling import take_turn
from fleet_server.pki import write_private
from fleet_server.settings import Settings
from kiosk.contract.topics import SERVER_STATE

_log = logging.getLogger(__name__)

_READY_WITHIN_S: Final = 10.0
"""Start to listening measured 0.05 s; a loaded machine may need a hundred times that."""
_FIRST_PAUSE_S: Final = 0.2
_LONGEST_PAUSE_S: Final = 5.0
_HEALTHY_AFTER_S: Final = 60.0
"""A child that lived so long starts again with the shortest pause."""
_STOP_WITHIN_S: Final = 2.0
_KICK_WITHIN_S: Final = 3.0
_EXPECTED: Final = (
    # every kiosk reads it: the pattern names none on purpose, and `topic` lines outside a user's
    # section are for anonymous clients only
    f"ACL pattern '{SERVER_STATE}' does not contain '%c' or '%u'.",
    # it runs as whoever runs the server, whose files it must read: `DECISIONS.md` 19
    "Mosquitto should not be run as root/administrator.",
)
"""What it warns of at each start, looked into and meant to be so."""


class BrokerFailed(Exception):
    """mosquitto cannot be started; the message ends with what it said."""


class Mosquitto:
    """One broker in `<folder>/broker`."""

    def __init__(self, settings: Settings, *, password: str) -> None:
        self._settings = settings
        self._password = password
        self._files = BrokerFiles(settings.folder / "broker")
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._said: deque[str] = deque(maxlen=20)

    @property
    def pid(self) -> int | None:
        """Of the child now running."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    @asynccontextmanager
    async def running(self, *, revoked: bytes) -> AsyncIterator[None]:
        """Run it for the length of the block. Raises BrokerFailed when it does not come up."""
        self._files = write_configuration(self._settings, password=self._password, revoked=revoked)
        await self._start()
        supervisor = asyncio.create_task(self._supervise())
        try:
            yield
        finally:
            supervisor.cancel()
            with suppress(asyncio.CancelledError):
                await supervisor
            await self._stop()

    def revoke(self, revoked: bytes, kiosk_ids: tuple[str, ...]) -> None:
        """Refuse the certificates of the new list from now on, and cut those kiosks' connections.

        Blocks up to 3 s per kiosk that is connected.
        """
        write_private(self._files.revoked, revoked)
        if (pid := self.pid) is None:
            return  # it reads the list when it starts again
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGHUP)
        for kiosk_id in kiosk_ids:
            self._kick(kiosk_id)

    def _kick(self, kiosk_id: str) -> None:
        # mosquitto has no such command without plugins; but a second connection of the same
        # client id takes the session over, and the first is cut (MQTT 3.1.4-2)
        def connected(client: mqtt.Client, *_rest: Any) -> None:
            client.disconnect()

        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=kiosk_id)
        client.suppress_exceptions = True
        client.username_pw_set(SERVER_USER, self._password)
        client.on_connect = connected
        try:
            client.connect("127.0.0.1", self._settings.broker.server_port)
            until = time.monotonic() + _KICK_WITHIN_S
            while client.socket() is not None and (left_s := until - time.monotonic()) > 0:
                take_turn(client, within_s=left_s)
        except OSError as error:
            _log.warning("kiosk %s not cut: broker does not answer: %s", kiosk_id, error)

    async def _start(self) -> None:
        executable = find_executable(self._settings.broker.executable)
        setpriv = find_executable("setpriv")
        # --pdeathsig: when we are killed, the kernel stops the broker; no orphan keeps the ports
        self._process = await asyncio.create_subprocess_exec(
            setpriv,
            "--pdeathsig",
            "TERM",
            executable,
            "-c",
            str(self._files.configuration),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        self._reader = asyncio.create_task(self._read(self._process))
        try:
            async with asyncio.timeout(_READY_WITHIN_S):
                while not _listening(self._settings.broker.server_port):
                    if self._process.returncode is not None:
                        await self._reader
                        raise BrokerFailed(f"mosquitto ended at once: {self._last_words()}")
                    await asyncio.sleep(0.02)
        except TimeoutError as error:
            await self._stop()
            raise BrokerFailed(f"mosquitto does not listen: {self._last_words()}") from error
        await asyncio.sleep(0.05)  # one whose port is taken by another ends within this
        if self._process.returncode is not None:
            raise BrokerFailed(f"mosquitto ended at once: {self._last_words()}")

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        if process.stderr is None:
            return
        async for line in process.stderr:
            text = line.decode(errors="replace").strip()
            self._said.append(text)
            level = logging.DEBUG if text.endswith(_EXPECTED) else logging.INFO
            _log.log(level, "mosquitto: %s", text)

    async def _supervise(self) -> None:
        pause_s = _FIRST_PAUSE_S
        failing = ""
        while True:
            process = self._process
            if process is not None and not failing:
                started = asyncio.get_running_loop().time()
                code = await process.wait()
                lived_s = asyncio.get_running_loop().time() - started
                pause_s = _FIRST_PAUSE_S if lived_s > _HEALTHY_AFTER_S else pause_s
                _log.error("mosquitto ended with %s after %.0f s; restarting", code, lived_s)
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
            try:
                await self._start()
            except (BrokerFailed, OSError) as error:
                # OSError: no process or no descriptor left for now (EAGAIN, EMFILE)
                if str(error) != failing:
                    _log.error("mosquitto does not start, tried again: %s", error)  # noqa: TRY400
                failing = str(error)
                await self._stop()  # half started, it would keep the ports from the next
            else:
                if failing:
                    _log.info("mosquitto runs again")
                failing = ""

    async def _stop(self) -> None:
        process = self._process
        if process is not None and process.returncode is None:
            process.terminate()
            try:
                async with asyncio.timeout(_STOP_WITHIN_S):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()
        if self._reader is not None:
            await self._reader

    def _last_words(self) -> str:
        return " | ".join(self._said)


def find_executable(executable: str) -> str:
    """Its path. Raises BrokerFailed when it is not installed."""
    # Debian puts daemons where the path of a plain user does not look
    found = shutil.which(executable) or shutil.which(executable, path="/usr/sbin:/sbin")
    if found is None:
        raise BrokerFailed(f"{executable} is not installed")
    return str(Path(found))


def _listening(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0
