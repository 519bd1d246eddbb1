"""A Zebra scanner that speaks SSI packets, written from `DEVICES.md` 5.1."""

import threading
import time
from pathlib import Path

from device_drivers.qr_scanner.emulator.scanner import (
    BYTES_PER_S_115200,
    Acknowledgement,
    ScannerEmulator,
)

_READING_S = 9.9
_TRIES = 3
_MOST_DATA = 255 - 4 - 1
"""The length is one byte and counts the header; the code type is one more."""
_TYPES = {
    **{"]A": 0x01, "]F": 0x02, "]C": 0x03, "]I": 0x06, "]G": 0x07, "]E": 0x0B, "]L": 0x11},
    **{"]d": 0x1B, "]Q": 0x1C, "]U": 0x25, "]z": 0x2D, "]e": 0x30},
    **{"]E4": 0x0A, "]C1": 0x0F},
    **{"UPC-A": 0x08, "DataBar Limited": 0x31, "DataBar Expanded": 0x32},
}
"""Code types of DECODE_DATA (SSI Programmer's Guide) by AIM identifier where that tells them, else
by the guide's name: the scanner has its AIM identifiers off, as it comes."""
_SETTINGS = (0xE9, 0xEA, 0xD2, 0xC6)
_START, _STOP, _ENABLE, _DISABLE, _FLUSH = 0xE4, 0xE5, 0xE9, 0xEA, 0xD2
_ACK, _NAK, _DECODE_DATA, _REVISION, _REVISION_REPLY = 0xD0, 0xD1, 0xF3, 0xA3, 0xA4
_RESEND, _BAD_CONTEXT, _DENIED = 0x01, 0x02, 0x06
_SENT_AGAIN = 0x01
"""The only bit of a host's status byte that is not unused and zero."""


class SsiScannerEmulator(ScannerEmulator):
    """Looks from START_SESSION to a code or STOP_SESSION, once it is enabled.

    Each packet wants an answer; without one within `answer_s` (2 s as it comes), or refused because
    it was spoilt, it is sent again, three times in all. Refused for any other reason the code is
    dropped. What is read before another code was handed over waits in a queue, `rest_s` after each
    packet. One that `is_hands_free` looks whenever it is enabled.
    """

    def __init__(
        self,
        link: Path | None = None,
        *,
        answer_s: float = 2.0,
        rest_s: float = 0.0,
        is_hands_free: bool = False,
        bytes_per_s: float | None = BYTES_PER_S_115200,
    ) -> None:
        super().__init__(link, bytes_per_s=bytes_per_s)
        self._answer_s = answer_s
        self._rest_s = rest_s
        self._is_hands_free = is_hands_free
        self._answered = Acknowledgement()
        self._last = b""
        """The command that came last, its opcode and data; empty where it was spoilt."""
        self._was_obeyed = False
        self._flushes = 0
        self._queue: list[bytes] = []
        self._showing = threading.Lock()
        self._is_enabled = True
        self.spoilt = 0
        """How many of the next packets shall come with a wrong checksum."""
        self.deaf = 0
        """How many of the next acknowledgements shall not be heard."""
        self.misheard = 0
        """How many of the next commands shall arrive spoilt."""
        self.loses_first_answers = False
        """True: the answer to a command that is not marked as sent again is lost on the wire."""
        self.lost: list[bytes] = []
        """Codes nobody acknowledged."""

    @property
    def waiting(self) -> int:
        """How many codes were read and are neither handed over nor thrown away."""
        return len(self._queue)

    @property
    def is_looking(self) -> bool:
        """Does it look for codes now?"""
        return super().is_looking or (self._is_hands_free and self._is_enabled)

    def disable(self) -> None:
        """Set to refuse sessions until SCAN_ENABLE comes, as another host may have left it."""
        self._is_enabled = False

    def _obey(self) -> None:
        while len(self._heard) >= 1:
            size = self._heard[0]
            if size < 4:
                self.unknown.append(self._heard[:1])
                self._heard = self._heard[1:]
                continue
            if len(self._heard) < size + 2:
                return
            packet, self._heard = self._heard[: size + 2], self._heard[size + 2 :]
            if self.misheard and packet[1] not in {_ACK, _NAK}:
                self.misheard -= 1
                self._last = b""
                self._packet(_NAK, bytes([_RESEND]))
            elif sum(packet[:-2]) + int.from_bytes(packet[-2:], "big") & 0xFFFF or packet[2] != 4:
                self.unknown.append(packet)
                self._last = b""
                self._packet(_NAK, bytes([_RESEND]))
            else:
                self._command(packet)

    def _command(self, packet: bytes) -> None:
        opcode, status, data = packet[1], packet[3], packet[4:-2]
        is_again = status == _SENT_AGAIN and self._last in {b"", bytes([opcode]) + data}
        if status and not is_again:
            self.unknown.append(packet)
        if opcode in {_ACK, _NAK}:
            if self.deaf and opcode == _ACK:
                self.deaf -= 1
            else:
                self._answered.give(data[0] if opcode == _NAK else _ACK)
            return
        is_done = is_again and self._was_obeyed and self._last != b""
        answer, says = (_ACK, b"") if is_done else self._obeyed_with(opcode, packet)
        self._last, self._was_obeyed = bytes([opcode]) + data, answer == _ACK
        if is_again or not self.loses_first_answers:
            self._packet(answer, says)

    def _obeyed_with(self, opcode: int, packet: bytes) -> tuple[int, bytes]:
        """Do it; the opcode and the data of the answer."""
        if opcode == _START and not self._is_enabled:
            return _NAK, bytes([_DENIED])
        if opcode in {_START, _STOP, *_SETTINGS}:
            self._is_enabled = opcode == _ENABLE or (self._is_enabled and opcode != _DISABLE)
            self._flushes += opcode == _FLUSH
            if opcode == _START:
                self._look(_READING_S)
            elif opcode in {_STOP, _DISABLE}:
                self._look_away()
            return _ACK, b""
        if opcode == _REVISION:
            return _REVISION_REPLY, b"EMULATED 1"
        self.unknown.append(packet)
        return _NAK, bytes([_BAD_CONTEXT])

    def _packet(self, opcode: int, data: bytes = b"", *, status: int = 0) -> None:
        counted = bytes([4 + len(data), opcode, 0, status]) + data
        check = (0x10000 - sum(counted)) & 0xFFFF
        if opcode == _DECODE_DATA and self.spoilt:
            self.spoilt -= 1
            check ^= 0x5A5A
        self._line.send(counted + check.to_bytes(2, "big"))

    def _send_code(self, payload: bytes, identifier: str) -> None:
        read_at = self._flushes
        self._queue.append(payload)
        with self._showing:
            self._look_away()
            parts = [
                payload[start : start + _MOST_DATA]
                for start in range(0, len(payload) or 1, _MOST_DATA)
            ]
            code_type = bytes([_TYPES.get(identifier, _TYPES.get(identifier[:2], 0x00))])
            for number, part in enumerate(parts, start=1):
                if self._flushes != read_at:
                    break
                if not self._deliver(code_type + part, goes_on=number < len(parts)):
                    self.lost.append(payload)
                    break
                time.sleep(self._rest_s)
            self._queue.remove(payload)

    def _deliver(self, data: bytes, *, goes_on: bool) -> bool:
        for again in range(_TRIES):
            self._answered.expect()
            self._packet(_DECODE_DATA, data, status=bool(again) | goes_on << 1)
            answer = self._answered.awaited(self._answer_s)
            if answer not in {None, _RESEND}:
                return answer == _ACK
        return False
