"""A circuit breaker as a pure state machine: it is told the time and what happened."""

from dataclasses import dataclass, replace
from typing import Final

_FAILURES_TO_OPEN: Final = 3
_FIRST_PAUSE_S: Final = 2.0
"""As long as one health probe: a system that was only restarted is found again at once."""
_LONGEST_PAUSE_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Breaker:
    """Closed: calls pass. Open: none until `open_until`, then one trial call decides."""

    failures: int = 0
    """In a row."""
    pause_s: float = 0.0
    """How long it last opened for; doubles while trials fail."""
    open_until: float = 0.0
    """Monotonic seconds; 0 while closed."""
    trial_running: bool = False

    @property
    def is_open(self) -> bool:
        """Are calls being held back?"""
        return self.open_until > 0

    def allows(self, now: float) -> bool:
        """May a call go out at `now` (monotonic seconds)?"""
        return not self.is_open or (now >= self.open_until and not self.trial_running)

    def started(self) -> "Breaker":
        """A call that `allows` permitted goes out."""
        return replace(self, trial_running=self.is_open)

    def succeeded(self) -> "Breaker":
        """The system answered: closed again, whatever was before."""
        return Breaker()

    def failed(self, now: float) -> "Breaker":
        """The system did not answer; opens after three in a row, or when a trial fails."""
        failures = self.failures + 1
        if failures < _FAILURES_TO_OPEN and not self.is_open:
            return replace(self, failures=failures)
        pause_s = min(max(self.pause_s * 2, _FIRST_PAUSE_S), _LONGEST_PAUSE_S)
        return Breaker(failures=failures, pause_s=pause_s, open_until=now + pause_s)
