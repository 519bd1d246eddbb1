"""税务: prints the payment certificate that belongs to a notice's QR code, once it is paid."""

import re
from decimal import Decimal
from typing import Final

from fleet_server.departments.contract.models import Answer, Completed, HandedCase
from fleet_server.departments.sandbox.decisions import Moment, Refusals
from fleet_server.departments.sandbox.records import TaxNotice
from kiosk.contract.cases import Certificate
from kiosk.contract.identifiers import mask_number

_CODE: Final = re.compile(r"(?:TAX1:(?P<area>[0-9]{6}):)?(?P<notice>[0-9]{14})")
_DIGITS: Final = "零壹贰叁肆伍陆柒捌玖"
_PLACES: Final = ("", "拾", "佰", "仟")
_GROUPS: Final = ("", "万", "亿")


class Tax:
    """The county's tax office."""

    department = "tax"

    def __init__(self, notices: tuple[TaxNotice, ...], refusals: Refusals) -> None:
        self._refusals = refusals
        self._notices = {notice.notice: notice for notice in notices}

    def decide(self, case: HandedCase, moment: Moment) -> Answer:
        """Certify what was paid under the scanned notice."""
        if case.service_id != "tax-payment-certificate":
            return self._refusals.unknown_service()
        code = _CODE.fullmatch(case.applicant.number)
        notice = self._notices.get(code["notice"]) if code else None
        if code is None or notice is None or code["area"] not in (None, notice.area):
            return self._refusals.say("unknown_notice")
        match notice.state:
            case "voided":
                return self._refusals.say("voided_notice")
            case "unpaid":
                return self._refusals.say("unpaid_notice")
            case "paid":
                return _certify(notice, moment)


def _certify(notice: TaxNotice, moment: Moment) -> Completed:
    number = f"3703{moment.day[2:]}{moment.serial:08d}"
    total = sum((payment.amount_yuan for payment in notice.payments), Decimal(0))
    return Completed(
        department_number=number,
        certificate=Certificate(
            title="税收完税证明",
            number=number,
            rows=(
                ("纳税人名称", notice.payer),
                ("纳税人识别号", mask_number(notice.payer_number)),
                ("缴税通知", notice.notice),
                ("金额合计", f"￥{total:,.2f}"),
                ("大写", yuan_in_words(total)),
            ),
            table_head=("税种", "税款所属期", "入库日期", "实缴金额"),
            table_rows=tuple(
                (
                    payment.tax,
                    f"{payment.period:%Y-%m-%d}",
                    f"{payment.paid_on:%Y-%m-%d}",
                    f"{payment.amount_yuan:,.2f}",
                )
                for payment in notice.payments
                if payment.amount_yuan
            ),
            note="本凭证不作纳税人记账、抵扣凭证。",
            issuer=notice.office,
            issued_at=moment.now,
        ),
    )


def yuan_in_words(amount: Decimal) -> str:
    """An amount as written on official papers: `11800.05` → `壹万壹仟捌佰元零伍分`.

    Raises ValueError below zero and from 10^12 yuan on.
    """
    fen = int((amount * 100).to_integral_value())
    if not 0 <= fen < 10**14:
        raise ValueError("amount out of range")
    yuan, jiao, rest = fen // 100, fen // 10 % 10, fen % 10
    words = f"{_integer_in_words(yuan)}元" if yuan else ""
    if not jiao and not rest:
        return (words or "零元") + "整"
    if jiao:
        words += f"{_DIGITS[jiao]}角"
    elif words:
        words += "零"
    return words + (f"{_DIGITS[rest]}分" if rest else "整")


def _integer_in_words(number: int) -> str:
    words = ""
    zero_pending = False
    for place in range(len(str(number)) - 1, -1, -1):
        digit = number // 10**place % 10
        if digit:
            words += ("零" if zero_pending else "") + _DIGITS[digit] + _PLACES[place % 4]
        zero_pending = (zero_pending or bool(words)) and not digit
        group_has_any = number // 10 ** (place - place % 4) % 10**4
        if place % 4 == 0 and place and group_has_any:
            words += _GROUPS[place // 4]
    return words
