"""Rids a printer of what a broken receipt has left in it, before anybody else's is printed.

A printer that stops for paper, cover or knife keeps what it has received, and prints it when it is
put right: one citizen's lines into the next one's hands. So whenever a job is not seen to end, its
buffers are cleared (DLE DC4 8; after an error of the knife DLE ENQ 2 as well), and what was printed
of it is cut off as soon as the printer is on line. A printer that is found stopped before this
driver has sent it anything is taken to hold such a receipt, of a program that has ended since.

A make that does not know DLE DC4 8 gives no answer. Then nothing is known of its buffers, and
nothing is taken for granted: its end stays owed, also on a line that was opened anew, so that what
waits in them is printed and cut off before the next job is sent; and a job that follows on one lost
with its line begins with `escpos.RECOVERY`. The bytes do no harm there: they follow on a whole job,
are all control characters, and ESC @ at the head of the next one drops even a printer's idea of
them as text.
"""

from enum import Enum, auto

from device_drivers.receipt_printer import escpos
from device_drivers.receipt_printer.interface import CutterStatus, PrinterStatus
from device_drivers.receipt_printer.questions import Questions
from device_drivers.status import DeviceStatus
from device_drivers.transport.serial_port import SerialPort

_CLEARED_S = 0.3
"""No manual says how long it takes; status() has as long to spare. A later answer counts as well.
"""
_WRITE_S = 0.2


class _Left(Enum):
    """What may still come out of the printer."""

    UNKNOWN = auto()
    """Whatever a program before this one has sent; in doubt only where the printer is stopped."""
    NOTHING = auto()
    WHOLE = auto()
    """A job that has not been seen to end, every byte of it sent on this line."""
    TORN = auto()
    """One of which bytes may have been lost: the printer may still wait for the rest of a picture,
    and was not told to cut."""


_A_JOB = frozenset({_Left.WHOLE, _Left.TORN})


class Remains:
    """What the last job left in one printer. Used inside a conversation of the line.

    `is_clearing`: the printer may be sent DLE DC4 and DLE ENQ.
    """

    def __init__(self, line: SerialPort, asking: Questions, *, is_clearing: bool) -> None:
        self._line = line
        self._asking = asking
        self._is_clearing = is_clearing
        self._left = _Left.UNKNOWN
        self._is_asked = False
        self._is_recovery_tried = False
        self._has_piece = False
        """What was printed of it hangs in the printer, not cut off."""

    @property
    def are_there(self) -> bool:
        """The last job sent has not been seen to end."""
        return self._left in _A_JOB

    def begin_job(self) -> bytes:
        """A job is sent; what it must begin with."""
        lead = escpos.RECOVERY if self._left is _Left.TORN else b""
        self._left = _Left.WHOLE
        self._is_asked = False
        return lead

    def end_job(self) -> None:
        """It was executed to its end."""
        self._left = _Left.NOTHING

    async def line_opened(self) -> None:
        """Clear what the job lost with the old line has left. Raises DeviceFault."""
        self._is_asked = self._is_recovery_tried = False
        if self.are_there:
            self._left = _Left.TORN
            self._asking.owe_end()
            await self.clear()

    async def clear(self) -> None:
        """Have the buffers cleared, asked once for each job and line. Raises DeviceFault."""
        if self._is_asked or not self._is_clearing:
            return
        await self._asking.send_clear()
        self._is_asked = True
        await self._asking.await_cleared(_CLEARED_S)
        await self._see_them_gone()

    async def see_to(self, status: PrinterStatus, *, is_stopped: bool) -> None:
        """Do what `status`, the newest there is, calls for. Raises DeviceFault.

        `is_stopped`: the printer will execute nothing until a person comes.
        """
        await self._see_them_gone()
        if self.are_there and self._asking.is_proven:
            self.end_job()
        if is_stopped:
            self._suspect_the_past()
            await self.clear()
        await self._recover(status)
        if self._has_piece and status.device is DeviceStatus.ONLINE:
            await self._line.write(escpos.CUT_OFF, within_s=_WRITE_S)
            self._has_piece = False

    def may_recover_again(self) -> None:
        """Whoever wants to print may have freed the knife."""
        self._is_recovery_tried = False

    async def _recover(self, status: PrinterStatus) -> None:
        """An error of the knife lasts until it is told to go on, whether or not it was freed.

        Told once, and again when the line is opened or a job wants to be printed: a knife that is
        stuck is not to be run against its obstacle all night.
        """
        if status.cutter is not CutterStatus.STUCK:
            self._is_recovery_tried = False
        elif self._is_clearing and not self._is_recovery_tried:
            if self.are_there:
                self._left = _Left.TORN
            await self._asking.recover()
            self._is_recovery_tried = True

    def _suspect_the_past(self) -> None:
        """A kiosk that was started anew does not know what was sent before.

        No end is owed by it: the first citizen after each empty roll would wait for one in vain.
        """
        if self._left is _Left.UNKNOWN:
            self._left = _Left.TORN

    async def _see_them_gone(self) -> None:
        if not self.are_there or not self._asking.was_cleared:
            return
        await self._asking.hear_out()
        self._has_piece = self._has_piece or not self._asking.is_proven
        self._left = _Left.NOTHING
