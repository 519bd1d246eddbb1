"""Reads an ESC/POS byte stream as a Chinese receipt printer does, and reports what it cannot read.

Written from the manuals summed up in DEVICES.md 4, and for what others send from the Epson ESC/POS
reference, with constants of its own: it shares nothing with the encoder it is used to check.
"""

from collections.abc import Iterator
from typing import Literal

from device_drivers.receipt_printer.emulator.character_set import CharacterSet
from device_drivers.receipt_printer.emulator.cursor import Cursor, NeedMore
from device_drivers.receipt_printer.emulator.graphics import (
    PrintBuffer,
    read_bit_image,
    read_raster,
)
from device_drivers.receipt_printer.emulator.steps import (
    AutomaticFullStatus,
    AutomaticStatus,
    Cut,
    Feed,
    HardwareReset,
    LineFeed,
    Place,
    Presenter,
    Reset,
    Set,
    Setting,
    StatusRequest,
    Step,
    StoredPicture,
    Tab,
    Tabs,
    Unknown,
)
from device_drivers.receipt_printer.emulator.symbols import Bars, Pdf417Memory, QrMemory

_NONE_ONE_TWO = {0: 0, 1: 1, 2: 2, 48: 0, 49: 1, 50: 2}
_CLEAR = b"\x08\x01\x03\x14\x01\x06\x02\x08"
"""What follows on DLE DC4 to clear the buffers (Epson)."""
_IGNORED = {
    (0x1B, 0x52): 1,  # ESC R n, international characters
    (0x1B, 0x55): 1,  # ESC U n, one direction only
    (0x1B, 0x3D): 1,  # ESC = n, choose the printer
    (0x1B, 0x72): 1,  # ESC r n, colour
    (0x1B, 0x70): 3,  # ESC p m t1 t2, drawer
    (0x1D, 0x62): 1,  # GS b n, smoothing
    (0x1D, 0x50): 2,  # GS P x y, motion units
    (0x1C, 0xC1): 1,  # FS C1 n, paper recovery after the cut (4.4)
}
"""Commands that change nothing we draw, with the number of their parameters."""


class Interpreter:
    """One printer's mind. `feed` gives the steps that are complete; `finish` what was cut short.

    Without a `presenter`, the commands of the Custom family (4.4) are unknown; DLE DC4 8 is to one
    that does not clear its buffer by it (`clears_buffer`).
    """

    def __init__(
        self,
        encoding: str = "gb18030",
        *,
        presenter: Literal["none", "custom"] = "custom",
        clears_buffer: bool = True,
    ) -> None:
        self._characters = CharacterSet(encoding)
        self._clears_buffer = clears_buffer
        self._presenter = presenter
        self._cursor = Cursor()
        self._begin_anew()

    def feed(self, data: bytes) -> Iterator[Step]:
        """Steps in the order of the bytes."""
        self._cursor.append(data)
        while self._cursor.has_more:
            self._cursor.begin()
            try:
                steps = self._one()
            except NeedMore:
                self._cursor.back()
                return
            yield from [self._unknown()] if steps is None else steps
        self._cursor.begin()

    def finish(self) -> Iterator[Step]:
        """The stream has ended: what is left is half a command."""
        self._cursor.begin()
        if self._cursor.rest():
            yield self._unknown()
            self._cursor.begin()

    def drop(self) -> None:
        """The buffers were cleared: half a command is gone, and modes stay as they are."""
        self._cursor = Cursor()

    def _begin_anew(self) -> None:
        """As after switching on, or ESC @."""
        self._characters.begin_anew()
        self._qr = QrMemory()
        self._pdf417 = Pdf417Memory()
        self._bars = Bars()
        self._print_buffer = PrintBuffer()

    def _unknown(self) -> Unknown:
        return Unknown(self._cursor.offset, self._cursor.taken)

    def _one(self) -> list[Step] | None:
        """One command, or a run of text; None when it means nothing."""
        first = self._cursor.peek()
        if first >= 0x20 and first != 0x7F:
            return self._characters.read(self._cursor)
        self._cursor.byte()
        match first:
            case 0x00 | 0x0D:
                return []  # NUL is ignored; CR does nothing beside LF
            case 0x09:
                return [Tab()]
            case 0x0A:
                return [LineFeed()]
            case 0x10:
                return self._real_time()
            case 0x1B:
                return self._escape(self._cursor.byte())
            case 0x1C:
                return self._chinese_mode(self._cursor.byte())
            case 0x1D:
                return self._group(self._cursor.byte())
        return None

    def _real_time(self) -> list[Step] | None:
        """What was obeyed when it arrived; in its turn it does nothing (4.3)."""
        answered = (1, 2, 3, 4, 20) if self._presenter == "custom" else (1, 2, 3, 4)
        match self._cursor.byte():
            case 0x04:
                is_known = self._cursor.byte() in answered
            case 0x05:
                is_known = self._cursor.byte() in (1, 2)
            case 0x14 if self._clears_buffer:
                is_known = all(self._cursor.byte() == each for each in _CLEAR)
            case _:
                is_known = False
        return [] if is_known else None

    def _ignored(self, group: int, command: int) -> list[Step] | None:
        parameters = _IGNORED.get((group, command))
        if parameters is None:
            return None
        self._cursor.take(parameters)
        return []

    def _escape(self, command: int) -> list[Step] | None:
        match chr(command):
            case "@":
                self._begin_anew()
                return [Reset()]
            case "!":
                return self._print_mode(self._cursor.byte())
            case "$":
                return [Place(self._cursor.word(), from_here=False)]
            case "\\":
                dots = self._cursor.word()
                return [Place(dots - 0x10000 if dots & 0x8000 else dots, from_here=True)]
            case "*":
                return read_bit_image(self._cursor)
            case "D":
                columns = self._cursor.until_nul(at_most=32)
                if columns is None or list(columns) != sorted(set(columns)):
                    return None
                return [Tabs(tuple(columns))]
            case "J":
                return [Feed(self._cursor.byte())]
            case "d":
                return [LineFeed(self._cursor.byte())]
            case "i" | "m":  # the older cuts, partial both
                return [Cut(to_cutter=False, dots=0)]
            case "t":
                return [] if self._characters.choose_page(self._cursor.byte()) else None
        return self._escape_setting(command)

    def _escape_setting(self, command: int) -> list[Step] | None:
        match chr(command):
            case "a":
                return self._setting("align", _NONE_ONE_TWO)
            case "E" | "G":  # emphasised, double-strike: the same on paper
                return [Set("bold", self._cursor.byte() & 1)]
            case "-":
                return self._setting("underline", _NONE_ONE_TWO)
            case "M":
                return self._setting("font", {0: 0, 1: 1, 48: 0, 49: 1})
            case " ":
                return [Set("ascii_spacing", self._cursor.byte())]
            case "{":
                return [Set("upside_down", self._cursor.byte() & 1)]
            case "2":
                return [Set("pitch", 30)]
            case "3":
                return [Set("pitch", self._cursor.byte())]
        return self._ignored(0x1B, command)

    def _print_mode(self, n: int) -> list[Step] | None:
        """ESC ! n: 0 font B, 3 bold, 4 tall, 5 wide, 7 underlined; the other bits mean nothing."""
        if n & 0b01000110:
            return None
        size = (2 if n & 0x20 else 1) * 10 + (2 if n & 0x10 else 1)
        return [
            Set("font", n & 1),
            Set("bold", n >> 3 & 1),
            Set("ascii_size", size),
            Set("chinese_size", size),
            Set("underline", n >> 7),
        ]

    def _chinese_mode(self, command: int) -> list[Step] | None:
        match command:
            case 0x26:  # FS &
                self._characters.is_chinese = True
                return []
            case 0x2E:  # FS .
                self._characters.is_chinese = False
                return []
            case 0x21:  # FS ! n: bit 2 wide, bit 3 tall, bit 7 underlined
                n = self._cursor.byte()
                if n & 0b01110011:
                    return None
                size = (2 if n & 4 else 1) * 10 + (2 if n & 8 else 1)
                return [Set("chinese_size", size), Set("underline", n >> 7)]
            case 0x57:  # FS W n: twice as wide and as tall
                return [Set("chinese_size", 22 if self._cursor.byte() & 1 else 11)]
            case 0x2D:  # FS - n
                return self._setting("underline", _NONE_ONE_TWO)
            case 0x53:  # FS S n1 n2: dots before and after each glyph
                return [Set("chinese_spacing", sum(self._cursor.take(2)))]
            case 0x43:  # FS C n: does nothing on Chinese models (4.1)
                return [] if self._cursor.byte() in (0, 1, 2, 48, 49, 50) else None
            case 0x70:  # FS p n m
                number, mode = self._cursor.take(2)
                is_good = number and mode in (0, 1, 2, 3, 48, 49, 50, 51)
                return [StoredPicture(bytes([number]))] if is_good else None
            case 0xC0 if self._presenter == "custom":
                is_reset = self._cursor.take(4) == b"\x18\x10\x14\x1a"
                return [HardwareReset()] if is_reset else None
            case 0xC1 if self._presenter == "custom":
                return self._ignored(0x1C, command)
        return None

    def _group(self, command: int) -> list[Step] | None:
        match command:
            case 0x28:  # GS ( x
                return self._counted(self._cursor.byte(), self._cursor.word())
            case 0x38:  # GS 8 L: as GS ( L, its length in four bytes
                letter, length = self._cursor.byte(), self._cursor.take(4)
                return self._counted(letter, int.from_bytes(length, "little"))
            case 0x56:  # GS V
                return self._cut(self._cursor.byte())
            case 0x61:  # GS a n
                return [AutomaticStatus(self._cursor.byte())]
            case 0x68 | 0x77 | 0x48 | 0x66:  # GS h, w, H, f
                return self._bars.command(command, self._cursor.byte())
            case 0x6B:  # GS k
                return self._bars.read(self._cursor)
            case 0x72:  # GS r n
                n = self._cursor.byte()
                return [StatusRequest(n)] if n in (1, 49) else None
            case 0x76:  # GS v 0
                return read_raster(self._cursor)
            case 0x65 | 0xE0 if self._presenter == "custom":
                return self._of_presenter(command)
        return self._group_setting(command)

    def _group_setting(self, command: int) -> list[Step] | None:
        match command:
            case 0x21:  # GS ! n: high nibble across, low nibble down
                n = self._cursor.byte()
                if n & 0x88:
                    return None
                size = ((n >> 4) + 1) * 10 + (n & 7) + 1
                return [Set("ascii_size", size), Set("chinese_size", size)]
            case 0x42:  # GS B n
                return [Set("invert", self._cursor.byte() & 1)]
            case 0x4C:  # GS L nL nH
                return [Set("left_margin", self._cursor.word())]
            case 0x57:  # GS W nL nH
                return [Set("area_width", self._cursor.word())]
        return self._ignored(0x1D, command)

    def _setting(self, setting: Setting, values: dict[int, int]) -> list[Step] | None:
        n = self._cursor.byte()
        return [Set(setting, values[n])] if n in values else None

    def _cut(self, m: int) -> list[Step] | None:
        if m in (0, 1, 48, 49):
            return [Cut(to_cutter=False, dots=0)]
        if m in (65, 66, 97, 98, 103, 104):
            return [Cut(to_cutter=True, dots=self._cursor.byte())]
        return None

    def _counted(self, letter: int, length: int) -> list[Step] | None:
        """GS ( k and GS ( L: the commands that say how long they are; any other is read over."""
        if length > 0x80000:  # no picture is so large: a length that stands for garbage
            return None
        body = self._cursor.take(length)
        match chr(letter), body[:1]:
            case "k", b"1":
                return self._qr.command(body[1], body[2:]) if length > 2 else None
            case "k", b"0":
                return self._pdf417.command(body[1], body[2:]) if length > 2 else None
            case "L", _:
                return self._print_buffer.command(body)
        return None

    def _of_presenter(self, command: int) -> list[Step] | None:
        """GS e n [m] and GS E0 n (4.4)."""
        n = self._cursor.byte()
        if command == 0xE0:
            return [AutomaticFullStatus(n)]
        match n:
            case 2:
                return [Presenter("retract")]
            case 3:
                return [Presenter("present", self._cursor.byte())]
            case 5:
                return [Presenter("eject")]
            case 6:
                return [Presenter("status")]
        return None
