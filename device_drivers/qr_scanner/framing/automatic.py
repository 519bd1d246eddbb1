"""Finding out which language a scanner speaks: by asking, in a fixed order, and by what it says.

1. Asked (`QUESTIONS`, in this order: SSI, Newland, old Newland, Honeywell), it answers in its own
   way; none of the questions changes anything in a scanner. The answer may come late.
2. What it says by itself is a whole SSI packet with code in it.
3. Else it sends plain lines, told apart by silence; STX … ETX is taken off where it is there.
"""

from collections.abc import Callable, Mapping

from device_drivers.qr_scanner.framing import honeywell, newland, ssi
from device_drivers.qr_scanner.framing.arrival import Arrival, Framing, FramingName
from device_drivers.qr_scanner.framing.honeywell import HoneywellFraming
from device_drivers.qr_scanner.framing.line import Burst, BurstFraming, LineFraming
from device_drivers.qr_scanner.framing.newland import NewlandFraming
from device_drivers.qr_scanner.framing.ssi import SsiFraming

QUESTIONS = (ssi.QUESTION, newland.QUESTION, newland.ENTER_SETTING, honeywell.QUESTION)

MAKERS: Mapping[FramingName, Callable[[], Framing]] = {
    "line": LineFraming,
    "newland": NewlandFraming,
    "honeywell": HoneywellFraming,
    "ssi": SsiFraming,
}


def recognise(burst: bytes) -> FramingName | None:
    """Whose burst this is; None where it could be anybody's."""
    if newland.is_old_answer(burst) or newland.is_unified_answer(burst):
        return "newland"
    if honeywell.is_answer_to_question(burst):
        return "honeywell"
    size = burst[0] + ssi.CHECKSUM_BYTES if burst else 0
    packet = ssi.decode(burst[:size])
    if packet is not None and packet.source == ssi.DECODER and packet.opcode in _SSI_OPCODES:
        return "ssi"
    return None


_SSI_OPCODES = frozenset({ssi.CMD_ACK, ssi.CMD_NAK, ssi.DECODE_DATA})


class AutoFraming:
    """Plain lines by silence until a burst tells that it is another language; that stays."""

    def __init__(self) -> None:
        self._burst = Burst()
        self._spoken: Framing | None = None
        self._plain: Framing = BurstFraming()

    @property
    def is_decided(self) -> bool:
        """Has the scanner told its language?"""
        return self._spoken is not None

    @property
    def begin(self) -> tuple[bytes, ...]:
        """Those of the language; none for plain lines."""
        return self._language.begin

    @property
    def end(self) -> tuple[bytes, ...]:
        """Those of the language; none for plain lines."""
        return self._language.end

    @property
    def discard(self) -> tuple[bytes, ...]:
        """Those of the language; none for plain lines."""
        return self._language.discard

    @property
    def is_answering(self) -> bool:
        """As the language has it."""
        return self._language.is_answering

    @property
    def questions(self) -> tuple[bytes, ...]:
        """Those of the language; none for plain lines."""
        return self._language.questions

    @property
    def ends_by_silence(self) -> bool:
        """Every language that can be found does."""
        return True

    @property
    def is_waiting(self) -> bool:
        """Has a burst begun?"""
        return self._burst.is_waiting or self._language.is_waiting

    def take(self, data: bytes) -> list[Arrival]:
        """Keep until the line is quiet, or hand to the language found."""
        if self._spoken is not None:
            return self._spoken.take(data)
        return self._burst.add(data)

    def pause(self) -> list[Arrival]:
        """The burst is whole: it may tell the language."""
        if self._spoken is not None:
            return self._spoken.pause()
        burst = self._burst.end()
        name = recognise(burst)
        if name is not None:
            self._spoken = MAKERS[name]()
        return [*self._language.take(burst), *self._language.pause()]

    def forget(self) -> None:
        """Drop the burst, and what the language has begun; which language it is stays."""
        self._burst.end()
        self._language.forget()

    def again(self, command: bytes) -> bytes:
        """As the language has it."""
        return self._language.again(command)

    @property
    def _language(self) -> Framing:
        return self._spoken or self._plain
