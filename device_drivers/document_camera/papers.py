"""Draws the papers the emulated desk can show: a letter and a form of invented people.

All names are invented; the applicant is 张明远 of `bench/people.yaml`, whose number has area 370321
and a valid check digit (GB 11643).
"""

from PIL import Image, ImageChops, ImageDraw

from device_drivers.typeface import font_for

_A4_PX = (1654, 2339)
"""200 dpi."""
_INK = (32, 32, 36)
_RED = (190, 34, 40)
_APPLICANT = "张明远"
_NUMBER = "370321198503120011"


def employer_letter() -> Image.Image:
    """A company's letter saying what the certificate is wanted for (用途说明)."""
    sheet = Image.new("RGB", _A4_PX, (250, 249, 246))
    pen = ImageDraw.Draw(sheet)
    _centred(pen, 210, "桓台县云杉精密机械有限公司", 60, _RED, bold=True)
    pen.line((170, 310, 1484, 310), _RED, 5)
    pen.line((170, 320, 1484, 320), _RED, 2)
    _centred(pen, 430, "关于开具无犯罪记录证明的用途说明", 56, _INK, bold=True)
    lines = [
        "桓台县公安局索镇派出所：",
        f"　　兹有我公司拟录用人员{_APPLICANT}，居民身份证号码",
        f"{_NUMBER}，应聘我公司仓储管理岗位。",
        "　　根据岗位管理要求，须由本人提供无犯罪记录证明，",
        "仅用于本次入职审查，不作其他用途。请予办理为盼。",
        "　　特此说明。",
        "",
        "　　联系人：周予安　　联系电话：0533-8200000",
    ]
    for row, line in enumerate(lines):
        _text(pen, (190, 600 + row * 96), line, 44, _INK)
    _text(pen, (830, 1560), "桓台县云杉精密机械有限公司", 44, _INK)
    _text(pen, (990, 1650), "2026年11月20日", 44, _INK)
    _seal(sheet, (1130, 1490))
    return sheet


def application_form() -> Image.Image:
    """A filled-in form with ruled cells (申请表)."""
    sheet = Image.new("RGB", _A4_PX, (248, 248, 244))
    pen = ImageDraw.Draw(sheet)
    _centred(pen, 200, "无犯罪记录证明申请表", 64, _INK, bold=True)
    _text(pen, (170, 330), "编号：2026-1120-017", 36, _INK)
    rows = [
        ("姓　　名", _APPLICANT),
        ("性　　别", "男"),
        ("身份号码", _NUMBER),
        ("户籍地址", "桓台县索镇柳泉北路88号3号楼2单元501室"),
        ("联系电话", "13900000000"),
        ("申请事由", "应聘，用人单位要求提供"),
        ("使用单位", "桓台县云杉精密机械有限公司"),
        ("查询期间", "2003年3月12日至2026年11月20日"),
    ]
    top, height = 410, 150
    for number, (label, value) in enumerate(rows):
        y = top + number * height
        pen.rectangle((170, y, 1484, y + height), outline=_INK, width=3)
        pen.line((470, y, 470, y + height), _INK, 3)
        _text(pen, (220, y + 52), label, 44, _INK, bold=True)
        _text(pen, (510, y + 52), value, 44, (30, 44, 110))
    _text(pen, (170, 1720), "　　本人承诺以上内容真实，并愿意承担不实承诺的责任。", 42, _INK)
    _text(pen, (900, 1900), f"申请人：{_APPLICANT}", 46, (30, 44, 110))
    _text(pen, (900, 1990), "2026年11月20日", 42, _INK)
    return sheet


def _text(
    pen: ImageDraw.ImageDraw,
    place: tuple[int, int],
    words: str,
    size_px: int,
    colour: tuple[int, int, int],
    *,
    bold: bool = False,
) -> None:
    pen.text(place, words, font=font_for("中", size_px, bold=bold), fill=colour)


def _centred(
    pen: ImageDraw.ImageDraw,
    top: int,
    words: str,
    size_px: int,
    colour: tuple[int, int, int],
    *,
    bold: bool,
) -> None:
    font = font_for("中", size_px, bold=bold)
    pen.text((_A4_PX[0] // 2, top), words, font=font, fill=colour, anchor="ma")


def _seal(sheet: Image.Image, centre: tuple[int, int]) -> None:
    """A round company seal over the signature, as ink that lets the text through."""
    side = 400
    seal = Image.new("L", (side, side), 0)
    pen = ImageDraw.Draw(seal)
    pen.ellipse((8, 8, side - 8, side - 8), outline=200, width=12)
    for row, words in enumerate(("云杉精密机械", "样 本 章")):
        font = font_for("中", 46, bold=True)
        pen.text((side // 2, 130 + row * 84), words, font=font, fill=200, anchor="ma")
    seal = seal.rotate(9, Image.Resampling.BICUBIC)
    place = (centre[0] - side // 2, centre[1] - side // 2)
    paper = sheet.crop((*place, place[0] + side, place[1] + side))
    ink = Image.new("RGB", (side, side), _RED)
    sheet.paste(ImageChops.multiply(paper, ink), place, seal)
