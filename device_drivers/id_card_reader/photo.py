"""The portrait on a card: decoding its WLT block is a vendor's own program's work.

No public description of WLT exists, and the vendors' libraries may not be passed on (`DEVICES.md`
1.7). So a county installs its vendor's decoder, and a few lines around it that read one block from
standard input and write one picture to standard output. It runs as a process of its own: whatever
it does, it cannot take the kiosk with it, and it needs no licence of ours. Everything works
without it; there is no portrait then.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Protocol

WLT_BYTES = 1024
"""DEVICES.md 1.4, 1.7."""
LARGEST_PICTURE_BYTES = 1_000_000
"""102 by 126 points of 24 bits are 38,862 bytes (DEVICES.md 1.7); a PNG or JPEG is smaller. Far
more than that is a decoder in disorder."""
DECODE_S = 5.0
"""Vendors' libraries take milliseconds; this leaves room for a program that starts slowly."""

_BEGINNINGS = (b"BM", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
"""The first bytes of BMP, PNG and JPEG files."""


class PhotoDecoder(Protocol):
    """Turns the raw block of a card into a picture."""

    async def decode(self, photo_wlt: bytes) -> bytes | None:
        """A BMP, PNG or JPEG file; None where the block cannot be decoded. Never raises."""


class CommandPhotoDecoder:
    """A vendor's program, started for each portrait; a `PhotoDecoder`.

    `command` is the program with its arguments. `failure` says in English what went wrong last,
    without anything of the card; it is empty while all is well.
    """

    def __init__(self, command: Sequence[str], *, within_s: float = DECODE_S) -> None:
        self._command = tuple(command)
        self._within_s = within_s
        self.failure = ""

    async def decode(self, photo_wlt: bytes) -> bytes | None:
        """The picture, or None; takes `within_s` seconds at most. Cancelling ends the program."""
        self.failure = ""
        if len(photo_wlt) != WLT_BYTES:
            self.failure = f"a block of {len(photo_wlt)} bytes instead of {WLT_BYTES}"
            return None
        try:
            program = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
        except OSError as error:
            self.failure = f"{self._command[0]}: {error.strerror}"
            return None
        try:
            async with asyncio.timeout(self._within_s):
                picture = await _talk(program, photo_wlt)
                code = await program.wait()
        except TimeoutError:
            self.failure = f"no picture within {self._within_s} s"
            return None
        finally:
            await _end(program)
        return self._judged(picture, code)

    def _judged(self, picture: bytes, code: int) -> bytes | None:
        if code != 0:
            self.failure = f"exit code {code}"
        elif len(picture) > LARGEST_PICTURE_BYTES:
            self.failure = "endless output"
        elif not picture.startswith(_BEGINNINGS):
            self.failure = "no picture in the output"
        return None if self.failure else picture


async def _talk(program: asyncio.subprocess.Process, photo_wlt: bytes) -> bytes:
    """Hand the block over and take what comes, one byte more than a picture may have at most."""
    assert program.stdin is not None
    assert program.stdout is not None
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it ended without reading
        program.stdin.write(photo_wlt)
        await program.stdin.drain()
    program.stdin.close()
    picture = b""
    while len(picture) <= LARGEST_PICTURE_BYTES:
        piece = await program.stdout.read(65_536)
        if not piece:
            return picture
        picture += piece
    program.kill()
    return picture


async def _end(program: asyncio.subprocess.Process) -> None:
    """Leave no process behind, also where the wait for it was cancelled."""
    if program.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            program.kill()
        await asyncio.shield(program.wait())
