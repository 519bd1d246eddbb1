"""Asks a printer how it is, over one line, and keeps count of the ends of jobs it owes.

`GS r 1` is answered in its turn, so an answer may come long after its question, behind those to
later questions. On a connection each is counted when it is sent and when its answer comes.
"""

import time
from typing import Literal, TypeVar

from device_drivers.receipt_printer.interface import PrinterStatus, TicketStatus
from device_drivers.receipt_printer.status_bits import AutomaticPrinterBits
from device_drivers.receipt_printer.status_bytes import (
    ASK_AUTOMATIC_STATUS,
    ASK_FULL_STATUS,
    CLEAR_BUFFERS,
    NO_AUTOMATIC_STATUS,
    RECOVER,
    AutomaticStatus,
    Cleared,
    EndOfJob,
    FullStatus,
    Heard,
    Hearing,
    Question,
    RealTimeAnswer,
    ask,
)
from device_drivers.receipt_printer.understanding import (
    Answers,
    understand,
    understand_automatic,
    understand_full,
)
from device_drivers.transport.serial_port import SerialPort

StatusSource = Literal["real_time", "automatic", "custom"]
"""`real_time` asks DLE EOT 1 to 4; `automatic` GS a, of models that know no DLE EOT; `custom` DLE
EOT 20, of the Custom family (DEVICES.md 4.3, 4.4)."""

_Answer = TypeVar("_Answer", RealTimeAnswer, FullStatus, AutomaticStatus)

ANSWER_S = 0.2
"""A real-time answer takes a few ms on any line; five questions still fit into 1 s."""
_IN_TURN_S = 0.8
"""GS a is answered after what the printer is busy with; one question only, within 1 s."""


class Questions:
    """One printer's status. Its methods are called inside a conversation of the line.

    `knows_full_status`: the printer has a presenter, which is asked beside the four questions.
    """

    def __init__(
        self, line: SerialPort, *, source: StatusSource, knows_full_status: bool = False
    ) -> None:
        self._line = line
        self._source = source
        self._knows_full_status = knows_full_status or source == "custom"
        self._hearing = Hearing(knows_full_status=self._knows_full_status)
        self._automatic: bytes | None = None
        """The last automatic report on this connection."""
        self.ends_owed = 0
        """GS r 1 not answered: sent on this connection, or on one before it (`owe_end`)."""
        self.last_end: EndOfJob | None = None
        """The last answer to one of them."""
        self.has_ended = False
        """No end is owed of the last job sent on this connection; see `is_proven`."""
        self.was_cleared = False
        """The printer said that its buffers are empty, and no job was sent since it was asked."""
        self._is_clearing = False

    @property
    def automatic_status(self) -> bytes:
        """The GS a that belongs on this printer."""
        return ASK_AUTOMATIC_STATUS if self._source == "automatic" else NO_AUTOMATIC_STATUS

    @property
    def is_behind_a_job(self) -> bool:
        """Silence may only mean that a job sent earlier is not finished."""
        return self._source == "automatic" and self.ends_owed > 0

    def forget(self) -> None:
        """The line was opened anew: nothing is owed on it."""
        self._hearing = Hearing(knows_full_status=self._knows_full_status)
        self._automatic = None
        self.forget_ends()
        self.has_ended = self.was_cleared = self._is_clearing = False

    def forget_ends(self) -> None:
        """The printer had all the time it may take: what is still owed was lost."""
        self.ends_owed = 0

    def owe_end(self) -> None:
        """A job not sent on this connection, or whose end was in doubt, may still end on it."""
        self.ends_owed = max(self.ends_owed, 1)

    async def begin(self) -> None:
        """Say which automatic status is wanted. Raises DeviceFault."""
        await self._line.write(self.automatic_status, within_s=ANSWER_S)

    async def send_clear(self) -> None:
        """Ask the printer to drop what it has not printed. Raises DeviceFault.

        The answer sets `was_cleared`, whoever hears it, and however late.
        """
        await self._forget_input()
        self.was_cleared, self._is_clearing = False, True
        await self._line.write(CLEAR_BUFFERS, within_s=ANSWER_S)

    async def await_cleared(self, within_s: float) -> None:
        """Wait until the printer says that it has, or time is up. Raises DeviceFault."""
        deadline = time.monotonic() + within_s
        while not self.was_cleared and (left := deadline - time.monotonic()) > 0:
            self._take(await self._line.read(within_s=left))

    async def hear_out(self) -> None:
        """Of a printer that was cleared: an end already on its way is one, then none is owed.

        Its answer may have overtaken that end, as every real-time answer may. Raises DeviceFault.
        """
        await self.listen_for_end(ANSWER_S)
        self.forget_ends()

    async def recover(self) -> None:
        """Clear the buffers and end an error of the cutter; not answered. Raises DeviceFault."""
        await self._line.write(RECOVER, within_s=ANSWER_S)

    async def status(self) -> PrinterStatus:
        """One round of questions. Raises DeviceFault when the line is gone."""
        match self._source:
            case "real_time":
                return await self._real_time()
            case "custom":
                return understand_full(await self._full())
            case "automatic":
                return await self._asked_automatic()

    async def status_while_printing(self) -> PrinterStatus:
        """As `status`, but GS a waits behind the job: its last report is the newest there is."""
        if self._source != "automatic":
            return await self.status()
        await self._forget_input()
        return understand_automatic(self._automatic)

    async def ticket(self) -> TicketStatus:
        """Is paper in the mouth? Raises DeviceFault."""
        return understand_full(await self._full()).ticket

    async def listen_for_end(self, within_s: float) -> None:
        """Wait until no end of a job is owed any more, or time is up. Raises DeviceFault."""
        deadline = time.monotonic() + within_s
        while self.ends_owed and (left := deadline - time.monotonic()) > 0:
            self._take(await self._line.read(within_s=left))

    def begin_job(self) -> None:
        """One more end is owed; a whole round of answers has passed, so a half unit was lost."""
        self._hearing.forget_half()
        self._hearing.noise = 0
        self.ends_owed += 1
        self.has_ended = self.was_cleared = self._is_clearing = False

    @property
    def is_proven(self) -> bool:
        """The last job sent on this connection was executed to its end.

        Not when bytes came since it began that no printer sends: its end may be one of them.
        """
        return self.has_ended and self._hearing.noise == 0

    async def _real_time(self) -> PrinterStatus:
        """A silent printer is asked once, not four times."""
        printer = await self._ask(Question.PRINTER)
        if printer is None:
            return understand(Answers())
        answers = Answers(
            printer=printer,
            offline_cause=await self._ask(Question.OFFLINE_CAUSE),
            error_cause=await self._ask(Question.ERROR_CAUSE),
            paper=await self._ask(Question.PAPER),
            full=await self._full() if self._knows_full_status else None,
        )
        return understand(answers)

    async def _ask(self, question: Question) -> int | None:
        answer = await self._answer_of(ask(question), RealTimeAnswer)
        return None if answer is None else answer.byte

    async def _full(self) -> bytes | None:
        """DLE EOT 20, only when no end of a job is due: a torn one could be taken for it."""
        if self.ends_owed and self._source != "custom":
            return None
        answer = await self._answer_of(ASK_FULL_STATUS, FullStatus)
        return None if answer is None else answer.frame

    async def _asked_automatic(self) -> PrinterStatus:
        """GS a is answered by a report at once, but not executed off line.

        The last report before the silence said so, if it was so: each change is reported, so an
        answer is not waited for long then.
        """
        await self._forget_input()
        within_s = ANSWER_S if self._is_told_offline else _IN_TURN_S
        answer = await self._answer_of(ASK_AUTOMATIC_STATUS, AutomaticStatus, within_s)
        if answer is not None:
            return understand_automatic(answer.frame)
        return understand_automatic(self._automatic if self._is_told_offline else None)

    @property
    def _is_told_offline(self) -> bool:
        told = self._automatic
        return told is not None and told[0] & AutomaticPrinterBits.OFFLINE != 0

    async def _answer_of(
        self, question: bytes, kind: type[_Answer], within_s: float = ANSWER_S
    ) -> _Answer | None:
        await self._forget_input()
        await self._line.write(question, within_s=ANSWER_S)
        deadline = time.monotonic() + within_s
        while (left := deadline - time.monotonic()) > 0:
            for heard in self._take(await self._line.read(within_s=left)):
                if isinstance(heard, kind):
                    return heard
        return None

    async def _forget_input(self) -> None:
        """Old answers mean nothing; an end of job among them is counted, a report remembered."""
        while stale := await self._line.read(within_s=0):
            self._take(stale)

    def _take(self, data: bytes) -> list[Heard]:
        """What the bytes say; each end of a job that is owed is counted, a stray one is not."""
        heard = self._hearing.hear(data)
        for each in heard:
            if isinstance(each, AutomaticStatus):
                self._automatic = each.frame
            if isinstance(each, EndOfJob) and self.ends_owed:
                self.ends_owed -= 1
                self.last_end = each
                self.has_ended = self.ends_owed == 0
            if isinstance(each, Cleared) and self._is_clearing:
                self.was_cleared, self._is_clearing = True, False
        return heard
