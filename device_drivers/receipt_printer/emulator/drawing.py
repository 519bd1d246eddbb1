"""Interprets a whole stream without a port or a printer's time."""

from collections.abc import Iterator

from device_drivers.receipt_printer.emulator.interpreter import Interpreter
from device_drivers.receipt_printer.emulator.paper import Look, PaperRoll, PrintedReceipt
from device_drivers.receipt_printer.emulator.steps import Cut, Step, Unknown


def draw(
    data: bytes, width_mm: int, *, look: Look = "thermal", encoding: str = "gb18030"
) -> Iterator[Step | PrintedReceipt]:
    """Unknown bytes, cuts and pieces as they come.

    Paper printed and not cut at the end is the last piece.
    """
    roll = PaperRoll(width_mm, look=look)
    interpreter = Interpreter(encoding)
    for step in (*interpreter.feed(data), *interpreter.finish()):
        roll.apply(step)
        if isinstance(step, Unknown):
            yield step
        if isinstance(step, Cut):
            yield step
            yield roll.cut()
    if not roll.is_blank:
        roll.apply(Cut(to_cutter=True, dots=0))
        yield roll.cut()
