"""A scanner that pretends to be a keyboard, from `DEVICES.md` 5.2, on a FUSE input device."""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Self

_START_S = 20.0
_KEY_S = 0.004
"""A key and its release in 8 ms, as full-speed USB polls a keyboard."""
_REPEAT_S = 0.033
"""As `fuse_input` answers EVIOCGREP, and as the kernel has it at first."""

# HID usage tables 1.4, keyboard page, as Linux numbers them (linux/input-event-codes.h)
_ENTER, _SHIFT, _ALT = 28, 42, 56
_PLAIN: Final = {
    **dict(zip("1234567890-=", range(2, 14), strict=True)),
    **dict(zip("qwertyuiop[]", range(16, 28), strict=True)),
    **dict(zip("asdfghjkl;'`", range(30, 42), strict=True)),
    **dict(zip("\\zxcvbnm,./", range(43, 54), strict=True)),
    " ": 57,
}
_SHIFTED: Final = dict(zip('!@#$%^&*()_+{}:"~|<>?', "1234567890-=[];'`\\,./", strict=True))
_PAD: Final[Mapping[str, int]] = dict(
    zip("7894561230", (71, 72, 73, 75, 76, 77, 79, 80, 81, 82), strict=True)
)


class KeyboardScannerEmulator:
    """One scanner. Show it codes, type on it by hand, pull it out; needs root and `/dev/fuse`."""

    def __init__(self, node: Path | None = None) -> None:
        self._own_folder: tempfile.TemporaryDirectory[str] | None = None
        if node is None:
            self._own_folder = tempfile.TemporaryDirectory(prefix="keyboard-scanner-")
            node = Path(self._own_folder.name) / "event0"
        self._node = node
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

    def show(self, text: str, *, encoding: str = "gb18030") -> None:
        """Hold a QR code of this text before the scanner: it types it and presses Enter.

        What no key has comes as ALT and the number of its bytes in `encoding`.
        """
        self.type(text, encoding=encoding, key_s=_KEY_S)

    def type(
        self, text: str, *, encoding: str = "gb18030", key_s: float, enters: bool = True
    ) -> None:
        """Type a text and, if it `enters`, Enter, a key every `key_s` by the kernel's clock."""
        events: list[tuple[int, int, int, float]] = []
        self._at_s = max(self._at_s + 1.0, time.time())

        def stroke(code: int, value: int) -> None:
            self._at_s += key_s / 2
            events.extend([(1, code, value, self._at_s), (0, 0, 0, self._at_s)])

        def press(code: int) -> None:
            stroke(code, 1)
            stroke(code, 0)

        for character in text:
            bare = _SHIFTED.get(character, character.lower())
            if bare not in _PLAIN:
                stroke(_ALT, 1)
                for digit in str(int.from_bytes(character.encode(encoding), "big")):
                    press(_PAD[digit])
                stroke(_ALT, 0)
            elif bare != character:
                stroke(_SHIFT, 1)
                press(_PLAIN[bare])
                stroke(_SHIFT, 0)
            else:
                press(_PLAIN[bare])
        if enters:
            press(_ENTER)
        if self._process is not None:
            self._say(events)
            self._state()  # answered in turn: what was typed has been handed out

    def stick(self, character: str) -> None:
        """Press a key that does not come up again: it repeats until it is freed."""
        self.free()
        code = _PLAIN[character]

        def stroke(value: int) -> None:
            at_s = time.time()
            self._say([(1, code, value, at_s), (0, 0, 0, at_s)])

        def repeat() -> None:
            while not self._freed.wait(_REPEAT_S):
                stroke(2)
            stroke(0)

        stroke(1)
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
