"""A camera before which codes are held: a folder whose newest picture is what it sees."""

import os
import tempfile
import time
from pathlib import Path
from typing import Self

import segno

_HELD_S = 0.6
"""Several frames of the slowest camera; a hand holds it longer."""


class CameraScannerEmulator:
    """One camera. Show it codes, cut its cable."""

    def __init__(self) -> None:
        self._own_folder = tempfile.TemporaryDirectory(prefix="camera-scanner-")
        self._folder = Path(self._own_folder.name) / "frames"
        self._aside = Path(self._own_folder.name) / "unplugged"
        self._aside.mkdir()

    def __enter__(self) -> Self:
        self.plug()
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @property
    def port(self) -> str:
        """What stands in a configuration to reach this device."""
        return f"images:{self._folder}"

    def plug(self) -> None:
        """Plug the cable in; nothing happens when it is in."""
        if self._aside.is_dir():
            self._aside.rename(self._folder)

    def unplug(self) -> None:
        """Pull the cable; nothing happens when it is out."""
        if self._folder.is_dir():
            self._folder.rename(self._aside)

    def close(self) -> None:
        """Take it away for good. Safe to call twice."""
        self._own_folder.cleanup()

    def show(self, text: str) -> None:
        """Hold a QR code of this text before it, and take it away again."""
        folder = self._folder if self._folder.is_dir() else self._aside
        half, frame = folder / ".half", folder / "frame.png"
        code = segno.make(text, encoding="utf-8", micro=False)
        code.save(str(half), kind="png", scale=5, border=8)
        os.replace(half, frame)
        time.sleep(_HELD_S)
        frame.unlink(missing_ok=True)
