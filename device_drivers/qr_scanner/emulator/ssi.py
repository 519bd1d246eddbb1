"""A Zebra scanner that speaks SSI packets, written from `DEVICES.md` 5.1."""

import threading
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
}
"""Code types of DECODE_DATA (SSI Programmer's Guide) by AIM identifier, where that tells them."""
_SETTINGS = (0xE9, 0xEA, 0xD2, 0xC6)
_START, _STOP, _ENABLE, _DISABLE = 0xE4, 0xE5, 0xE9, 0xEA
_ACK, _NAK, _DECODE_DATA, _REVISION, _REVISION_REPLY = 0xD0, 0xD1, 0xF3, 0xA3, 0xA4
_RESEND, _BAD_CONTEXT, _DENIED = 0x01, 0x02, 0x06


class SsiScannerEmulator(ScannerEmulator):
    """Looks from START_SESSION to a code or STOP_SESSION, once it is enabled.

    Each packet wants an answer; without one within `answer_s` (2 s as it comes), or refused, it is
    sent again, three times in all.
    """

    def __init__(
        self,
        link: Path | None = None,
        *,
        answer_s: float = 2.0,
        bytes_per_s: float | None = BYTES_PER_S_115200,
    ) -> None:
        super().__init__(link, bytes_per_s=bytes_per_s)
        self._answer_s = answer_s
        self._answered = Acknowledgement()
        self._showing = threading.Lock()
        self._is_enabled = True
        self.spoilt = 0
        """How many of the next packets shall come with a wrong checksum."""
        self.deaf = 0
        """How many of the next acknowledgements shall not be heard."""
        self.lost: list[bytes] = []
        """Codes nobody acknowledged."""

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
            if sum(packet[:-2]) + int.from_bytes(packet[-2:], "big") & 0xFFFF or packet[2] != 4:
                self.unknown.append(packet)
                self._packet(_NAK, bytes([_RESEND]))
            else:
                self._command(packet)

    def _command(self, packet: bytes) -> None:
        opcode = packet[1]
        if opcode in {_ACK, _NAK}:
            if self.deaf and opcode == _ACK:
                self.deaf -= 1
            else:
                self._answered.give(is_good=opcode == _ACK)
        elif opcode == _START and not self._is_enabled:
            self._packet(_NAK, bytes([_DENIED]))
        elif opcode in {_START, _STOP, *_SETTINGS}:
            self._is_enabled = opcode == _ENABLE or (self._is_enabled and opcode != _DISABLE)
            if opcode == _START:
                self._look(_READING_S)
            elif opcode in {_STOP, _DISABLE}:
                self._look_away()
            self._packet(_ACK)
        elif opcode == _REVISION:
            self._packet(_REVISION_REPLY, b"EMULATED 1")
        else:
            self.unknown.append(packet)
            self._packet(_NAK, bytes([_BAD_CONTEXT]))

    def _packet(self, opcode: int, data: bytes = b"", *, status: int = 0) -> None:
        counted = bytes([4 + len(data), opcode, 0, status]) + data
        check = (0x10000 - sum(counted)) & 0xFFFF
        if opcode == _DECODE_DATA and self.spoilt:
            self.spoilt -= 1
            check ^= 0x5A5A
        self._line.send(counted + check.to_bytes(2, "big"))

    def _send_code(self, payload: bytes, identifier: str) -> None:
        with self._showing:
            self._look_away()
            parts = [
                payload[start : start + _MOST_DATA]
                for start in range(0, len(payload) or 1, _MOST_DATA)
            ]
            code_type = bytes([_TYPES.get(identifier, _TYPES.get(identifier[:2], 0x00))])
            for number, part in enumerate(parts, start=1):
                if not self._deliver(code_type + part, goes_on=number < len(parts)):
                    self.lost.append(payload)
                    return

    def _deliver(self, data: bytes, *, goes_on: bool) -> bool:
        for again in range(_TRIES):
            self._answered.expect()
            self._packet(_DECODE_DATA, data, status=bool(again) | goes_on << 1)
            if self._answered.await_good(self._answer_s):
                return True
        return False
