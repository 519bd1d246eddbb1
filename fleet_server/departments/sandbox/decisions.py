"""What every sandbox department shares: its shape, its numbers, and refusing a stranger."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from fleet_server.departments.contract.models import Answer, HandedCase, Refused
from fleet_server.departments.working_days import CHINA


@dataclass(frozen=True, slots=True)
class Moment:
    """When a case is decided, and the department's running number for it."""

    now: datetime
    serial: int

    @classmethod
    def current(cls, serial: int) -> "Moment":
        """The present moment, for the case with this serial number."""
        return cls(datetime.now(UTC), serial)

    @property
    def day(self) -> str:
        """The Chinese date, `20261123`."""
        return self.now.astimezone(CHINA).strftime("%Y%m%d")


class Decider(Protocol):
    """One department's rules: pure, so that its answer can be stored before it is sent."""

    @property
    def department(self) -> str:
        """Department id."""

    def decide(self, case: HandedCase, moment: Moment) -> Answer:
        """Accept, complete or refuse."""


def stranger(office: str) -> Refused:
    """Nobody of this name and number is on record."""
    return Refused(
        code="unknown_person",
        reason=f"{office}未查询到与您的证件姓名、号码一致的登记信息，"
        "请携带本人有效身份证件到综合服务窗口核对。",
    )


def unknown_service() -> Refused:
    """The department does not offer the service asked for."""
    return Refused(code="unknown_service", reason="本部门暂未开通该事项，请到综合服务窗口咨询。")
