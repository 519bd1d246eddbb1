"""One receipt that uses every block and is hard to print: rare characters, long values."""

import io

from PIL import Image

from device_drivers.receipt_printer.interface import (
    Heading,
    KeyValues,
    Qr,
    Receipt,
    Rule,
    Table,
    Text,
)

RARE_NAME = "㛃𬌗"
"""U+36C3 and U+2C317: in no receipt printer's font."""

QR_CONTENT = "https://zwfw.example.cn/q/37032120261123000417?项=无犯罪"

ACCEPTANCE = Receipt(
    (
        Heading("受理凭条"),
        Rule(),
        KeyValues(
            (
                ("受理编号", "37032120261123000417"),
                ("申请人", RARE_NAME),
                (
                    "申请用途",
                    "应聘幼儿园教师岗位，用人单位要求提供（含本人、配偶），以单位要求为准。",
                ),
            )
        ),
        Text("应于 2026年11月26日 前作出决定", bold=True),
        Table(("项目", "金额"), (("证明工本费", "0.00"),)),
        Qr(QR_CONTENT, caption="扫一扫，查询办理进度"),
    )
)
LONG = Receipt(tuple(Text(f"第{number}行") for number in range(120)))
"""Half a metre of one citizen's lines: time enough for a hand in between."""
SHORT = Receipt((Heading("取号凭条"), Text("请妥善保管")))


def picture() -> bytes:
    """A grey PNG, tall enough to go out in two bands."""
    stream = io.BytesIO()
    Image.new("L", (576, 400), 128).save(stream, "PNG")
    return stream.getvalue()
