"""Pictures in the stream: ESC *, GS v 0 and GS ( L (DEVICES.md 4.5; Epson ESC/POS reference)."""

from device_drivers.receipt_printer.emulator.cursor import Cursor
from device_drivers.receipt_printer.emulator.steps import BitImage, Raster, Step, StoredPicture

_BIT_IMAGES = {0: (8, 2), 1: (8, 1), 32: (24, 2), 33: (24, 1)}
"""m of ESC *: dots of a column, and how wide it is printed (single density is twice as wide)."""
_WIDEST_BYTES, _TALLEST = 128, 4095
"""Of GS v 0: xH is 0, and yH at most 0F."""
_WIDEST_DOTS, _TALLEST_STORED = 2400, 2400
"""Of GS ( L function 112."""


def read_bit_image(cursor: Cursor) -> list[Step] | None:
    """ESC * m nL nH d…; None for a value out of range."""
    mode = cursor.byte()
    columns = cursor.word()
    if mode not in _BIT_IMAGES or not 1 <= columns <= 2400:
        return None
    dots, across = _BIT_IMAGES[mode]
    return [BitImage(columns, dots, cursor.take(columns * dots // 8), across)]


def read_raster(cursor: Cursor) -> list[Step] | None:
    """GS v 0 m xL xH yL yH d…: x counts bytes, y rows; None for a value out of range."""
    digit, mode = cursor.take(2)
    if digit != 0x30 or mode not in (0, 1, 2, 3, 48, 49, 50, 51):
        return None
    width, rows = cursor.word(), cursor.word()
    if width == 0 or rows == 0 or width > _WIDEST_BYTES or rows > _TALLEST:
        return None
    data = cursor.take(width * rows)
    return [Raster(width, rows, data, 2 if mode & 1 else 1, 2 if mode & 2 else 1)]


class PrintBuffer:
    """The picture that GS ( L has stored and not yet printed."""

    def __init__(self) -> None:
        self._stored: Raster | None = None

    def command(self, body: bytes) -> list[Step] | None:
        """Take m fn [parameters]; None when it means nothing."""
        if len(body) < 2 or body[0] != 48:
            return None
        match body[1]:
            case 112:
                return self._store(body[2:])
            case 2 | 50 if len(body) == 2:
                stored, self._stored = self._stored, None
                return [] if stored is None else [stored]
            case 69 if len(body) == 6:  # print the picture with the key kc1 kc2
                return [StoredPicture(body[2:4])]
        return None

    def _store(self, values: bytes) -> list[Step] | None:
        """A bx by c xL xH yL yH d…: tone 48 is black and white, colour 49 the only one we have."""
        if len(values) < 8:
            return None
        tone, across, down, colour = values[:4]
        width = int.from_bytes(values[4:6], "little")
        rows = int.from_bytes(values[6:8], "little")
        data = values[8:]
        width_bytes = (width + 7) // 8
        if tone != 48 or colour != 49 or across not in (1, 2) or down not in (1, 2):
            return None
        if not 1 <= width <= _WIDEST_DOTS or not 1 <= rows <= _TALLEST_STORED:
            return None
        if len(data) != width_bytes * rows:
            return None
        self._stored = Raster(width_bytes, rows, data, across, down)
        return []
