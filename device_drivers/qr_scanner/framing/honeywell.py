"""Honeywell scanners: triggered by command, codes as plain lines, settings as menu commands."""

import re

from device_drivers.qr_scanner.framing.arrival import Answered, Arrival
from device_drivers.qr_scanner.framing.line import Burst, codes_of

# DEVICES.md 5.1, "Honeywell"
TRIGGER = bytes.fromhex("16 54 0D")
TRIGGER_OFF = bytes.fromhex("16 55 0D")
_MENU = bytes.fromhex("16 4D 0D")
_VOLATILE = b"!"
"""To RAM. The driver has no word for the other, which writes to the flash: that wears."""

_ANSWER = re.compile(
    rb"(?i)[0-9A-Z]{3,6}[^\x05\x06\x15\r\n]{0,64}(?:(?P<ack>\x06)|[\x05\x15])[.!;,]?"
)
"""The command again with ACK, ENQ (no such tag) or NAK (no such value) before its punctuation
(N431x and 1250g guides, "Responses")."""


def encode_setting(command: str) -> bytes:
    """A menu command such as `232BAD9`, or a query such as `232BAD?`; gone with the power."""
    return _MENU + command.encode("ascii") + _VOLATILE


_BAUD_TAG = b"232BAD"
QUESTION = _MENU + _BAUD_TAG + b"?" + _VOLATILE
"""Asks for the speed it is set to and changes nothing."""


def is_answer_to_question(data: bytes) -> bool:
    """Is this wholly the answer to `QUESTION`?"""
    return data.upper().startswith(_BAUD_TAG) and _ANSWER.fullmatch(data) is not None


class HoneywellFraming:
    """The trigger gets no answer; codes are told by silence."""

    begin: tuple[bytes, ...] = (TRIGGER,)
    end: tuple[bytes, ...] = (TRIGGER_OFF,)
    discard: tuple[bytes, ...] = ()
    is_answering: bool = False
    questions: tuple[bytes, ...] = (QUESTION,)
    ends_by_silence: bool = True

    def __init__(self) -> None:
        self._burst = Burst()

    @property
    def is_waiting(self) -> bool:
        """Has a burst begun?"""
        return self._burst.is_waiting

    def take(self, data: bytes) -> list[Arrival]:
        """Add to the burst."""
        return self._burst.add(data)

    def pause(self) -> list[Arrival]:
        """The burst is whole: an answer, or codes."""
        burst = self._burst.end()
        answer = _ANSWER.fullmatch(burst)
        if answer is not None:
            return [Answered(answer["ack"] is not None)]
        return codes_of(burst)

    def forget(self) -> None:
        """Drop the burst."""
        self._burst.end()

    def again(self, command: bytes) -> bytes:
        """As the first time."""
        return command
