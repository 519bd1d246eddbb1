"""A kiosk's world and a citizen who walks through services, for the tests of flow and view."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

from device_drivers.document_camera.interface import Page
from device_drivers.id_card_reader.interface import CardKind, IdCard, NoCard, Sex
from device_drivers.qr_scanner.interface import NothingShown, Scan
from device_drivers.social_security_card import interface as social
from kiosk.contract.cases import CaseReceipt, CaseReply, CaseState, Certificate
from kiosk.contract.devices import DeviceKind, DeviceState, DeviceStatus
from kiosk.contract.downlink import BackendState, BackendStatus
from kiosk.contract.services import (
    AskChoice,
    Department,
    Outcome,
    PrintReceipt,
    ServiceDefinition,
    StepDefinition,
    Submit,
    exits,
)
from kiosk.flow import events as ev
from kiosk.flow import states as st
from kiosk.flow.effects import Effect
from kiosk.flow.session import START, step
from kiosk.flow.world import Content, Place, World
from kiosk.services.loader import load_folder
from kiosk.services.phrases import Phrases, load_phrases
from kiosk.services.wording import department_names

ASSETS = Path(__file__).resolve().parents[3] / "assets"
NOW = datetime(2026, 11, 23, 3, 12, tzinfo=UTC)
PNG = b"\x89PNG\r\n\x1a\n"
PHONE = "13805330042"
CASE_ID = "3f2a91bc04de4b7f8a6c5d4e3f2a1b0c"

PAGE = Page(jpeg=b"\xff\xd8page", width_px=1240, height_px=1754, dpi=150, sharpness=1.0, glare=0.0)

PERSON = IdCard(
    kind=CardKind.RESIDENT,
    number="370321198503120011",
    name="张明远",
    sex=Sex.MALE,
    birth_date=date(1985, 3, 12),
    valid_until=date(2035, 1, 1),
)
"""Invented; the check digit is right (GB 11643)."""

CHILD = replace(PERSON, birth_date=date(2015, 3, 12))

SOCIAL_CARD = social.SocialSecurityCard(
    card_number="A12345678", social_security_number=PERSON.number, name=PERSON.name
)

NOTICE = Scan(text="TAX1:370321:20261100042317", raw=b"TAX1:370321:20261100042317")

PERSONAL = (PERSON.number, PERSON.name, PHONE, SOCIAL_CARD.card_number, NOTICE.text)
"""Canaries: what must be nowhere once a session is over."""

RECEIPT = CaseReceipt(
    case_id=CASE_ID,
    case_number="370321-20261123-000042",
    received_at=NOW,
    verify_url=f"https://127.0.0.1:8443/v/{CASE_ID}",
    state=CaseState.RECEIVED,
)

CERTIFICATE = Certificate(
    title="参保证明",
    number="SB37032120261123000001",
    rows=(("姓名", PERSON.name),),
    table_head=("险种", "月数"),
    table_rows=(("养老保险", "36"),),
    note="仅供核对",
    issuer="桓台县社会保险事业中心",
    issued_at=NOW,
)

REPLIES = {
    "accepted": CaseReply(
        case_id=CASE_ID,
        case_number=RECEIPT.case_number,
        state=CaseState.ACCEPTED,
        decide_by="2026-11-26",
    ),
    "completed": CaseReply(
        case_id=CASE_ID,
        case_number=RECEIPT.case_number,
        state=CaseState.COMPLETED,
        certificate=CERTIFICATE,
    ),
    "refused": CaseReply(
        case_id=CASE_ID,
        case_number=RECEIPT.case_number,
        state=CaseState.REFUSED,
        reason="未查询到参保记录",
    ),
}


@cache
def content() -> Content:
    """The services that ship with the kiosk."""
    bundle = load_folder(ASSETS)
    return Content(bundle, bundle.hash)


@cache
def phrases() -> Phrases:
    """The shared words that ship with the kiosk."""
    return load_phrases(ASSETS / "text")


@cache
def departments() -> Mapping[str, str]:
    """Their names as papers have them."""
    return department_names(ASSETS / "text", "zh-CN")


def world(
    *,
    down: DeviceKind | None = None,
    fault: str = "D301",
    server: bool = True,
    backend: tuple[Department, BackendStatus] | None = None,
    closed: str | None = None,
    mains: bool = True,
    battery: str = "ok",
    door: str = "closed",
) -> World:
    """Everything works, but for what is named."""
    fine = DeviceState(status=DeviceStatus.ONLINE)
    devices = {kind: fine for kind in DeviceKind}
    devices[DeviceKind.POWER_SUPPLY] = DeviceState(
        status=DeviceStatus.ONLINE,
        parts={"mains": "present" if mains else "notPresent", "battery": battery},
    )
    devices[DeviceKind.CABINET] = DeviceState(status=DeviceStatus.ONLINE, parts={"door": door})
    if down is not None:
        devices[down] = DeviceState(status=DeviceStatus.HARDWARE_ERROR, fault=fault)
    backends: dict[str, BackendState] = {}
    if backend is not None:
        backends[backend[0].value] = BackendState(status=backend[1], since=NOW)
    return World(
        now=NOW,
        content=content(),
        devices=devices,
        backends=backends,
        server_reachable=server,
        out_of_service=closed,
        place=Place(
            county="桓台县",
            hall="桓台县政务服务中心",
            name="01 号终端",
            help_phone="0533-8210000",
            staffed_hours="周一至周五 9:00–17:00",
        ),
        verify_base="https://127.0.0.1:8443",
        department_names=departments(),
    )


class Walk:
    """Feeds events to the flow and remembers every state it came through."""

    def __init__(self, around: World | None = None) -> None:
        self.world = world() if around is None else around
        self.state: st.State = START
        self.seen: list[st.State] = [START]
        self.effects: list[Effect] = []

    def feed(self, *happened: ev.Event) -> st.State:
        """Each must mean something."""
        for event in happened:
            result = step(self.state, event, self.world)
            assert result is not None, f"{type(event).__name__} in {type(self.state).__name__}"
            self.state = result.state
            self.seen.append(result.state)
            self.effects += result.effects
        return self.state

    def past_the_slot(self) -> st.State:
        """Where the visit leads once no card stands in the slot, if it is asked at all."""
        return self.feed(ev.CardTaken()) if isinstance(self.state, st.TakingCard) else self.state

    def means_nothing(self, event: ev.Event) -> bool:
        """Is it ignored here?"""
        return step(self.state, event, self.world) is None

    def choose(self, service_id: str) -> st.State:
        """From idle to the first page of a service."""
        department = self.world.content.bundle.services[service_id].definition.department
        return self.feed(ev.Begin(), ev.DepartmentChosen(department), ev.ServiceChosen(service_id))

    def until(self, step_id: str) -> st.State:
        """On, by the shortest way, until the page of this step."""
        assert isinstance(self.state, st.AtGuide)
        definition = self.state.session.service.definition
        for at, way in path_to(definition, step_id):
            self.feed(*events_for(definition.steps[at], way))
        return self.state


def definitions() -> tuple[ServiceDefinition, ...]:
    """Every service that ships."""
    return tuple(each.definition for each in content().bundle.services.values())


def every_exit() -> Iterator[tuple[str, str, str]]:
    """(service, step, way out) for every way there is."""
    for definition in definitions():
        for step_id, step_definition in definition.steps.items():
            for way in exits(step_definition):
                yield definition.id, step_id, way


def path_to(definition: ServiceDefinition, step_id: str) -> tuple[tuple[str, str], ...]:
    """The shortest way from the start to a step: (step, way out) each."""
    ways: dict[str, tuple[tuple[str, str], ...]] = {definition.start: ()}
    ahead = [definition.start]
    while ahead:
        at = ahead.pop(0)
        for way, target in exits(definition.steps[at]).items():
            if target not in ways:
                ways[target] = (*ways[at], (at, way))
                ahead.append(target)
    return ways[step_id]


def events_for(definition: StepDefinition, way: str) -> Sequence[ev.Event]:
    """What must happen on a step so that the citizen leaves it by this way."""
    if isinstance(definition, Submit):
        stored = ev.CaseStored(CASE_ID)
        if way == "waiting":
            return (stored, ev.WaitOver())
        return (stored, ev.CaseReceived(RECEIPT), ev.CaseAnswered(REPLIES[way]))
    if isinstance(definition, AskChoice):
        return (ev.Answered(way.split(".")[1] if "." in way else definition.options[0]),)
    if isinstance(definition, PrintReceipt):
        return (ev.PaperProgressed("sent"), ev.PaperEnded("printed"))
    assert not isinstance(definition, Outcome)
    return _PLAIN[(definition.kind, way)]


_PLAIN: dict[tuple[str, str], tuple[ev.Event, ...]] = {
    ("guide", "then"): (ev.Continue(),),
    ("read_id_card", "then"): (ev.IdCardRead(PERSON),),
    ("read_id_card", "gave_up"): (ev.IdCardRead(NoCard()), ev.Quit()),
    ("read_social_security_card", "then"): (ev.SocialSecurityCardRead(SOCIAL_CARD),),
    ("read_social_security_card", "gave_up"): (
        ev.SocialSecurityCardRead(social.NoCard()),
        ev.Quit(),
    ),
    ("scan_code", "then"): (ev.CodeScanned(NOTICE),),
    ("scan_code", "gave_up"): (ev.CodeScanned(NothingShown()), ev.Quit()),
    ("ask_digits", "then"): (ev.Answered(PHONE),),
    ("photograph", "then"): (ev.PageCaptured(PAGE), ev.KeepPage()),
    ("photograph", "gave_up"): (ev.PageNotCaptured("no_page"), ev.Quit()),
    ("check_answers", "then"): (ev.Continue(),),
    ("sign", "then"): (ev.Signed(PNG),),
}
