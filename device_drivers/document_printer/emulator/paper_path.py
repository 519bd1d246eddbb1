"""What `ippeveprinter` runs for each job: draws in sheet after sheet, and says how it goes.

It speaks as CUPS's filters do (filter(7)): `STATE:` and `ATTR:` lines on standard error become
printer-state-reasons and job-impressions-completed. A job that is being cancelled stops before its
next sheet. Pages that came out are kept as a PDF and drawn as PNG.
"""

import os
import sys
import time
from pathlib import Path

import pypdfium2

from device_drivers.document_printer.emulator import printer_page
from device_drivers.document_printer.emulator.room import (
    FAULT_REASONS,
    FAULTS,
    HAND_MARK,
    PAGE_TIME,
    PAPERS,
    TONER,
    TRAY,
)

_LOOK_S = 0.2
_PNG_DPI = 100


class JobCanceled(Exception):
    """The job was taken back while it waited or between two sheets."""


def main() -> int:
    """Entry: the document's file is the only argument."""
    document = Path(sys.argv[1])
    _tell_faults()
    if document.read_bytes().startswith(HAND_MARK):
        return 0
    pages = pypdfium2.PdfDocument(document)
    out = Output()
    _say(f"ATTR: job-impressions={len(pages)}")
    try:
        for number in range(len(pages)):
            _await_paper_and_toner()
            _draw_in_sheet()
            out.take(pages, number)
            _say(f"ATTR: job-impressions-completed={number + 1}")
    except JobCanceled:
        pass
    finally:
        pages.close()
    return 0


class Output:
    """The papers on top of the printer: one PDF and some pictures for each job."""

    def __init__(self) -> None:
        self._number = sum(1 for _ in PAPERS.glob("*.pdf")) + 1
        self._pdf = pypdfium2.PdfDocument.new()

    def take(self, document: pypdfium2.PdfDocument, page: int) -> None:
        """One more page is out; whoever looks sees whole files only."""
        stem = f"{self._number:04}"
        drawn = PAPERS / f".{stem}.png"
        document[page].render(scale=_PNG_DPI / 72).to_pil().save(drawn, "PNG")
        drawn.replace(PAPERS / f"{stem}-{len(self._pdf) + 1}.png")
        self._pdf.import_pages(document, [page])
        kept = PAPERS / f".{stem}.pdf"
        self._pdf.save(kept)
        kept.replace(PAPERS / f"{stem}.pdf")


def _await_paper_and_toner() -> None:
    """Raises JobCanceled."""
    while not (_is_path_free() and _number(TRAY) > 0 and _number(TONER) > 0):
        time.sleep(_LOOK_S)


def _draw_in_sheet() -> None:
    """Move one sheet through; a jam or an open door holds it where it is. Raises JobCanceled."""
    moving_s = float(PAGE_TIME.read_text("ascii"))
    while moving_s > 0:
        time.sleep(min(moving_s, _LOOK_S))
        if _is_path_free():
            moving_s -= _LOOK_S
    left = _number(TRAY) - 1
    TRAY.write_text(str(left), "ascii")
    printer_page.set_paper(left)


def _is_path_free() -> bool:
    """Raises JobCanceled."""
    if "processing-to-stop-point" in printer_page.reasons(os.environ["IPP_JOB_URI"]):
        raise JobCanceled
    _tell_faults()
    return not any(FAULTS.iterdir())


def _number(path: Path) -> int:
    """A file that is being written this moment is read again."""
    while not (text := path.read_text("ascii")):
        time.sleep(0.001)
    return int(text)


def _tell_faults() -> None:
    for fault, reason in FAULT_REASONS.items():
        sign = "+" if (FAULTS / fault).exists() else "-"
        _say(f"STATE: {sign}{reason}")


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
