"""How a SAM frame is cut for USB: a header on one pipe, a body on another (`DEVICES.md` 1.1)."""

from device_drivers.id_card_reader.frames import PREAMBLE

HEADER_OUT = 0x02  # DEVICES.md 1.1: the four pipes
BODY_OUT = 0x06
HEADER_IN = 0x81
BODY_IN = 0x85

HEADER_BYTES = len(PREAMBLE) + 2
"""Preamble and LEN (DEVICES.md 1.1)."""


def split(frame: bytes) -> tuple[bytes, bytes]:
    """Cut one encoded command into what goes to `HEADER_OUT` and what goes to `BODY_OUT`."""
    return frame[:HEADER_BYTES], frame[HEADER_BYTES:]
