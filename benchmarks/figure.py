"""One measured figure, held against a limit or a peer taken in the same run."""

import math
from dataclasses import asdict, dataclass
from typing import Final

SEED: Final = 20261123
"""Whatever a benchmark leaves to chance begins here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A row of the table `make bench` prints."""

    name: str
    value: float
    unit: str
    against: str
    """What it is held against: a target of `DESIGN.md` section 7, or a peer of this run."""
    limit: float
    """The target or the peer's figure, in the same unit."""
    higher_is_better: bool = False
    is_target: bool = True
    """False: the limit is a peer to be seen beside it, and nothing that must be met."""

    @property
    def ratio(self) -> float:
        """Value ÷ limit."""
        return self.value / self.limit if self.limit else float("inf")

    @property
    def holds(self) -> bool | None:
        """Is the target met? None beside a peer."""
        if not self.is_target:
            return None
        return self.ratio >= 1 if self.higher_is_better else self.ratio <= 1

    def as_json(self) -> dict[str, object]:
        """Everything, with the ratio and the verdict."""
        return {**asdict(self), "ratio": round(self.ratio, 3), "holds": self.holds}


def table(figures: list[Figure]) -> str:
    """Lay the figures out as an aligned text table."""
    rows = [("figure", "measured", "against", "limit", "ratio", "holds")]
    rows += [
        (
            figure.name,
            f"{figure.value:,.2f} {figure.unit}",
            figure.against,
            f"{_sign(figure)}{figure.limit:,.2f} {figure.unit}",
            f"{figure.ratio:.2f}",
            _VERDICTS[figure.holds],
        )
        for figure in figures
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) for row in rows]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


_VERDICTS: Final = {True: "yes", False: "NO", None: "–"}


def _sign(figure: Figure) -> str:
    if not figure.is_target:
        return ""
    return "≥ " if figure.higher_is_better else "≤ "


def percentile(values: list[float], share: float) -> float:
    """Give the nearest-rank percentile; `share` between 0 and 1. Raises ValueError when empty."""
    if not values:
        raise ValueError("no values")
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
