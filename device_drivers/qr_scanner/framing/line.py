"""Plain lines: the payload and CR, LF, CR LF or nothing behind it, or STX … ETX around it."""

import re

from device_drivers.qr_scanner.framing.arrival import (
    GLITCH,
    LONGEST_CODE,
    Arrival,
    CodeArrived,
    Noise,
    is_glitch,
)

# DEVICES.md 5.1, "Plain"; control characters of ISO/IEC 646
_STX = b"\x02"
_ETX = b"\x03"
_CR, _LF, _CR_LF = b"\r", b"\n", b"\r\n"
_LINE_ENDS = _CR_LF
_LONE_CR, _LONE_LF = re.compile(rb"\r(?!\n)"), re.compile(rb"(?<!\r)\n")
_FIRST_LINE_END = re.compile(rb"[\r\n]")


def split_burst(burst: bytes) -> list[bytes]:
    r"""Split what came without a pause into payloads without their suffix.

    STX … ETX is one payload. Else the suffix is what the burst ends with: CR LF, CR, LF or
    nothing. The same suffix inside it parts two codes; other line ends inside are part of a code,
    as in a business card.
    """
    payloads: list[bytes] = []
    while burst.startswith(_STX) and (end := burst.find(_ETX)) > 0:
        payloads.append(burst[1:end])
        burst = burst[end + 1 :].lstrip(_LINE_ENDS)
    if burst.endswith(_CR_LF):
        payloads += burst.split(_CR_LF)
    elif burst.endswith(_CR):
        payloads += _LONE_CR.split(burst)
    elif burst.endswith(_LF):
        payloads += _LONE_LF.split(burst)
    else:
        payloads.append(burst)
    return [payload for payload in payloads if payload]


def codes_of(burst: bytes) -> list[Arrival]:
    """The codes in a burst, without what a bad contact sent before the first."""
    codes = burst.lstrip(GLITCH)
    dropped = len(burst) - len(codes)
    return [*([Noise(dropped)] if dropped else []), *arrivals_of(split_burst(codes))]


def arrivals_of(payloads: list[bytes]) -> list[Arrival]:
    """Each payload as a code, but for what a bad contact sends."""
    return [
        Noise(len(payload)) if is_glitch(payload) else CodeArrived(payload)
        for payload in payloads
        if payload
    ]


class Burst:
    """What has come since the last pause; what is too long to be a code is dropped to its end."""

    def __init__(self) -> None:
        self.content = b""
        self._is_overlong = False

    @property
    def is_waiting(self) -> bool:
        """Has a burst begun?"""
        return bool(self.content) or self._is_overlong

    def add(self, data: bytes) -> list[Arrival]:
        """Keep it, or tell how much was dropped."""
        self.content += data
        if not self._is_overlong and len(self.content) <= LONGEST_CODE:
            return []
        self._is_overlong = True
        dropped, self.content = len(self.content), b""
        return [Noise(dropped)] if dropped else []

    def end(self) -> bytes:
        """The whole burst; empty where it was dropped."""
        whole, self.content, self._is_overlong = self.content, b"", False
        return whole


class BurstFraming:
    """Codes told apart by silence, whatever suffix the scanner is set to, even none.

    What a bad contact sends before a code is no part of it: no text in any encoding a code is
    written with begins so.
    """

    begin: tuple[bytes, ...] = ()
    end: tuple[bytes, ...] = ()
    discard: tuple[bytes, ...] = ()
    is_answering: bool = False
    questions: tuple[bytes, ...] = ()
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
        """The burst is whole."""
        return codes_of(self._burst.end())

    def forget(self) -> None:
        """Drop the burst."""
        self._burst.end()

    def again(self, command: bytes) -> bytes:
        """As the first time."""
        return command


class LineFraming:
    """Codes told apart by their line ends or STX … ETX; a code without one is none.

    What a bad contact sends between two codes is no part of the second, however long ago it came.
    """

    begin: tuple[bytes, ...] = ()
    end: tuple[bytes, ...] = ()
    discard: tuple[bytes, ...] = ()
    is_answering: bool = False
    questions: tuple[bytes, ...] = ()
    ends_by_silence: bool = False

    def __init__(self) -> None:
        self._rest = b""
        self._is_overlong = False

    @property
    def is_waiting(self) -> bool:
        """Has a line begun?"""
        return bool(self._rest) or self._is_overlong

    def take(self, data: bytes) -> list[Arrival]:
        """Every line that ends here. A CR LF that comes in two pieces ends one code, not two."""
        stream = self._rest + data
        arrivals: list[Arrival] = []
        while stream:
            if not self._is_overlong:
                between, stream = self._between_codes(stream)
                arrivals += [Noise(len(between))] if between else []
            begin, end = self._bounds(stream)
            if end < 0:
                break
            if not self._is_overlong and end <= LONGEST_CODE:
                arrivals += arrivals_of([stream[begin:end]])
            else:
                arrivals.append(Noise(end))
            self._is_overlong = False
            stream = stream[end + 1 :]
        if self._is_overlong or len(stream) > LONGEST_CODE:
            self._is_overlong = self._is_overlong or bool(stream)
            if stream:
                arrivals.append(Noise(len(stream)))
            stream = b""
        self._rest = stream
        return arrivals

    def pause(self) -> list[Arrival]:
        """A line whose end stays away is noise."""
        dropped, self._rest, self._is_overlong = len(self._rest), b"", False
        return [Noise(dropped)] if dropped else []

    def forget(self) -> None:
        """Drop the line."""
        self.pause()

    def again(self, command: bytes) -> bytes:
        """As the first time."""
        return command

    @staticmethod
    def _between_codes(stream: bytes) -> tuple[bytes, bytes]:
        """What a bad contact sent before the next code, and the stream from there on."""
        code = stream.lstrip(_LINE_ENDS + GLITCH)
        return stream[: len(stream) - len(code)].translate(None, _LINE_ENDS), code

    def _bounds(self, stream: bytes) -> tuple[int, int]:
        """Where the payload begins and where what ends it stands, -1 where that has not come."""
        if stream.startswith(_STX) and not self._is_overlong:
            return 1, stream.find(_ETX)
        found = _FIRST_LINE_END.search(stream)
        return 0, -1 if found is None else found.start()
