"""From a fault in the hall to the open page of the console that says so."""

import time
from collections.abc import Callable, Iterator
from typing import Final

from benchmarks.figure import Figure
from provisioning.demo.fingers import Lost
from provisioning.demo.staff import Staff
from provisioning.demo.system import System

TURNS: Final = 5
"""Of every fault, and of its end."""

TOLD_S: Final = 5.0
"""Issue 2: a fault of a device or a department, and "the console says so within 5 s"."""

_LONGEST_S: Final = 30.0
"""What is not told by then is a fault of ours and no figure."""

_PRINTER: Final = "凭条打印机不可用"
_DEPARTMENT: Final = "税务暂停"
"""The console's words (`assets/text/console.zh-CN.yaml`)."""


def faults_told(system: System, staff: Staff) -> list[Figure]:
    """The slowest of some turns each, over the page's own event stream. Raises Lost."""
    hand = system.hand
    tax = system.children["department-tax"]
    faults: tuple[tuple[str, str, Callable[[], None], Callable[[], None]], ...] = (
        ("printer out of paper", _PRINTER, hand.out_of_paper, hand.refill),
        (
            "printer's cable pulled",
            _PRINTER,
            lambda: hand.unplug("receipt_printer"),
            lambda: hand.plug("receipt_printer"),
        ),
        ("department's system killed", _DEPARTMENT, tax.kill, tax.start),
    )
    return [
        Figure(
            name=f"{name} → the console says so, slowest of {TURNS}",
            value=max(_turns(staff, words, begin=begin, end=end)),
            unit="s",
            against="issue 2",
            limit=TOLD_S,
        )
        for name, words, begin, end in faults
    ]


def _turns(
    staff: Staff, words: str, *, begin: Callable[[], None], end: Callable[[], None]
) -> list[float]:
    """Seconds from the fault to the page with these words; each turn ends with a page without."""
    taken: list[float] = []
    with staff.looks() as looks:
        for _ in range(TURNS):
            _look_until(staff, looks, lambda page: words not in page)
            began = time.monotonic()
            begin()
            _look_until(staff, looks, lambda page: words in page)
            taken.append(time.monotonic() - began)
            end()
        _look_until(staff, looks, lambda page: words not in page)
    return taken


def _look_until(staff: Staff, looks: Iterator[None], is_so: Callable[[str], bool]) -> None:
    """Look now, and then as an open page does: whenever its stream says that there is news."""
    deadline = time.monotonic() + _LONGEST_S
    while not is_so(staff.page("/")):
        if time.monotonic() > deadline:
            raise Lost(f"the console does not say so within {_LONGEST_S:.0f} s")
        next(looks)
