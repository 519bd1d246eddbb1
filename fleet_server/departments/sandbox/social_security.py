"""社会保障: certifies which insurances a card holder has, and for how many months."""

from typing import Final

from fleet_server.departments.contract.models import Answer, Completed, HandedCase
from fleet_server.departments.sandbox.decisions import Moment, Refusals
from fleet_server.departments.sandbox.records import Insurance, Insured, People
from kiosk.contract.cases import Certificate
from kiosk.contract.identifiers import mask_number

_KINDS: Final = {
    "pension": "职工基本养老保险",
    "resident_pension": "城乡居民基本养老保险",
    "unemployment": "失业保险",
    "injury": "工伤保险",
}


class SocialSecurity:
    """The county's social insurance centre."""

    department = "social_security"

    def __init__(self, people: People, insured: tuple[Insured, ...], refusals: Refusals) -> None:
        self._people = people
        self._refusals = refusals
        self._insured = {person.number: person for person in insured}

    def decide(self, case: HandedCase, moment: Moment) -> Answer:
        """Certify the insurances asked for in `answers["insurance"]`; all when not asked."""
        if case.service_id != "social-insurance-participation":
            return self._refusals.unknown_service()
        applicant = case.applicant
        insured = self._insured.get(applicant.number)
        if insured is None or not self._people.knows(applicant.number, applicant.name):
            return self._refusals.stranger()
        wanted = _wanted(insured, case.answers.get("insurance", "all"))
        if not wanted:
            return self._refusals.say("not_insured")
        return _certify(self._people.name_of(applicant.number), insured, wanted, moment)


def _wanted(insured: Insured, kind: str) -> tuple[Insurance, ...]:
    if kind not in _KINDS:
        return insured.insurances
    kinds = {kind, "resident_pension"} if kind == "pension" else {kind}
    return tuple(insurance for insurance in insured.insurances if insurance.kind in kinds)


def _certify(
    name: str, insured: Insured, wanted: tuple[Insurance, ...], moment: Moment
) -> Completed:
    number = f"SB370321{moment.day}{moment.serial:06d}"
    return Completed(
        department_number=number,
        certificate=Certificate(
            title="社会保险参保证明",
            number=number,
            rows=(
                ("姓名", name),
                ("社会保障号码", mask_number(insured.number)),
                ("参保单位", insured.employer or "个人（居民）参保"),
                ("参保地", "淄博市桓台县"),
            ),
            table_head=("险种", "起始年月", "截止年月", "实缴月数"),
            table_rows=tuple((_KINDS[i.kind], i.since, i.until, str(i.months)) for i in wanted),
            note="缴费中断的月份不计入实缴月数；补缴后请重新打印。",
            issuer="桓台县社会保险事业中心",
            issued_at=moment.now,
        ),
    )
