"""The presenter of a kiosk printer: it holds the ticket out, sees it taken, and can draw it back.

GS e and the mouth's sensor: DEVICES.md 4.4, the Custom family. Other makers' codes differ, so a
printer has a presenter only where its configuration says so.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Literal

from device_drivers.errors import DeviceFault, FaultCode
from device_drivers.receipt_printer import escpos
from device_drivers.receipt_printer.interface import PrintProgress, TicketEnd, TicketStatus
from device_drivers.receipt_printer.questions import Questions
from device_drivers.transport.serial_port import SerialPort

NotTaken = Literal["retract", "eject", "leave"]
"""A ticket names a citizen: drawn back in, dropped out of the mouth, or left there."""

_POLL_S = 0.1
"""A hand that takes the paper at once needs longer."""
_APPEARS_S = 3.0
"""The job is proved by then: it is in the mouth, or was taken between two looks."""
_MOVES_S = 8.0
"""400 mm of paper drawn back at 100 mm/s, and as much again."""
_LOOKS_AGAIN_S = 1.0
"""A mouth that did not answer is asked so long, some four times, before the next paper."""
_WRITE_S = 0.5


class Presenter:
    """Moves one printer's ticket. Its methods are called inside a conversation of the line."""

    def __init__(
        self,
        line: SerialPort,
        asking: Questions,
        *,
        steps: int,
        taken_within_s: float,
        not_taken: NotTaken,
    ) -> None:
        self._line = line
        self._asking = asking
        self.present = escpos.present(steps)
        """What presents the ticket that was cut just before."""
        self._taken_within_s = taken_within_s
        self._not_taken: NotTaken = not_taken
        self._is_astray = False
        """A ticket was sent, and nobody saw where it went."""

    def begin_job(self) -> None:
        """A ticket is sent; until `hand_over` sees where it went it may be anywhere."""
        self._is_astray = True

    async def hand_over(self, on_progress: Callable[[PrintProgress], None]) -> TicketEnd:
        """Tell PRESENTED and TAKEN as the mouth's sensor does; where the paper went. Never raises.

        A sensor that never saw the paper cannot tell whether somebody took it.
        """
        end = await self._handed_over(on_progress)
        self._is_astray = end is TicketEnd.UNKNOWN
        return end

    async def _handed_over(self, on_progress: Callable[[PrintProgress], None]) -> TicketEnd:
        try:
            if not await self._becomes(TicketStatus.PRESENT, within_s=_APPEARS_S):
                return TicketEnd.UNKNOWN
            on_progress(PrintProgress.PRESENTED)
            if await self._becomes(TicketStatus.NOT_PRESENT, within_s=self._taken_within_s):
                on_progress(PrintProgress.TAKEN)
                return TicketEnd.TAKEN
            if self._not_taken == "leave":
                return TicketEnd.LEFT
            return await self._clear()
        except DeviceFault:
            return TicketEnd.UNKNOWN

    async def make_room(self, seen: TicketStatus) -> FaultCode | None:
        """Do with a ticket nobody took what is configured, before the next citizen's.

        `seen` is the mouth just now. None when the next ticket may come; else why not: it stays in
        the mouth, or nobody can tell, and the two would come out together. Who configured `leave`
        has chosen that they may: None, whatever is seen. Never raises: a line that is gone is seen
        by whoever uses it next.
        """
        if self._not_taken == "leave":
            return None
        try:
            if seen is TicketStatus.UNKNOWN:
                seen = await self._look_again()
            if seen is TicketStatus.UNKNOWN:
                return FaultCode.DEVICE_SILENT
            if seen is TicketStatus.NOT_PRESENT and not self._is_astray:
                return None
            # a mouth that never saw the last ticket may not see it now: what is told to move moves
            if await self._clear() is TicketEnd.LEFT:
                return FaultCode.TICKET_JAMMED
        except DeviceFault:
            return FaultCode.TICKET_JAMMED
        self._is_astray = False
        return None

    async def _look_again(self) -> TicketStatus:
        """UNKNOWN when the mouth never answers. Raises DeviceFault."""
        deadline = time.monotonic() + _LOOKS_AGAIN_S
        while (ticket := await self._asking.ticket()) is TicketStatus.UNKNOWN:
            if time.monotonic() > deadline:
                break
            await asyncio.sleep(_POLL_S)
        return ticket

    async def _clear(self) -> TicketEnd:
        """Draw it back or drop it. Raises DeviceFault.

        The last look before the command saw it. One that is no longer there at the first look after
        the command was gone before a motor could draw it in: a hand may have been faster.
        """
        is_retracting = self._not_taken == "retract"
        command = escpos.RETRACT if is_retracting else escpos.EJECT
        await self._line.write(command, within_s=_WRITE_S)
        deadline = time.monotonic() + _MOVES_S
        is_seen_moving = False
        while (ticket := await self._asking.ticket()) is not TicketStatus.NOT_PRESENT:
            is_seen_moving = is_seen_moving or ticket is TicketStatus.PRESENT
            if time.monotonic() > deadline:
                return TicketEnd.LEFT
            await asyncio.sleep(_POLL_S)
        if not is_retracting:
            return TicketEnd.EJECTED
        return TicketEnd.RETRACTED if is_seen_moving else TicketEnd.UNKNOWN

    async def _becomes(self, wanted: TicketStatus, *, within_s: float) -> bool:
        """A look that got no answer is not the other answer: it is repeated."""
        deadline = time.monotonic() + within_s
        while await self._asking.ticket() is not wanted:
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(_POLL_S)
        return True
