"""不动产: answers at once what is registered in the applicant's own name."""

from fleet_server.departments.contract.models import Answer, Completed, HandedCase
from fleet_server.departments.sandbox.a4_paper import with_a4_paper
from fleet_server.departments.sandbox.decisions import Moment, Refusals
from fleet_server.departments.sandbox.records import People, Registration
from kiosk.contract.cases import Certificate
from kiosk.contract.dates import CHINA
from kiosk.contract.identifiers import mask_number

_ISSUER = "桓台县不动产登记中心"


class RealEstate:
    """The county's registry of real estate."""

    department = "real_estate"

    def __init__(
        self, people: People, registrations: tuple[Registration, ...], refusals: Refusals
    ) -> None:
        self._people = people
        self._registrations = registrations
        self._refusals = refusals

    def decide(self, case: HandedCase, moment: Moment) -> Answer:
        """Certify the holder's registrations, or that there are none."""
        if case.service_id != "real-estate-registration-result":
            return self._refusals.unknown_service()
        applicant = case.applicant
        if not self._people.knows(applicant.number, applicant.name):
            return self._refusals.stranger()
        held = tuple(r for r in self._registrations if r.owner == applicant.number)
        number = f"桓不动产查〔{moment.day[:4]}〕{moment.serial:06d}号"
        as_of = moment.now.astimezone(CHINA).strftime("%Y年%m月%d日 %H:%M")
        finding = (
            f"经查询，名下有不动产登记信息 {len(held)} 条。"
            if held
            else "经查询，截至本次查询时名下无不动产登记信息。"
        )
        certified = Completed(
            department_number=number,
            certificate=Certificate(
                title="不动产登记信息查询结果证明",
                number=number,
                rows=(
                    ("查询人", self._people.name_of(applicant.number)),
                    ("证件号码", mask_number(applicant.number)),
                    ("查询范围", "桓台县行政区域内"),
                    ("查询时间", as_of),
                    ("查询结果", finding),
                    *(row for r in held for row in _rows_of(r)),
                ),
                note="本证明反映查询时登记簿的记载；登记信息变更后，以登记簿为准。",
                issuer=_ISSUER,
                issued_at=moment.now,
            ),
        )
        return with_a4_paper(certified, case)


def _rows_of(registration: Registration) -> tuple[tuple[str, str], ...]:
    return (
        ("不动产权证号", registration.title_number),
        ("不动产单元号", registration.unit),
        ("坐落", registration.place),
        ("权利类型", registration.right),
        ("用途", registration.use),
        ("建筑面积", f"{registration.area_m2} ㎡"),
        ("共有情况", registration.shared),
        ("登记时间", f"{registration.registered_on:%Y-%m-%d}"),
        ("抵押查封", registration.burden),
    )
