"""Papers as the camera would take them, and the page that shows several."""

from functools import cache
from io import BytesIO

from PIL import Image, ImageDraw

from kiosk.flow.events import AddPage, KeepPage, RetakeOne
from kiosk.screens.view_model import Action, Frame, PagesView, PageTile


@cache
def a4_page() -> bytes:
    """A typed page as the camera would flatten it. Drawn once for all who show it."""
    page = Image.new("RGB", (1240, 1754), "#F7F5EF")
    pen = ImageDraw.Draw(page)
    pen.rectangle((380, 130, 860, 180), fill="#2B2B2B")
    for row in range(22):
        pen.rectangle(
            (150, 300 + 56 * row, 1090 - (row * 97) % 300, 322 + 56 * row), fill="#4A4A4A"
        )
    pen.ellipse((800, 1350, 1080, 1630), outline="#B3261E", width=10)
    encoded = BytesIO()
    page.save(encoded, "JPEG", quality=85)
    return encoded.getvalue()


def pages_of(frame: Frame, count: int) -> PagesView:
    """All of them beside each other."""
    return PagesView(
        frame=frame,
        title=f"已拍 {count} 页，齐了吗？",
        help="不清楚的可以重拍，还有就再拍一页。",
        tiles=tuple(
            PageTile(
                caption=f"第 {number} 页 / 共 {count} 页",
                jpeg=a4_page(),
                retake=Action(label=f"重拍第 {number} 页", event=RetakeOne(number - 1)),
            )
            for number in range(1, count + 1)
        ),
        are_cards=False,
        add=Action(label="再拍一页", event=AddPage(), icon="plus"),
        done=Action(label="拍好了，继续", event=KeepPage(), icon="check"),
    )
