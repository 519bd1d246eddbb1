"""A pcscd of our own with a virtual reader, for tests and the bench; needs root or user namespaces.

It lives in private network and mount namespaces (`DESIGN.md` 9): vpcd's TCP port is not reachable
from outside, the system's pcscd, its socket and real readers are not touched. Clients find it by
the environment variable in `environment`, which libpcsclite 1.9.9 reads once per process, at its
first call: set it before.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from device_drivers.emulation.private_program import PrivateProgram
from device_drivers.emulation.wire_fault import WireFault

READER_NAME = "Virtual PCD 00 00"
"""Slot 0 of the reader, by the name pcscd makes of the configuration below."""

_SOCKET_VARIABLE = "PCSCLITE_CSOCK_NAME"

_CONFIGURATION = """\
FRIENDLYNAME "Virtual PCD"
DEVICENAME   /dev/null:0x8C7B
LIBPATH      /usr/lib/pcsc/drivers/libifdvpcd.so
CHANNELID    0x8C7B
"""
"""`DEVICES.md` 3.1; the library's folder as `slot_process.enter` mounts it."""

END_LIMIT_S = 6.0
"""`slot_process` gives pcscd 3 s; twice that."""


class PcscdFailed(Exception):
    """The private pcscd did not start, or refused a request; the message says why."""


class PrivatePcscd:
    """pcscd, its virtual reader and the hand that puts cards in. Calls from any thread.

    Each call returns when the thing is done: a card put in or taken out when pcscd has noticed
    (0.4 s), a stopped or started pcscd at once (0.1 s).
    """

    def __init__(self, directory: Path | None = None) -> None:
        self._program = PrivateProgram(
            "device_drivers.social_security_card.slot_process",
            directory,
            name="private pcscd",
            failure=PcscdFailed,
            end_limit_s=END_LIMIT_S,
        )

    @property
    def directory(self) -> Path:
        """What `/run` is inside; holds the socket and pcscd's log while started."""
        return self._program.directory

    @property
    def environment(self) -> dict[str, str]:
        """What a process must have in its environment to reach this pcscd and no other."""
        return {_SOCKET_VARIABLE: str(self.directory / "pcscd" / "pcscd.comm")}

    def start(self) -> None:
        """Return when clients can connect. Raises PcscdFailed."""
        directory = self._program.make_directory()
        (directory / "pcscd").mkdir(parents=True, exist_ok=True)
        (directory / "reader.conf").write_text(_CONFIGURATION, "ascii")
        (directory / "no-reader.conf").write_text("", "ascii")
        self._program.start({**os.environ, _SOCKET_VARIABLE: "/run/pcscd/pcscd.comm"})

    def close(self) -> None:
        """End pcscd and everything else started here. Safe to call twice."""
        self._program.close()

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

    def insert_card(
        self,
        fields: Mapping[str, object],
        *,
        pulled_after: int | None = None,
        think_s: float = 0.0,
    ) -> None:
        """Put in a social security card with `emulator.CardFields` of these names and values.

        With `pulled_after` it leaves the slot once it has answered so many commands; `think_s` is
        how long it takes for each.
        Raises PcscdFailed when a card is in, or the fields make no card.
        """
        card = {"kind": "social_security", "fields": dict(fields), "pulled_after": pulled_after}
        self._program.ask({"do": "insert", "card": {**card, "think_s": think_s}})

    def insert_foreign_card(self) -> None:
        """Put in a bank card. Raises PcscdFailed when a card is in."""
        self._program.ask({"do": "insert", "card": {"kind": "foreign"}})

    def insert_mute_card(self) -> None:
        """Put in a card that does not answer the reset. Raises PcscdFailed when a card is in."""
        self._program.ask({"do": "insert", "card": {"kind": "mute"}})

    def disturb(self, fault: WireFault) -> None:
        """Let this be wrong with the contacts of any card, until another is."""
        self._program.ask({"do": "disturb", "fault": fault.value})

    def remove_card(self) -> None:
        """Take the card out; nothing happens when there is none."""
        self._program.ask({"do": "remove"})

    def unplug_reader(self) -> None:
        """Pull the reader's cable: pcscd restarts and knows no reader; a card stays in its slot."""
        self._program.ask({"do": "plug", "is_plugged": False})

    def plug_reader(self) -> None:
        """Put the reader's cable in: pcscd restarts with the reader."""
        self._program.ask({"do": "plug", "is_plugged": True})

    def stop_service(self) -> None:
        """Stop pcscd; a card stays in the slot."""
        self._program.ask({"do": "stop_service"})

    def start_service(self) -> None:
        """Start pcscd again, at the same socket. Raises PcscdFailed."""
        self._program.ask({"do": "start_service"})
