"""Finds the commands a printer obeys the moment they arrive, wherever they stand among others.

DLE EOT: DEVICES.md 4.3. DLE ENQ 1 and 2, DLE DC4 with fn = 8: Epson ESC/POS reference.
"""

import re
from dataclasses import dataclass

_ANY = re.compile(rb"\x10(?:\x04.|[\x05\x14])", re.DOTALL)
_OBEYED = re.compile(
    rb"\x10(?:\x04(?P<asked>[\x01-\x04\x14])|\x05(?P<recovery>[\x01\x02])"
    rb"|\x14\x08\x01\x03\x14\x01\x06\x02\x08)"
)
_LONGEST = 10


@dataclass(frozen=True, slots=True)
class Ask:
    """DLE EOT n."""

    n: int


@dataclass(frozen=True, slots=True)
class Recover:
    """DLE ENQ n: 1 goes on from the line that failed, 2 clears the buffers first."""

    n: int


@dataclass(frozen=True, slots=True)
class Clear:
    """DLE DC4 8: drop all that was received and not yet printed."""


RealTime = Ask | Recover | Clear


class Overhearing:
    """Looks through all that arrives on one connection, in whatever pieces."""

    def __init__(self) -> None:
        self.found: set[bytes] = set()
        """How each real-time command there was begins, obeyed or not, be it in a picture."""
        self._tail = b""

    def hear(self, data: bytes) -> list[tuple[int, RealTime]]:
        """Each command that is complete with `data`, and how many bytes of it went before."""
        seen = self._tail + data
        shift = len(self._tail)
        self.found.update(_ANY.findall(seen))
        commands = [
            (found.end() - shift, _meant(found["asked"], found["recovery"]))
            for found in _OBEYED.finditer(seen)
        ]
        used = commands[-1][0] + shift if commands else 0
        self._tail = seen[max(used, len(seen) - _LONGEST + 1) :]
        return commands


def _meant(asked: bytes | None, recovery: bytes | None) -> RealTime:
    if asked:
        return Ask(asked[0])
    return Recover(recovery[0]) if recovery else Clear()
