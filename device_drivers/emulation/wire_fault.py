"""What can be wrong with a wire, whatever device hangs on it: told by the page, the shell, tests.

The disturbed bytes follow from a seed, so a failure seen once can be had again.
"""

import random
import threading
from dataclasses import dataclass
from enum import StrEnum

SLOWER = 10
"""How much longer everything takes on a slow wire: a device that starves, not one that is dead."""
SLOW_ANSWER_S = 0.5
"""What a slow device thinks before each answer; most drivers wait for a status half as long."""
NOISE_BYTES = (3, 40)
"""Least and most bytes of noise before each piece that is sent."""


class WireFault(StrEnum):
    """One at a time; a pulled cable is no fault of the wire but its absence."""

    NONE = "none"
    SLOW = "slow"
    NOISY = "noisy"
    """Random bytes come between the answers."""
    SILENT = "silent"
    """Nothing gets through in either direction, and the line stays open."""
    WRONG = "wrong"
    """One bit of every answer is turned over."""


@dataclass(frozen=True, slots=True)
class Disturbed:
    """What becomes of one piece that a device sends."""

    data: bytes
    delay_s: float = 0.0


class Disturber:
    """Stands between a device and its wire; from any thread."""

    def __init__(self, seed: int = 0) -> None:
        self._fault = WireFault.NONE
        self._random = random.Random(seed)  # noqa: S311 - no secret, but the same noise again
        self._lock = threading.Lock()

    @property
    def fault(self) -> WireFault:
        """What is wrong now."""
        return self._fault

    def set(self, fault: WireFault) -> None:
        """Let this be wrong from now on."""
        self._fault = fault

    @property
    def pace(self) -> float:
        """By how much everything takes longer now."""
        return SLOWER if self._fault is WireFault.SLOW else 1.0

    def hears(self, data: bytes) -> bytes:
        """What reaches the device of what was sent to it."""
        return b"" if self._fault is WireFault.SILENT else data

    def says(self, data: bytes) -> Disturbed:
        """What leaves of what the device sends, and how much later."""
        with self._lock:
            match self._fault:
                case WireFault.NONE:
                    return Disturbed(data)
                case WireFault.SLOW:
                    return Disturbed(data, SLOW_ANSWER_S)
                case WireFault.NOISY:
                    return Disturbed(
                        self._random.randbytes(self._random.randint(*NOISE_BYTES)) + data
                    )
                case WireFault.SILENT:
                    return Disturbed(b"")
                case WireFault.WRONG:
                    return Disturbed(self._turned(data))

    def _turned(self, data: bytes) -> bytes:
        if not data:
            return data
        bit = self._random.randrange(len(data) * 8)
        turned = bytearray(data)
        turned[bit // 8] ^= 1 << bit % 8
        return bytes(turned)
