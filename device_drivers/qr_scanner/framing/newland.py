"""Newland scanners (新大陆): the old setting commands and the "unified" ones, one trigger for both.

Codes come as plain lines; the answers to commands stand before or behind them.
"""

import re

from device_drivers.qr_scanner.framing.arrival import Answered, Arrival, ReplyDue
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
_PERMANENT = b"@"

# DEVICES.md 5.1, "Newland old"
ENTER_SETTING = b"$$$$"
LEAVE_SETTING = b"%%%%"
ENTERED = b"@@@@"
LEFT = b"^^^^"
_OLD_BEGIN, _OLD_END = b"#", b";"

_ANSWER = re.compile(
    rb"(?P<ack>\x06)|\x15|\x02\x010000[^\x02\x03]{0,64}?(?:(?P<framed>\x06)|[\x05\x15]);\x03"
)
_FRAMED = re.compile(rb"\x02\x010000[^\x02\x03]{0,64}?[\x05\x06\x15];\x03")
_OLD_ANSWER = re.compile(rb"(?P<accepted>@@@@|\^\^\^\^|![0-9]{8};)|\?[0-9.]{0,10};")
"""Plain text, so taken for an answer only where nothing else came on the same line."""


def encode_setting(command: str, *, keep: bool = False) -> bytes:
    """A unified command such as `SCNMOD0`, or a query such as `SCNMOD*`.

    Without `keep` it is gone with the power: the scanner's flash wears.
    """
    storage = _PERMANENT if keep else _VOLATILE
    return _HOST_HEADER + storage + command.encode("ascii") + _SUFFIX


def encode_old_setting(number: str) -> bytes:
    """A setting of the old kind, such as `99900030`, to be sent between ENTER and LEAVE."""
    return _OLD_BEGIN + number.encode("ascii") + _OLD_END


QUESTION = encode_setting("SCNMOD*")
"""Asks for the scan mode and changes nothing."""
TRIGGER_OFF = encode_setting("SCNMOD0")
"""Back to level mode, in which it waits for the trigger; the documents at hand name no other way to
end a reading. An old scanner does not know it, and stops at the end of its reading time."""


def is_unified_answer(data: bytes) -> bool:
    """Is this wholly an answer to a unified command?"""
    return data.startswith(_SCANNER_HEADER) and _ANSWER.fullmatch(data) is not None


class NewlandFraming:
    """Triggered by command; the acknowledgement comes first, then plain lines, told by silence."""

    begin: tuple[bytes, ...] = (TRIGGER,)
    end: tuple[bytes, ...] = (TRIGGER_OFF,)
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

        One that says the settings were left is an answer there only where it is due: a code shown
        at that moment comes on the same line behind it.
        """
        stream, self._burst.content = self._burst.content + data, b""
        arrivals: list[Arrival] = []
        while True:
            if self._is_leaving and stream.startswith(LEFT):
                self._is_leaving = False
                arrivals.append(Answered(True))
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
        without_frames, frames = _FRAMED.subn(b"", burst)
        bare = without_frames.strip(ACK + NAK)
        payloads = [payload.strip(ACK + NAK) for payload in split_burst(bare)]
        answers = frames + len(without_frames) - len(bare)
        arrivals: list[Arrival] = [Answered(True)] * answers
        for payload in payloads:
            old = _OLD_ANSWER.fullmatch(payload)
            if old is None:
                arrivals += arrivals_of([payload])
                continue
            self._is_old = True
            arrivals.append(Answered(old["accepted"] is not None))
            self._is_leaving = payload == ENTERED
            if self._is_leaving:
                arrivals.append(ReplyDue(LEAVE_SETTING))  # nothing is to be set
        return arrivals


def _answered(answer: re.Match[bytes]) -> Answered:
    return Answered(answer["ack"] is not None or answer["framed"] is not None)
