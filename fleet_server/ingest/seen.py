"""Which events of one outbox are here, and which are asked for again. Pure.

A number that is not here is either *lost* (the kiosk has sent it and waits for it to be
acknowledged, so nothing above it may be acknowledged without naming it) or *absent* (the kiosk
says that it does not wait: it was acknowledged once, by a server since restored from a backup,
or dropped from a full outbox). Absent ones are asked for a few times, and hold nothing up.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from kiosk.contract.downlink import Acknowledgement

MISSING_AT_ONCE: Final = 1000
"""Numbers in one acknowledgement: 8 KB of JSON, far below the payload limit."""

ASKED: Final = 5
"""An absent range is named in so many acknowledgements (`dn` is QoS 0), then given up."""

ABSENT_AT_MOST: Final = 500
"""Ranges remembered, the newest: asking is a courtesy, and one outbox full of holes (every second
row dropped) must not make the only writer sort tens of thousands of them for each new hole."""

LOST_AT_MOST: Final = 500
"""Ranges remembered. Beyond it the newest two become one: some events are asked for that are here
already, which their second arrival does not change."""


@dataclass(slots=True)
class Seen:
    """Progress of one outbox. `note` what comes, then `acknowledge` it."""

    upto: int = 0
    """The highest number that has come."""
    lost: list[list[int]] = field(default_factory=list)
    """Ascending `[first, last]` ranges."""
    absent: list[list[int]] = field(default_factory=list)
    """Ascending `[first, last, times still to be asked]` ranges."""

    def note(self, numbers: Iterable[int], *, after: int | None) -> bool:
        """Take in one batch, its numbers ascending; `after` as in `EventBatch`. True: changed."""
        before = self.upto
        touched = False
        place = after
        for n in numbers:
            if n == self.upto + 1 and (place == self.upto or place is None):
                self.upto = place = n
                continue
            if place is not None and place + 1 < n:
                touched = self._not_waiting(place + 1, n - 1) or touched
            if n > self.upto:
                edge = n if place is None else min(place + 1, n)
                if self.upto + 1 < edge:
                    self.lost.append([self.upto + 1, edge - 1])
                self.upto = n
            else:
                touched = self._came(n) or touched
            place = n
        while len(self.lost) > LOST_AT_MOST:
            (first, _), (_, last) = self.lost[-2:]
            self.lost[-2:] = [[first, last]]
        return touched or self.upto != before

    def acknowledge(self, inst: str) -> Acknowledgement:
        """All that may be acknowledged, with the missing numbers by name.

        With more lost than can be named, `upto` stays below the first one not named.
        """
        missing: list[int] = []
        upto = self.upto
        for first, last in self.lost:
            room = MISSING_AT_ONCE - len(missing)
            missing.extend(range(first, min(last, first + room - 1) + 1))
            if last - first + 1 > room:
                upto = first + room - 1
                break
        asked: list[list[int]] = []
        for first, last, times in self.absent:
            room = MISSING_AT_ONCE - len(missing)
            if room == 0 or first > upto:
                asked.append([first, last, times])
                continue
            missing.extend(range(first, min(last, upto, first + room - 1) + 1))
            if times > 1:
                asked.append([first, last, times - 1])
        self.absent = asked
        return Acknowledgement.model_validate(
            {"inst": inst, "upto": upto, "missing": tuple(sorted(set(missing)))}
        )

    def _came(self, n: int) -> bool:
        for ranges in (self.lost, self.absent):
            for index, found in enumerate(ranges):
                if found[0] <= n <= found[1]:
                    rest = [ASKED] if len(found) > 2 else []
                    halves = ([found[0], n - 1, *rest], [n + 1, found[1], *rest])
                    ranges[index : index + 1] = [half for half in halves if half[0] <= half[1]]
                    return True
        return False

    def _not_waiting(self, first: int, last: int) -> bool:
        """The kiosk waits for none of these: what we lack of them is absent, not lost."""
        moved: list[list[int]] = []
        kept: list[list[int]] = []
        for low, high in self.lost:
            inside = [max(low, first), min(high, last)]
            if inside[0] > inside[1]:
                kept.append([low, high])
                continue
            moved.append([*inside, ASKED])
            kept.extend(
                part for part in ([low, inside[0] - 1], [inside[1] + 1, high]) if part[0] <= part[1]
            )
        if last > self.upto:
            moved.append([max(first, self.upto + 1), last, ASKED])
        if moved:
            self.lost = kept
            self.absent = sorted(self.absent + moved)[-ABSENT_AT_MOST:]
        return bool(moved)
