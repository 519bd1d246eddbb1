"""Reads an ESC/POS byte stream as a Chinese receipt printer does, and reports what it cannot read.

Written from the manuals summed up in DEVICES.md 4, with constants of its own: it shares nothing
with the encoder it is used to check.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

Setting = Literal["align", "bold", "underline", "ascii_size", "chinese_size", "invert", "pitch"]


@dataclass(frozen=True, slots=True)
class Characters:
    """Printable text put into the line buffer."""

    text: str


@dataclass(frozen=True, slots=True)
class LineFeed:
    """Print the line buffer and feed one line, or `lines`."""

    lines: int = 1


@dataclass(frozen=True, slots=True)
class Feed:
    """Print the line buffer and feed so many dots."""

    dots: int


@dataclass(frozen=True, slots=True)
class Set:
    """A mode changed. Sizes are `(across, down)` as 10 × across + down."""

    setting: Setting
    value: int


@dataclass(frozen=True, slots=True)
class Reset:
    """ESC @."""


@dataclass(frozen=True, slots=True)
class Raster:
    """A picture, one bit a dot."""

    width_bytes: int
    rows: int
    data: bytes
    across: int
    down: int


@dataclass(frozen=True, slots=True)
class Code:
    """A QR code to be drawn by the printer itself."""

    data: bytes
    module_dots: int
    level: str


@dataclass(frozen=True, slots=True)
class Cut:
    """Cut the paper; `to_cutter` first feeds the printed part past the knife, and `dots` more."""

    to_cutter: bool
    dots: int


@dataclass(frozen=True, slots=True)
class StatusRequest:
    """GS r n: answered in its turn."""

    n: int


@dataclass(frozen=True, slots=True)
class AutomaticStatus:
    """GS a n: from now on say by yourself what changes; n chooses which changes, 0 none (4.3)."""

    n: int


@dataclass(frozen=True, slots=True)
class Unknown:
    """Bytes with no meaning here, or a value out of range, at `offset` from the stream's start."""

    offset: int
    data: bytes


Step = (
    Characters
    | LineFeed
    | Feed
    | Set
    | Reset
    | Raster
    | Code
    | Cut
    | StatusRequest
    | AutomaticStatus
    | Unknown
)  # fmt: skip


class _NeedMore(Exception):
    """The command goes on beyond the bytes that have come."""


class Interpreter:
    """One printer's mind. `feed` gives the steps that are complete; `finish` what was cut short."""

    def __init__(self, encoding: str = "gb18030") -> None:
        self._encoding = encoding
        self._buffer = b""
        self._at = 0
        self._dropped = 0
        self._chinese = True
        """Chinese-market printers power on in Chinese mode (4.1)."""
        self._qr = _QrMemory()

    def feed(self, data: bytes) -> Iterator[Step]:
        """Steps in the order of the bytes."""
        self._buffer += data
        while self._buffer:
            self._at = 0
            try:
                steps = self._one()
            except _NeedMore:
                return
            self._dropped += self._at
            self._buffer = self._buffer[self._at :]
            yield from steps

    def finish(self) -> Iterator[Step]:
        """The stream has ended: what is left is half a command."""
        if self._buffer:
            yield Unknown(self._dropped, self._buffer)
            self._dropped += len(self._buffer)
            self._buffer = b""

    def _byte(self) -> int:
        return self._bytes(1)[0]

    def _bytes(self, count: int) -> bytes:
        if self._at + count > len(self._buffer):
            raise _NeedMore
        taken = self._buffer[self._at : self._at + count]
        self._at += count
        return taken

    def _unknown(self) -> list[Step]:
        return [Unknown(self._dropped, self._buffer[: self._at])]

    def _one(self) -> list[Step]:
        first = self._buffer[0]
        if first >= 0x20 and first != 0x7F:
            return self._text()
        self._byte()
        match first:
            case 0x00 | 0x0D:
                return []  # NUL is ignored; CR does nothing beside LF
            case 0x0A:
                return [LineFeed()]
            case 0x10:
                return self._real_time()
            case 0x1B:
                return self._escape()
            case 0x1C:
                return self._chinese_mode()
            case 0x1D:
                return self._group()
        return self._unknown()

    def _text(self) -> list[Step]:
        """The characters up to the next control byte, or up to one that is in no font."""
        text = ""
        while self._at < len(self._buffer):
            start = self._at
            byte = self._buffer[start]
            if byte < 0x20 or byte == 0x7F:
                break
            try:
                character = self._character()
            except _NeedMore:
                self._at = start
                break
            if character is None:
                if text:
                    self._at = start
                    break
                return self._unknown()
            text += character
        if not text:
            raise _NeedMore
        return [Characters(text)]

    def _character(self) -> str | None:
        """One character, or None for what no font of the printer holds."""
        lead = self._byte()
        if lead < 0x80:
            return chr(lead)
        if self._encoding == "utf-8":
            length = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
            return _in_font((bytes([lead]) + self._bytes(length - 1)), "utf-8")
        if not self._chinese:
            return None
        second = self._byte()
        if 0x30 <= second <= 0x39:
            self._bytes(2)  # four-byte GB18030: no receipt printer's font holds it (4.1)
            return None
        return _in_font(bytes([lead, second]), "gbk")

    def _real_time(self) -> list[Step]:
        """DLE EOT n was answered when it arrived; in its turn it does nothing (4.3)."""
        if self._byte() == 0x04 and self._byte() in (1, 2, 3, 4, 20):
            return []
        return self._unknown()

    def _escape(self) -> list[Step]:
        command = self._byte()
        match command:
            case 0x40:  # ESC @
                self._chinese = True
                self._qr = _QrMemory()
                return [Reset()]
            case 0x61:  # ESC a n
                return self._setting("align", {0: 0, 1: 1, 2: 2, 48: 0, 49: 1, 50: 2})
            case 0x45:  # ESC E n
                return [Set("bold", self._byte() & 1)]
            case 0x2D:  # ESC - n
                return self._setting("underline", {0: 0, 1: 1, 2: 2, 48: 0, 49: 1, 50: 2})
            case 0x4A:  # ESC J n
                return [Feed(self._byte())]
            case 0x64:  # ESC d n
                return [LineFeed(self._byte())]
            case 0x32:  # ESC 2
                return [Set("pitch", 30)]
            case 0x33:  # ESC 3 n
                return [Set("pitch", self._byte())]
        return self._unknown()

    def _chinese_mode(self) -> list[Step]:
        command = self._byte()
        match command:
            case 0x26:  # FS &
                self._chinese = True
                return []
            case 0x2E:  # FS .
                self._chinese = False
                return []
            case 0x21:  # FS ! n: bit 2 wide, bit 3 tall, bit 7 underlined
                n = self._byte()
                if n & 0b01110011:
                    return self._unknown()
                size = (2 if n & 4 else 1) * 10 + (2 if n & 8 else 1)
                return [Set("chinese_size", size), Set("underline", n >> 7)]
            case 0x57:  # FS W n: twice as wide and as tall
                return [Set("chinese_size", 22 if self._byte() & 1 else 11)]
        return self._unknown()

    def _group(self) -> list[Step]:
        command = self._byte()
        match command:
            case 0x21:  # GS ! n: high nibble across, low nibble down
                n = self._byte()
                if n & 0x88:
                    return self._unknown()
                size = ((n >> 4) + 1) * 10 + (n & 7) + 1
                return [Set("ascii_size", size), Set("chinese_size", size)]
            case 0x42:  # GS B n
                return [Set("invert", self._byte() & 1)]
            case 0x56:  # GS V
                return self._cut()
            case 0x61:  # GS a n
                return [AutomaticStatus(self._byte())]
            case 0x72:  # GS r n
                n = self._byte()
                return [StatusRequest(n)] if n in (1, 49) else self._unknown()
            case 0x76:  # GS v 0
                return self._raster()
            case 0x28:  # GS ( k
                return self._two_dimensional()
        return self._unknown()

    def _setting(self, setting: Setting, values: dict[int, int]) -> list[Step]:
        n = self._byte()
        return [Set(setting, values[n])] if n in values else self._unknown()

    def _cut(self) -> list[Step]:
        m = self._byte()
        if m in (0, 1, 48, 49):
            return [Cut(to_cutter=False, dots=0)]
        if m in (65, 66):
            return [Cut(to_cutter=True, dots=self._byte())]
        return self._unknown()

    def _raster(self) -> list[Step]:
        """GS v 0 m xL xH yL yH d1…dk (4.5): x counts bytes, y rows."""
        digit, mode = self._bytes(2)
        if digit != 0x30 or mode not in (0, 1, 2, 3, 48, 49, 50, 51):
            return self._unknown()
        width = int.from_bytes(self._bytes(2), "little")
        rows = int.from_bytes(self._bytes(2), "little")
        if width == 0 or rows == 0 or width > 128 or rows > 4095:
            return self._unknown()
        data = self._bytes(width * rows)
        return [Raster(width, rows, data, 2 if mode & 1 else 1, 2 if mode & 2 else 1)]

    def _two_dimensional(self) -> list[Step]:
        """GS ( k pL pH cn fn …: QR code is cn 49 (4.5)."""
        if self._byte() != 0x6B:
            return self._unknown()
        length = int.from_bytes(self._bytes(2), "little")
        body = self._bytes(length)
        steps = self._qr.command(body)
        return self._unknown() if steps is None else steps


def _in_font(data: bytes, encoding: str) -> str | None:
    try:
        character = data.decode(encoding)
        return character if len(character.encode("gbk")) == 2 else None
    except UnicodeError:
        return None


class _QrMemory:
    """What GS ( k has been told so far."""

    def __init__(self) -> None:
        self._module_dots = 3
        self._level = "L"
        self._data = b""
        self._functions: dict[int, Callable[[bytes], list[Step] | None]] = {
            65: self._model,
            67: self._size,
            69: self._correction,
            80: self._store,
            81: self._print,
        }

    def command(self, body: bytes) -> list[Step] | None:
        """Take one command; None when it means nothing."""
        if len(body) < 3 or body[0] != 49 or body[1] not in self._functions:
            return None
        return self._functions[body[1]](body[2:])

    def _model(self, values: bytes) -> list[Step] | None:
        return [] if values in (b"1\x00", b"2\x00") else None

    def _size(self, values: bytes) -> list[Step] | None:
        if len(values) != 1 or not 1 <= values[0] <= 16:
            return None
        self._module_dots = values[0]
        return []

    def _correction(self, values: bytes) -> list[Step] | None:
        if len(values) != 1 or not 48 <= values[0] <= 51:
            return None
        self._level = "LMQH"[values[0] - 48]
        return []

    def _store(self, values: bytes) -> list[Step] | None:
        if values[0] != 48 or len(values) == 1:
            return None
        self._data = values[1:]
        return []

    def _print(self, values: bytes) -> list[Step] | None:
        if values != b"0" or not self._data:
            return None
        return [Code(self._data, self._module_dots, self._level)]
