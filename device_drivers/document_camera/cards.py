"""Draws both sides of a resident identity card (居民身份证) of an invented person.

In the proportions of GA 461 as far as anybody reads them, plainly marked as a sample; the person is
the applicant of `papers.py`.
"""

from PIL import Image, ImageDraw

from device_drivers.typeface import font_for

_CARD_PX = (1011, 638)
"""ID-1 (85.60 × 53.98 mm) at 300 dpi."""
_GROUND = (222, 234, 240)
_WAVES = (198, 220, 226)
_INK = (30, 32, 38)
_LABEL = (36, 92, 148)
_RED = (190, 34, 40)


def front_of_card() -> Image.Image:
    """The side with name, number and portrait (人像面)."""
    card, pen = _blank()
    rows = [
        (70, "姓 名", "张明远"),
        (150, "性 别", "男"),
        (230, "出 生", "1985年3月12日"),
        (310, "住 址", "山东省桓台县索镇柳泉北路"),
        (362, "", "88号3号楼2单元501室"),
    ]
    for top, label, words in rows:
        pen.text((60, top), label, font=font_for("中", 30), fill=_LABEL)
        pen.text((170, top), words, font=font_for("中", 34), fill=_INK)
    pen.text((60, 540), "公民身份号码", font=font_for("中", 30), fill=_LABEL)
    pen.text((330, 534), "370321198503120011", font=font_for("中", 40, bold=True), fill=_INK)
    pen.rounded_rectangle((700, 90, 950, 420), 12, fill=(206, 214, 220))
    pen.ellipse((770, 130, 880, 260), fill=(150, 160, 170))
    pen.pieslice((730, 270, 920, 540), 180, 360, fill=(120, 132, 146))
    return card


def back_of_card() -> Image.Image:
    """The side with the authority and the term (国徽面), without the emblem."""
    card, pen = _blank()
    pen.ellipse((70, 70, 210, 210), outline=_RED, width=8)
    bold = font_for("中", 58, bold=True)
    pen.text((590, 90), "中华人民共和国", font=bold, fill=_INK, anchor="ma")
    pen.text((590, 200), "居 民 身 份 证", font=bold, fill=_INK, anchor="ma")
    for top, label, words in (
        (430, "签发机关", "桓台县公安局"),
        (510, "有效期限", "2020.06.01-2040.06.01"),
    ):
        pen.text((200, top), label, font=font_for("中", 32), fill=_INK)
        pen.text((370, top), words, font=font_for("中", 34), fill=_INK)
    return card


def _blank() -> tuple[Image.Image, ImageDraw.ImageDraw]:
    card = Image.new("RGB", _CARD_PX, _GROUND)
    pen = ImageDraw.Draw(card)
    for radius in range(60, 900, 36):
        place = (520 - radius, 700 - radius, 520 + radius, 700 + radius)
        pen.ellipse(place, outline=_WAVES, width=2)
    pen.text((930, 590), "样本", font=font_for("中", 26), fill=_LABEL, anchor="ma")
    return card, pen
