"""Which characters the printer takes its bytes for, and which of them its font holds."""

from device_drivers.receipt_printer.emulator.cursor import Cursor, NeedMore
from device_drivers.receipt_printer.emulator.steps import Characters, Step

_CODE_PAGES = {
    0: "cp437",
    2: "cp850",
    3: "cp860",
    4: "cp863",
    5: "cp865",
    16: "cp1252",
    17: "cp866",
    18: "cp852",
    19: "cp858",
}
"""n of ESC t (Epson's numbers, which the Chinese models follow)."""


class CharacterSet:
    """The set in use: one of the Chinese encodings, or a code page of single bytes."""

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding
        self.begin_anew()

    def begin_anew(self) -> None:
        """As after switching on, or ESC @."""
        self.is_chinese = True  # Chinese-market printers power on in Chinese mode (4.1)
        self._code_page = ""

    def choose_page(self, n: int) -> bool:
        """ESC t n; False for a page this printer has not got."""
        self._code_page = _CODE_PAGES.get(n, "")
        return bool(self._code_page)

    def read(self, cursor: Cursor) -> list[Step] | None:
        """The characters up to the next control byte, or up to one that is in no font."""
        text = ""
        from_code_page = not self.is_chinese and self._encoding != "utf-8"
        while cursor.has_more:
            place = cursor.place
            byte = cursor.peek()
            if byte < 0x20 or byte == 0x7F:
                break
            try:
                character = self._character(cursor)
            except NeedMore:
                cursor.back(place)
                break
            if character is None:
                if text:
                    cursor.back(place)
                    break
                return None
            text += character
        if not text:
            raise NeedMore
        is_narrow = from_code_page and not text.isascii()
        return [Characters(text, from_code_page=is_narrow)]

    def _character(self, cursor: Cursor) -> str | None:
        """One character, or None for what no font of the printer holds."""
        lead = cursor.byte()
        if lead < 0x80:
            return chr(lead)
        if self._encoding == "utf-8":
            if not 0xC2 <= lead <= 0xF4:
                return None
            length = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
            return _in_font(bytes([lead]) + cursor.take(length - 1), "utf-8")
        if not self.is_chinese:
            return self._of_code_page(lead)
        second = cursor.byte()
        if 0x30 <= second <= 0x39:
            cursor.take(2)  # four-byte GB18030: no receipt printer's font holds it (4.1)
            return None
        return _in_font(bytes([lead, second]), "gbk")

    def _of_code_page(self, byte: int) -> str | None:
        if not self._code_page:
            return None
        try:
            return bytes([byte]).decode(self._code_page)
        except UnicodeDecodeError:
            return None


def _in_font(data: bytes, encoding: str) -> str | None:
    try:
        character = data.decode(encoding)
        return character if len(character.encode("gbk")) == 2 else None
    except UnicodeError:
        return None
