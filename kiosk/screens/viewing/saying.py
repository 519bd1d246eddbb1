"""Finds the words of a page: shared phrases, a service's texts, causes, money and limits."""

from dataclasses import dataclass

from kiosk.contract.content import ServiceContent
from kiosk.contract.services import Department
from kiosk.flow.availability import Availability, Cause
from kiosk.flow.world import World
from kiosk.services.phrases import Phrases
from kiosk.services.wording import say_moment


@dataclass(frozen=True, slots=True)
class Saying:
    """Everything that says something in one language about one world."""

    phrases: Phrases
    language: str
    world: World

    def say(self, key: str, **facts: str) -> str:
        """A shared phrase."""
        return self.phrases.say(self.language, key, **facts)

    def lines(self, key: str, **facts: str) -> tuple[str, ...]:
        """A shared phrase of several lines."""
        return tuple(self.say(key, **facts).splitlines())

    def text(self, service: ServiceContent, key: str) -> str:
        """A service's own text."""
        return service.texts[self.language][key]

    @property
    def county(self) -> str:
        """Where the kiosk stands."""
        return self.world.place.county_in(self.language)

    @property
    def hours(self) -> str:
        """When counters are staffed."""
        return self.world.place.hours_in(self.language)

    def department(self, department: Department) -> str:
        """Its short name."""
        return self.say(f"department.{department.value}.name")

    def fee(self, service: ServiceContent) -> str:
        """Free, or how much."""
        yuan = service.definition.fee_yuan
        return self.say("fee.none") if float(yuan) == 0 else self.say("fee.yuan", yuan=yuan)

    def limit(self, service: ServiceContent) -> str:
        """At once, or within how many working days."""
        days = service.definition.promised_limit_working_days
        return self.say("limit.instant") if days == 0 else self.say("limit.days", days=str(days))

    def cause(self, verdict: Availability, department: Department) -> str:
        """Why not everything works, as half a sentence; empty where it does."""
        if verdict.cause is Cause.NONE:
            return ""
        device = "" if verdict.device is None else self.say(f"device.{verdict.device.value}")
        return self.say(
            f"cause.{verdict.cause.value}",
            device=device,
            fault=self.fault(verdict.fault),
            department=self.department(department),
        )

    def remedy(self, verdict: Availability) -> str:
        """What is being done about the cause, and nothing that is not; empty without one."""
        return self.say(f"remedy.{verdict.cause.value}") if verdict.cause else ""

    def fault(self, code: str) -> str:
        """A fault in a citizen's words; a code without words is only `not usable`."""
        known = f"fault.{code}" in self.phrases.texts[self.language]
        return self.say(f"fault.{code}" if known else "fault.none")

    def small_print(self, code: str) -> str:
        """Code and time for whoever is called; empty without a code."""
        if not code:
            return ""
        return self.say("small_print", code=code, time=say_moment(self.language, self.world.now))
