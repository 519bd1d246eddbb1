"""Asks the reading process, and begins it anew when it hangs, grows or dies."""

import asyncio
import contextlib
import json
import logging
import os
import struct
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

import cv2
import numpy as np

from device_drivers.document_camera.interface import Picture, Quad
from device_drivers.document_camera.text_reading.interface import (
    NotRead,
    PageTurn,
    TextLine,
    TextRead,
    TextReading,
    WhyNotRead,
)

_LOG: Final = logging.getLogger(__name__)

_ROOT = Path(__file__).parents[3]
"""Where `device_drivers` lies: the process is begun there, installed or not."""
_LENGTH = struct.Struct(">I")
_LARGEST_ANSWER = 4_000_000
_LONGEST_SIDE_PX = 2000
"""RapidOCR makes larger pictures that small by itself; a smaller one is sooner in the pipe."""
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}


class TextReader:
    """One reading process, begun with the first question and ended after `idle_s` without one.

    An answer that takes longer than it may, a cancelled question and a process over `memory_mb` all
    end the process; the next question begins a new one. Nothing is raised: text is a help, and
    nothing may depend on it. Questions asked at the same time are answered in their order.
    """

    def __init__(
        self,
        *,
        threads: int = 1,
        memory_mb: int = 1200,
        idle_s: float = 60.0,
        program: Sequence[str] | None = None,
    ) -> None:
        self._program = program or (
            sys.executable,
            "-m",
            "device_drivers.document_camera.text_reading.process",
            f"--threads={threads}",
            f"--memory-mb={memory_mb}",
        )
        self._idle_s = idle_s
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._idle: asyncio.TimerHandle | None = None
        self._ending: set[asyncio.Task[None]] = set()

    @property
    def pid(self) -> int | None:
        """The living process; None while there is none."""
        living = self._process is not None and self._process.returncode is None
        return self._process.pid if living and self._process is not None else None

    async def start(self) -> None:
        """Begin the process, so that the first answer comes sooner. Safe to call at any time."""
        if self._turn.locked():
            return
        async with self._turn:
            with contextlib.suppress(OSError):  # told with the first question
                await self._living_process()
            self._rest()

    async def read(self, picture: Picture, *, within_s: float = 60.0) -> TextReading:
        """All lines of text on a picture. Cancelling ends the process."""
        smaller, scale = await asyncio.to_thread(_fitting, picture)
        answer = await self._ask("text", smaller, within_s)
        if isinstance(answer, NotRead):
            return answer
        found = answer.get("lines")
        try:
            lines = [_line(each, scale) for each in found] if isinstance(found, list) else None
        except (TypeError, ValueError):
            lines = None
        if lines is None:
            return NotRead(WhyNotRead.ENDED)
        return TextRead(lines=tuple(lines))

    async def turn_of(self, page: Picture, *, within_s: float = 6.0) -> PageTurn:
        """Which way up the text of a flattened page is; `UNKNOWN` also without an answer."""
        smaller, _ = await asyncio.to_thread(_fitting, page)
        answer = await self._ask("turn", smaller, within_s)
        told = None if isinstance(answer, NotRead) else answer.get("turn")
        return next((turn for turn in PageTurn if turn.value == told), PageTurn.UNKNOWN)

    async def close(self) -> None:
        """End the process. Safe to call twice; a question asked afterwards begins a new one."""
        if self._idle is not None:
            self._idle.cancel()
        await self._end()

    async def _ask(
        self, ask: Literal["text", "turn"], picture: Picture, within_s: float
    ) -> "dict[str, object] | NotRead":
        async with self._turn:
            is_answered = False
            try:
                async with asyncio.timeout(within_s):
                    process = await self._living_process()
                    answer = await _converse(process, ask, picture, within_s)
                is_answered = True
            except TimeoutError:
                _LOG.warning("the reading process gave no answer in %.0f s", within_s)
                return NotRead(WhyNotRead.TOO_SLOW)
            except (OSError, EOFError, TypeError, ValueError) as error:
                _LOG.warning("the reading process ended: %s", type(error).__name__)
                return NotRead(WhyNotRead.ENDED)
            finally:
                if not is_answered:
                    await self._end()
            self._rest()
            return answer

    async def _living_process(self) -> asyncio.subprocess.Process:
        if self._idle is not None:
            self._idle.cancel()
        if self._process is not None and self._process.returncode is not None:
            await self._end()
        if self._process is None:
            self._process = await asyncio.create_subprocess_exec(
                *self._program,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                cwd=_ROOT,
                env=_environment(),
                limit=_LARGEST_ANSWER,
            )
        return self._process

    def _rest(self) -> None:
        """Give the memory back when nobody asks any more."""
        self._idle = asyncio.get_running_loop().call_later(self._idle_s, self._end_when_idle)

    def _end_when_idle(self) -> None:
        if not self._turn.locked():
            ending = asyncio.ensure_future(self._end())
            self._ending.add(ending)
            ending.add_done_callback(self._ending.discard)

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        assert process.stdin is not None
        process.stdin.close()
        # shielded: a killed process is gone in milliseconds, and must be gone when we are
        await asyncio.shield(process.wait())


def _environment() -> dict[str, str]:
    return {**os.environ, **_ONE_THREAD}


async def _converse(
    process: asyncio.subprocess.Process, ask: str, picture: Picture, within_s: float
) -> dict[str, object]:
    """Raises OSError or EOFError where the process ended, ValueError where it talks nonsense."""
    assert process.stdin is not None
    assert process.stdout is not None
    height, width = picture.shape[:2]
    header = json.dumps(
        {"ask": ask, "within_s": within_s, "height": height, "width": width}
    ).encode()
    process.stdin.write(_LENGTH.pack(len(header)) + header)
    process.stdin.write(picture.tobytes())
    await process.stdin.drain()
    (length,) = _LENGTH.unpack(await process.stdout.readexactly(_LENGTH.size))
    if length > _LARGEST_ANSWER:
        raise ValueError(length)
    answer = json.loads(await process.stdout.readexactly(length))
    if not isinstance(answer, dict):
        raise TypeError(type(answer))
    return answer


def _fitting(picture: Picture) -> tuple[Picture, float]:
    """The picture small enough for the reader, and by how much it was made smaller."""
    scale = min(1.0, _LONGEST_SIDE_PX / max(picture.shape[:2]))
    if scale == 1.0:
        return np.ascontiguousarray(picture), scale
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    smaller = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(smaller, np.uint8), scale


def _line(found: list[object], scale: float) -> TextLine:
    text, score, corners = found
    if not (isinstance(text, str) and isinstance(score, float) and isinstance(corners, list)):
        raise TypeError
    first, second, third, fourth = ((float(x) / scale, float(y) / scale) for x, y in corners)
    quad: Quad = (first, second, third, fourth)
    return TextLine(text=text, score=score, quad=quad)
