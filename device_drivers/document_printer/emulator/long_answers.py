"""Attributes in every syntax there is, and many of them, which nobody need understand.

A big office printer tells 40 kB of itself; here it is twice as much.
"""

from collections.abc import Mapping

from device_drivers.document_printer.emulator import ipp_language as ipp

_SIZES = [(21000, 29700), (21590, 27940), (14800, 21000), (10500, 14800)]
"""A4, letter, A5, A6 in hundredths of a millimetre (PWG 5101.1)."""


def _paper(width: int, height: int, feed: str) -> ipp.Parts:
    """A media-col (PWG 5100.7, 6.3): a collection in a collection, with every kind of member."""
    return ipp.collection(
        {
            "media-size": ipp.collection(
                {"x-dimension": ipp.integer(width), "y-dimension": ipp.integer(height)}
            ),
            "media-size-name": ipp.keyword("custom_paper"),
            "media-source": ipp.keyword(feed),
            "media-info": ipp.text("an open tray", language="en"),
            "media-key": ipp.name_text("paper"),
            "media-hole-count": ipp.integer_range(0, 4),
            "media-order-count": ipp.out_of_band("no-value"),
            "media-is-there": ipp.boolean(is_true=True),
        }
    )


_PAPERS = tuple(_paper(*size, feed) for size in _SIZES for feed in ("main", "manual", "tray-2"))

MORE_OF_A_PRINTER: Mapping[str, tuple[ipp.Parts, ...]] = {
    "media-col-database": _PAPERS * 25,
    "media-col-default": _PAPERS[:1],
    "printer-info": (ipp.text("打印机"),),
    "printer-location": (ipp.text("x" * 127), ipp.text("大厅", language="zh-cn")),
    "printer-geo-location": (ipp.out_of_band("unknown"),),
    "printer-alert": (ipp.octets(bytes(range(256)) * 3), ipp.octets(b"code=other")),
    "printer-current-time": (ipp.date_time(2026, 11, 24),),
    "printer-resolution-supported": (ipp.resolution(600, 600), ipp.resolution(1200, 600)),
    "copies-supported": (ipp.integer_range(1, 99),),
    "page-ranges-supported": (ipp.boolean(is_true=False),),
    "reference-uri-schemes-supported": (ipp.uri_scheme("http"), ipp.uri_scheme("ftp")),
    "natural-language-configured": (ipp.natural_language("zh-cn"),),
    "job-sheets-default": (ipp.name_text("封面", language="zh-cn"), ipp.keyword("none")),
    "finishings-default": (ipp.out_of_band("unsupported"),),
    "pages-per-minute": (ipp.integer(-1),),
}
MORE_OF_A_JOB: Mapping[str, tuple[ipp.Parts, ...]] = {
    "media-col": _PAPERS[:2],
    "job-originating-user-name": (ipp.name_text("亭", language="zh-cn"),),
    "time-at-completed": (ipp.out_of_band("no-value"),),
    "date-time-at-creation": (ipp.date_time(2026, 11, 24),),
    "page-ranges": (ipp.integer_range(1, 2),),
    "job-message-from-operator": (ipp.text("y" * 127),),
}
