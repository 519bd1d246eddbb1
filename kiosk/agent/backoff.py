"""How long to wait before trying again: decorrelated jitter, so that a fleet never marches."""

import random


class Backoff:
    """Delays between `first_s` and `cap_s`, each at most three times the last."""

    def __init__(
        self, *, first_s: float, cap_s: float, chance: random.Random | None = None
    ) -> None:
        self._first_s = first_s
        self._cap_s = cap_s
        self._chance = chance or random.Random()
        self._last_s = 0.0
        self.attempts = 0
        """Delays given since the last `reset`."""

    def next_s(self) -> float:
        """The next delay. The first one is anywhere from 0 to `first_s`."""
        self.attempts += 1
        if self._last_s == 0.0:
            self._last_s = self._first_s
            return self._chance.uniform(0, self._first_s)
        self._last_s = min(self._cap_s, self._chance.uniform(self._first_s, self._last_s * 3))
        return self._last_s

    def reset(self) -> None:
        """It worked: begin anew."""
        self._last_s = 0.0
        self.attempts = 0
