"""A vendor's decoder as a program of its own: any program, well-behaved or not."""

import asyncio
import sys
import time
from pathlib import Path

import pytest

from device_drivers.id_card_reader.photo import CommandPhotoDecoder

BLOCK = bytes(range(256)) * 4
DECODER = """
import struct, sys
block = sys.stdin.buffer.read()
pixels = bytes(block[i % len(block)] for i in range(126 * 308))
sys.stdout.buffer.write(b"BM" + struct.pack("<IHHI", 54 + len(pixels), 0, 0, 54))
sys.stdout.buffer.write(struct.pack("<IiiHHIIiiII", 40, 102, 126, 1, 24, 0, 0, 0, 0, 0, 0))
sys.stdout.buffer.write(pixels)
"""


def decoder(program: str, *, within_s: float = 30.0) -> CommandPhotoDecoder:
    return CommandPhotoDecoder([sys.executable, "-c", program], within_s=within_s)


async def test_gives_the_picture_the_program_made() -> None:
    made = decoder(DECODER)
    picture = await made.decode(BLOCK)
    assert picture is not None
    assert len(picture) == 38862
    assert picture.startswith(b"BM")
    assert made.failure == ""


@pytest.mark.parametrize(
    ("program", "failure"),
    [
        ("raise SystemExit(3)", "exit code 3"),
        ("print('no licence file')", "no picture in the output"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "exit code -11"),
        ("import sys\nwhile True: sys.stdout.buffer.write(b'BM' * 9999)", "exit code -9"),
        ("import sys; sys.stdin.close()", "no picture in the output"),
    ],
)
async def test_a_program_that_fails_means_no_portrait(program: str, failure: str) -> None:
    made = decoder(program)
    assert await made.decode(BLOCK) is None
    assert made.failure == failure


@pytest.mark.slow
async def test_a_program_that_hangs_is_ended(tmp_path: Path) -> None:
    mark = tmp_path / "alive"
    hangs = (
        f"import time, pathlib\nwhile True: pathlib.Path({str(mark)!r}).touch(); time.sleep(.02)"
    )
    made = decoder(hangs, within_s=1.0)
    assert await made.decode(BLOCK) is None
    assert made.failure == "no picture within 1.0 s"
    mark.unlink(missing_ok=True)
    await asyncio.sleep(0.2)
    assert not mark.exists()


async def test_cancelling_ends_the_program() -> None:
    begun = time.monotonic()
    waiting = asyncio.create_task(decoder("import time; time.sleep(600)").decode(BLOCK))
    await asyncio.sleep(0.3)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert time.monotonic() - begun < 60


async def test_a_program_that_is_not_there_means_no_portrait() -> None:
    made = CommandPhotoDecoder(["/no/such/decoder"])
    assert await made.decode(BLOCK) is None
    assert made.failure == "/no/such/decoder: No such file or directory"


async def test_a_block_of_the_wrong_size_is_not_handed_over() -> None:
    made = CommandPhotoDecoder(["/no/such/decoder"])
    assert await made.decode(b"short") is None
    assert made.failure == "a block of 5 bytes instead of 1024"
