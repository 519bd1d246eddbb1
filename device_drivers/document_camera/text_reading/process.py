"""The reading process: questions on standard input, answers on standard output, one at a time.

`python -m device_drivers.document_camera.text_reading.process --threads 1 --memory-mb 1200`

A question is four bytes of length (big-endian), so many bytes of JSON `{"ask", "within_s",
"height", "width"}`, and the picture as height × width × 3 bytes, blue-green-red. An answer is four
bytes of length and JSON. The process ends with its standard input.

It is the least important one of a kiosk: it gives way to every other, is the first to go when
memory is short, cannot grow beyond its bound, and kills itself when an answer takes too long, even
where whoever asked is gone.
"""

import argparse
import contextlib
import json
import math
import os
import resource
import signal
import struct
import sys
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np

from device_drivers.document_camera.text_reading.engine import Engine

_NICE = 5
_OOM_SCORE = "800"
_LONGEST_S = 600.0
_LENGTH = struct.Struct(">I")
_LARGEST_HEADER = 4096
_LARGEST_SIDE_PX = 8192


def main() -> int:
    """Answer until standard input ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--memory-mb", type=int, default=1200)
    chosen = parser.parse_args()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the technician's Ctrl-C is for who asked
    _step_back(chosen.memory_mb)
    # whatever a library prints must not land between two answers
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    cv2.setNumThreads(chosen.threads)
    engine = Engine(threads=chosen.threads)
    engine.warm()
    while (question := _next_question(sys.stdin.buffer)) is not None:
        ask, within_s, picture = question
        # the default action of SIGALRM ends a process even inside a library that hangs
        signal.alarm(math.ceil(min(within_s, _LONGEST_S)) + 1)
        answer = engine.turn(picture) if ask == "turn" else engine.text(picture)
        signal.alarm(0)
        written = json.dumps(answer, ensure_ascii=False).encode()
        answers.write(_LENGTH.pack(len(written)) + written)
        answers.flush()
    return 0


def _step_back(memory_mb: int) -> None:
    os.nice(_NICE)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_OOM_SCORE, encoding="ascii")
    most = memory_mb * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core would hold a citizen's paper


def _next_question(stream: BinaryIO) -> tuple[str, float, np.ndarray] | None:
    """None at the end of the stream, in the middle of a question as well."""
    length = stream.read(_LENGTH.size)
    if len(length) < _LENGTH.size:
        return None
    size = _LENGTH.unpack(length)[0]
    header = stream.read(size) if size <= _LARGEST_HEADER else b""
    if len(header) < size:
        return None
    facts = json.loads(header)
    height, width = int(facts["height"]), int(facts["width"])
    if not (0 < height <= _LARGEST_SIDE_PX and 0 < width <= _LARGEST_SIDE_PX):
        return None
    content = stream.read(height * width * 3)
    if len(content) < height * width * 3:
        return None
    picture = np.frombuffer(content, np.uint8).reshape(height, width, 3)
    return str(facts["ask"]), float(facts["within_s"]), picture


if __name__ == "__main__":
    sys.exit(main())
