"""Where cut paper goes: it hangs from the printer, or a presenter holds it until GS e moves it."""

import asyncio
from collections.abc import Callable
from typing import Literal

from device_drivers.receipt_printer.emulator.paper import PrintedReceipt

_LEAST_DRAWN_IN_MM = 90.0
"""Our choice: the rollers of a presenter turn so far, however short the ticket is."""
_KEPT = 50
"""Receipts remembered: an emulator that runs for days must not grow."""


class Mouth:
    """The way out of one printer. A hand that holds on while paper is drawn in has the paper."""

    def __init__(self, *, has_presenter: bool, retract_mm_per_s: float) -> None:
        self.receipts: list[PrintedReceipt] = []
        """Every piece cut, oldest first."""
        self.hanging: PrintedReceipt | None = None
        self.retracted: list[PrintedReceipt] = []
        """Pieces the presenter took back, oldest first."""
        self.moves_refused = 0
        """How often a jammed presenter was told to move its paper."""
        self.is_jammed = False
        self.is_snatched_at = False
        self.when_torn_off: Callable[[], None] = lambda: None
        self._held: PrintedReceipt | None = None
        """The piece that lies cut in the presenter."""
        self._has_presenter = has_presenter
        self._retract_mm_per_s = retract_mm_per_s

    def take(self, receipt: PrintedReceipt) -> None:
        """The knife has cut it off."""
        self.receipts = [*self.receipts, receipt][-_KEPT:]
        if self._has_presenter:
            self._held = receipt
            return
        self.hanging = receipt

    def tear_off(self) -> PrintedReceipt | None:
        """A hand takes what hangs there."""
        taken, self.hanging = self.hanging, None
        self.when_torn_off()
        return taken

    async def move(self, act: Literal["retract", "present", "eject", "status"]) -> None:
        """GS e (4.4): a ticket not yet presented and one in the mouth are moved alike."""
        match act:
            case "eject" | "retract" if self.is_jammed:
                self.moves_refused += 1
            case "retract" if self._held is None and self.hanging is not None:
                await self._draw_in(self.hanging)
            case "present":
                self.hanging, self._held = self._held or self.hanging, None
            case "eject":
                self.hanging, self._held = None, None
            case "retract":
                self._take_back(self._held)
                self._held = None

    async def _draw_in(self, ticket: PrintedReceipt) -> None:
        """Its end leaves the mouth last."""
        if self.is_snatched_at:
            self.is_snatched_at = False
            self.tear_off()
        if self.hanging is not None:
            drawn_mm = max(ticket.length_mm, _LEAST_DRAWN_IN_MM)
            await asyncio.sleep(drawn_mm / self._retract_mm_per_s)
        self._take_back(self.hanging)
        self.hanging = None

    def _take_back(self, receipt: PrintedReceipt | None) -> None:
        if receipt is not None:
            self.retracted = [*self.retracted, receipt][-_KEPT:]
