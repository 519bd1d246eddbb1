"""What a receipt printer can be told to do: the closed list the interpreter reads bytes into."""

from dataclasses import dataclass
from typing import Literal

Setting = Literal[
    "align",
    "bold",
    "underline",
    "ascii_size",
    "chinese_size",
    "invert",
    "pitch",
    "font",
    "ascii_spacing",
    "chinese_spacing",
    "left_margin",
    "area_width",
    "upside_down",
]


@dataclass(frozen=True, slots=True)
class Characters:
    """Printable text put into the line buffer."""

    text: str
    from_code_page: bool = False
    """Of a single-byte page (ESC t): narrow, whatever Unicode says of it."""


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
class Tabs:
    """ESC D: the columns a tab goes to."""

    columns: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Tab:
    """HT: go on at the next tab; nothing happens where there is none."""


@dataclass(frozen=True, slots=True)
class Place:
    """ESC $, or ESC and a backslash: go on so many dots from the left margin, or from here."""

    dots: int
    from_here: bool


@dataclass(frozen=True, slots=True)
class Reset:
    """ESC @."""


@dataclass(frozen=True, slots=True)
class Raster:
    """A picture, one bit a dot, in rows."""

    width_bytes: int
    rows: int
    data: bytes
    across: int
    down: int


@dataclass(frozen=True, slots=True)
class BitImage:
    """ESC *: a picture in columns of `dots` (8 or 24), put into the line buffer."""

    columns: int
    dots: int
    data: bytes
    across: int
    """How many dots wide a column is printed."""


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """FS p, or GS ( L of a key: print what was stored in the printer. Ours has nothing stored."""

    name: bytes


@dataclass(frozen=True, slots=True)
class Code:
    """A code of two dimensions to be drawn by the printer itself."""

    data: bytes
    module_dots: int
    level: str
    symbology: Literal["qr", "pdf417"] = "qr"


@dataclass(frozen=True, slots=True)
class Barcode:
    """GS k: bars to be drawn by the printer itself."""

    symbology: str
    text: str
    module_dots: int
    height_dots: int
    words: int
    """GS H: 0 none, 1 above, 2 below, 3 both."""
    words_font: int = 0
    """GS f: 0 font A, 1 font B."""


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
class AutomaticFullStatus:
    """GS E0 n: send the six bytes of DLE EOT 20 at changes chosen by n, 0 none (4.4)."""

    n: int


@dataclass(frozen=True, slots=True)
class Presenter:
    """GS e (4.4): move the ticket that lies cut in the presenter, or say how it is."""

    act: Literal["retract", "present", "eject", "status"]
    steps: int = 0


@dataclass(frozen=True, slots=True)
class HardwareReset:
    """FS C0 18 10 14 1A (4.4)."""


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
    | Tabs
    | Tab
    | Place
    | Reset
    | Raster
    | BitImage
    | StoredPicture
    | Code
    | Barcode
    | Cut
    | StatusRequest
    | AutomaticStatus
    | AutomaticFullStatus
    | Presenter
    | HardwareReset
    | Unknown
)  # fmt: skip
