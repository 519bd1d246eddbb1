"""What a piece of paper looks like on a desk."""

from PIL import Image, ImageDraw, ImageFilter, ImageOps

_DOTS_A_MM = 8
_PAPER = (253, 252, 247)
_INK = (43, 41, 50)
_DESK = (226, 229, 233)


def on_thermal_paper(dots: Image.Image, width_mm: int) -> Image.Image:
    """The strip as it hangs from the mouth: margins, a saw-tooth edge, slightly bled ink."""
    margin = (width_mm * _DOTS_A_MM - dots.width) // 2
    width, height = dots.width + 2 * margin, dots.height + 16
    bled = dots.filter(ImageFilter.GaussianBlur(0.55))
    ink = Image.new("L", (width, height), 255)
    ink.paste(bled, (margin, 0))
    paper = ImageOps.colorize(ink, _INK, _PAPER)
    outline = Image.new("L", (width, height), 0)
    teeth = [(x, height - 1 - (8 if x // 8 % 2 else 0)) for x in range(0, width + 8, 8)]
    ImageDraw.Draw(outline).polygon([(0, 0), (width, 0), *reversed(teeth)], fill=255)
    border = 28
    desk = Image.new("RGB", (width + 2 * border, height + 2 * border), _DESK)
    shadow = Image.new("L", desk.size, 0)
    shadow.paste(outline.point(lambda value: value // 3), (border + 3, border + 6))
    dark = Image.new("RGB", desk.size, (60, 66, 78))
    desk.paste(dark, (0, 0), shadow.filter(ImageFilter.GaussianBlur(9)))
    desk.paste(paper, (border, border), outline)
    return desk
