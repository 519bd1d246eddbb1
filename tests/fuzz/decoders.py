"""The table of everything in `device_drivers` that turns bytes from outside into values."""

from tests.fuzz.cards import CARD_DECODERS
from tests.fuzz.lines import LINE_DECODERS
from tests.fuzz.printers import PRINTER_DECODERS
from tests.fuzz.trial import Decoder

DECODERS: tuple[Decoder, ...] = (*CARD_DECODERS, *LINE_DECODERS, *PRINTER_DECODERS)
