"""The server's clock, injected so that deadlines can be tested without waiting."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time. Every deadline of the server is counted on this clock and no other."""

    def now(self) -> datetime:
        """Aware UTC."""

    def monotonic_s(self) -> float:
        """Seconds since some moment; nobody sets it, and only differences mean anything."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Aware UTC, to the millisecond, which is what the database keeps."""
        moment = datetime.now(UTC)
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    def monotonic_s(self) -> float:
        """Of this boot."""
        return time.monotonic()
