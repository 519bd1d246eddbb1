"""Newland scanners (新大陆): the old setting commands and the "unified" ones, one trigger for both.

Codes come as plain lines; the answers to commands stand before or behind them.
"""

import re

from device_drivers.qr_scanner.framing.arrival import (
    GLITCH,
    Answered,
    Arrival,
    Noise,
    ReplyDue,
)
from device_drivers.qr_scanner.framing.line import Burst, arrivals_of, split_burst

# DEVICES.md 5.1, "Newland new"
ACK = b"\x06"
NAK = b"\x15"
TRIGGER = b"\x1b\x31"
_HOST_HEADER = bytes.fromhex("7E 01 30 30 30 30")
_SCANNER_HEADER = bytes.fromhex("02 01 30 30 30 30")
"""Printed in the HR52 manual, "Programming with Serial Commands": six bytes, as DEVICES.md says."""
_SUFFIX = bytes.fromhex("3B 03")
_VOLATILE = b"#"
"""Gone with the power. The driver has no word for the other, which writes to the flash."""

# DEVICES.md 5.1, "Newland old"
ENTER_SETTING = b"$$$$"
LEAVE_SETTING = b"%%%%"
ENTERED = b"@@@@"
LEFT = b"^^^^"

_ANSWER = re.compile(
    rb"(?P<ack>\x06)|\x15|\x02\x010000[^\x02\x03]{0,64}?(?:(?P<framed>\x06)|[\x05\x15]);\x03"
)
_FRAMED = re.compile(rb"\x02\x010000[^\x02\x03]{0,64}?(?:(?P<ack>\x06)|[\x05\x15]);\x03")
_OLD_ANSWER = re.compile(rb"(?P<accepted>@@@@|\^\^\^\^)|\?[0-9.]{0,10};")
"""Plain text, so taken for an answer only where nothing else came on the same line. The last is
said by one that is in its settings, to whatever is no setting."""


def encode_setting(command: str) -> bytes:
    """A unified command such as `SCNMOD0`, or a query such as `SCNMOD*`; gone with the power."""
    return _HOST_HEADER + _VOLATILE + command.encode("ascii") + _SUFFIX


QUESTION = encode_setting("SCNMOD*")
"""Asks for the scan mode and changes nothing."""
TRIGGER_OFF = encode_setting("SCNMOD0")
"""Back to level mode, in which it waits for the trigger; the documents at hand name no other way to
end a reading. An old scanner does not know it, and stops at the end of its reading time."""


def is_unified_answer(data: bytes) -> bool:
    """Is this wholly an answer to a unified command?"""
    return data.startswith(_SCANNER_HEADER) and _ANSWER.fullmatch(data) is not None


def is_old_answer(data: bytes) -> bool:
    """Is this wholly what an old one says of its settings?"""
    return _OLD_ANSWER.fullmatch(data) is not None


class NewlandFraming:
    """Triggered by command; the acknowledgement comes first, then plain lines, told by silence."""

    begin: tuple[bytes, ...] = (TRIGGER,)
    end: tuple[bytes, ...] = (TRIGGER_OFF,)
    discard: tuple[bytes, ...] = ()
    is_answering: bool = True
    ends_by_silence: bool = True

    def __init__(self) -> None:
        self._burst = Burst()
        self._is_old = False
        self._is_leaving = False

    @property
    def questions(self) -> tuple[bytes, ...]:
        """The unified one, then the old one; what was answered before comes first."""
        return (ENTER_SETTING, QUESTION) if self._is_old else (QUESTION, ENTER_SETTING)

    @property
    def is_waiting(self) -> bool:
        """Has a burst begun?"""
        return self._burst.is_waiting

    def take(self, data: bytes) -> list[Arrival]:
        """Answers that stand first are told at once; what follows waits for silence.

        That the settings were left is said there only where it is due, and answers no command of
        the driver's: a code shown at that moment comes on the same line behind it.
        """
        stream, self._burst.content = self._burst.content + data, b""
        arrivals: list[Arrival] = []
        while True:
            if self._is_leaving and stream.startswith(LEFT):
                self._is_leaving = False
                stream = stream[len(LEFT) :]
            elif (answer := _ANSWER.match(stream)) is not None:
                arrivals.append(_answered(answer))
                stream = stream[answer.end() :]
            else:
                return arrivals + self._burst.add(stream)

    def pause(self) -> list[Arrival]:
        """The burst is whole: the answers in it, then the codes.

        No code begins or ends with ACK or NAK; inside a code they stay.
        """
        burst = self._burst.end()
        bare = _FRAMED.sub(b"", burst)
        codes = bare.strip(ACK + NAK)
        begin = bare.find(codes)
        arrivals: list[Arrival] = [
            *(Answered(answer["ack"] is not None) for answer in _FRAMED.finditer(burst)),
            *(Answered(byte in ACK) for byte in bare[:begin] + bare[begin + len(codes) :]),
        ]
        clean = codes.lstrip(GLITCH)
        if len(clean) < len(codes):
            arrivals.append(Noise(len(codes) - len(clean)))
        for payload in split_burst(clean):
            code = payload.strip(ACK + NAK)
            old = _OLD_ANSWER.fullmatch(code)
            arrivals += arrivals_of([code]) if old is None else self._old_answered(code, old)
        return arrivals

    def forget(self) -> None:
        """Drop the burst."""
        self._burst.end()

    def again(self, command: bytes) -> bytes:
        """As the first time."""
        return command

    def _old_answered(self, said: bytes, answer: re.Match[bytes]) -> list[Arrival]:
        """Let it out of its settings, whoever brought it there: nothing is to be set.

        One that refuses even that is not told again, or the two would never come to an end.
        """
        accepted = answer["accepted"] is not None
        self._is_old = True
        self._is_leaving = said == ENTERED or (not accepted and not self._is_leaving)
        leave: list[Arrival] = [ReplyDue(LEAVE_SETTING)] if self._is_leaving else []
        return [Answered(accepted), *leave]


def _answered(answer: re.Match[bytes]) -> Answered:
    return Answered(answer["ack"] is not None or answer["framed"] is not None)
