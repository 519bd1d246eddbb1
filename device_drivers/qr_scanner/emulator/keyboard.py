"""A scanner that pretends to be a keyboard, from `DEVICES.md` 5.2, on a FUSE input device."""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Self

from device_drivers.qr_scanner.emulator.keyboard_layouts import Typing, first_key_of, keys_of

_START_S = 20.0
_KEY_S = 0.004
"""A key and its release in 8 ms, as full-speed USB polls a keyboard."""
_REPEAT_S = 0.033
"""As `fuse_input` answers EVIOCGREP, and as the kernel has it at first."""

# linux/input-event-codes.h
_EV_SYN, _EV_KEY = 0, 1
_SYN_REPORT, _SYN_DROPPED = 0, 3
_UP, _DOWN, _REPEATS = 0, 1, 2

_Event = tuple[int, int, int, float]


class KeyboardScannerEmulator:
    """One scanner. Show it codes, type on it by hand, pull it out; needs root and `/dev/fuse`."""

    def __init__(self, node: Path | None = None) -> None:
        self._own_folder: tempfile.TemporaryDirectory[str] | None = None
        if node is None:
            self._own_folder = tempfile.TemporaryDirectory(prefix="keyboard-scanner-")
            node = Path(self._own_folder.name) / "event0"
        self._node = node
        self.typing = Typing()
        """What it is set to; may be set anew at any time."""
        self._process: subprocess.Popen[bytes] | None = None
        self._at_s = time.time()
        self._talk = threading.Lock()
        self._freed = threading.Event()
        self._stuck: threading.Thread | None = None

    def __enter__(self) -> Self:
        self.plug()
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @staticmethod
    def is_possible() -> bool:
        """Can this machine show such a device?"""
        return os.geteuid() == 0 and Path("/dev/fuse").exists()

    @property
    def port(self) -> str:
        """What stands in a configuration to reach this device."""
        return f"evdev:{self._node}"

    @property
    def is_plugged(self) -> bool:
        """Is the cable in?"""
        return self._process is not None

    @property
    def is_grabbed(self) -> bool:
        """Has somebody taken it for themselves?"""
        return bool(self._state()["grabbed"])

    @property
    def openers(self) -> int:
        """How many have it open. Whatever was shown before has been handed out by now."""
        return int(str(self._state()["openers"]))

    def plug(self) -> None:
        """Plug it in; nothing happens when it is in."""
        if self._process is not None:
            return
        self._node.touch()
        module = "device_drivers.qr_scanner.emulator.fuse_input"
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, str(self._node)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).resolve().parents[3],
        )
        assert self._process.stdout is not None
        if self._process.stdout.readline() != b"ready\n":
            self.unplug()
            raise OSError("the input device could not be mounted")

    def unplug(self) -> None:
        """Pull the cable; nothing happens when it is out."""
        self.free()
        process, self._process = self._process, None
        if process is not None:
            process.communicate(timeout=_START_S)
            self._node.unlink(missing_ok=True)

    def close(self) -> None:
        """Pull the cable for good. Safe to call twice."""
        self.unplug()
        if self._own_folder is not None:
            self._own_folder.cleanup()

    def show(self, text: str) -> None:
        """Hold a QR code of this text before the scanner: it types it and presses Enter.

        What no key has comes as ALT and a number.
        """
        self.type(text, key_s=_KEY_S)

    def show_to_a_busy_host(self, text: str) -> None:
        """As `show`, and the kernel's queue runs over: half of the events, in the middle, are lost.

        It says so, as linux/input.h has it.
        """
        events = self._events(text, key_s=_KEY_S, enters=True)
        lost = slice(len(events) // 4, 3 * len(events) // 4)
        at_s = events[lost.stop][-1]
        events[lost] = [(_EV_SYN, _SYN_DROPPED, 0, at_s), (_EV_SYN, _SYN_REPORT, 0, at_s)]
        self._hand_out(events)

    def type(self, text: str, *, key_s: float, enters: bool = True) -> None:
        """Type a text and, if it `enters`, Enter, a key every `key_s` by the kernel's clock."""
        self._hand_out(self._events(text, key_s=key_s, enters=enters))

    def _events(self, text: str, *, key_s: float, enters: bool) -> list[_Event]:
        self._at_s = max(self._at_s + 1.0, time.time())
        events: list[_Event] = []
        for key, is_down in keys_of(text, self.typing, enters=enters):
            self._at_s += key_s / 2
            events += _stroke(key, _DOWN if is_down else _UP, self._at_s)
        return events

    def _hand_out(self, events: list[_Event]) -> None:
        if self._process is not None:
            self._say(events)
            self._state()  # answered in turn: what was typed has been handed out

    def stick(self, character: str) -> None:
        """Press a key that does not come up again: it repeats until it is freed."""
        self.free()
        key = first_key_of(character)

        def repeat() -> None:
            while not self._freed.wait(_REPEAT_S):
                self._say(_stroke(key, _REPEATS, time.time()))
            self._say(_stroke(key, _UP, time.time()))

        self._say(_stroke(key, _DOWN, time.time()))
        self._state()  # answered in turn: the press has been handed out
        self._freed.clear()
        self._stuck = threading.Thread(target=repeat, name="stuck-key")
        self._stuck.start()

    def free(self) -> None:
        """Let the stuck key come up; nothing happens when none is stuck."""
        stuck, self._stuck = self._stuck, None
        if stuck is not None:
            self._freed.set()
            stuck.join()

    def _state(self) -> dict[str, object]:
        self._say("status")
        assert self._process is not None
        assert self._process.stdout is not None
        state = json.loads(self._process.stdout.readline())
        assert isinstance(state, dict)
        return state

    def _say(self, command: object) -> None:
        with self._talk:
            if self._process is not None and self._process.stdin is not None:
                self._process.stdin.write(json.dumps(command).encode("ascii") + b"\n")
                self._process.stdin.flush()


def _stroke(key: int, value: int, at_s: float) -> list[_Event]:
    return [(_EV_KEY, key, value, at_s), (_EV_SYN, _SYN_REPORT, 0, at_s)]
