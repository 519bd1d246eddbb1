"""What the hand-over can say about itself, for `/v1/health`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

BEAT_WITHIN_S: Final = 30.0
"""The worker looks at the database at least every 5 s; a machine under load may need some more."""
LONGEST_ATTEMPT_S: Final = 600.0
"""Two tries with 60 MB of papers over a slow line, and the answer; beyond it, something hangs."""


class HandOverHealth:
    """Written by the worker, read by anybody in the same event loop or another thread."""

    def __init__(self, monotonic_s: Callable[[], float]) -> None:
        self._monotonic_s = monotonic_s
        self._beat_s: float | None = None
        self._attempts: dict[str, float] = {}

    def beat(self) -> None:
        """The worker has looked for cases, and is about to look again."""
        self._beat_s = self._monotonic_s()

    @contextmanager
    def attempting(self, case_id: str) -> Iterator[None]:
        """A department is being asked for the length of the block."""
        self._attempts[case_id] = self._monotonic_s()
        try:
            yield
        finally:
            del self._attempts[case_id]

    @property
    def working(self) -> bool:
        """False before the start, after the worker's death, and while it or an attempt hangs."""
        now_s = self._monotonic_s()
        if self._beat_s is None or now_s - self._beat_s > BEAT_WITHIN_S:
            return False
        return all(
            now_s - since_s <= LONGEST_ATTEMPT_S for since_s in tuple(self._attempts.values())
        )
