"""The seam for what opens a guarded card: a PSAM in a second slot, or a department's HSM.

A version 3 card guards its number and its holder by external authentication (`DEVICES.md` 2.4). The
keys belong to the department. This project holds none and invents no cryptography: whoever has the
keys answers the card's challenge, and the driver carries both to and fro.
"""

from dataclasses import dataclass, field
from typing import Protocol

CHALLENGE_BYTES = 8
"""GET CHALLENGE 00 84 00 00 08 (`DEVICES.md` 2.4)."""
PROOF_BYTES = 16
"""EXTERNAL AUTHENTICATE 00 82 00 <key> 10 <16> (`DEVICES.md` 2.4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """What the owner of the keys needs to know of one card (the national driver's step 1)."""

    area: str
    """Six digits of the issuing area."""
    version: str
    historical_bytes: bytes = field(repr=False)
    """Of the answer to reset: they hold the card's serial number."""
    identification_code: bytes = field(repr=False)
    """The sixteen bytes of the first record."""
    random: bytes = field(repr=False)
    """Eight bytes the card has just drawn; good for one answer."""


@dataclass(frozen=True, slots=True)
class Proof:
    """The answer to one challenge."""

    key: int
    """P2 of EXTERNAL AUTHENTICATE: which of the card's keys it was made with."""
    cryptogram: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not 0 <= self.key <= 0xFF or len(self.cryptogram) != PROOF_BYTES:
            raise ValueError("a proof is one key number and sixteen bytes")


class SecureModule(Protocol):
    """Whoever has the keys."""

    async def prove(self, challenge: Challenge) -> Proof | None:
        """Answer a card's challenge; None where it cannot, for whatever reason. Never raises.

        The card waits meanwhile, so this takes a few seconds at most.
        """
