"""Every page of every service, found by walking the real flow: the source of the pictures.

Nothing is drawn by hand: an event that means something leads to a state, a state to its view.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import yaml
from pydantic import AwareDatetime

from device_drivers.document_camera.interface import Page, PageProblem
from device_drivers.id_card_reader import interface as id_card
from device_drivers.qr_scanner.interface import NothingShown, Scan
from device_drivers.social_security_card import interface as social
from kiosk.contract.cases import CaseReceipt, CaseReply, CaseState, Certificate
from kiosk.contract.devices import DeviceKind, DeviceState, DeviceStatus
from kiosk.contract.model import Strict
from kiosk.contract.services import AskChoice
from kiosk.flow import events as ev
from kiosk.flow import states as st
from kiosk.flow.citizen import Display, Session
from kiosk.flow.facts import OFFICIAL
from kiosk.flow.session import START, step
from kiosk.flow.world import Content, Place, World
from kiosk.screens.ink import png_of
from kiosk.screens.view import view
from kiosk.screens.view_model import ViewModel
from kiosk.services.loader import load_folder
from kiosk.services.phrases import Phrases, load_phrases
from kiosk.services.wording import department_names


class _Person(Strict):
    name: str
    number: str
    birth_date: date
    valid_until: date


class _Place(Strict):
    county: str
    hall: str
    name: str
    help_phone: str
    staffed_hours: str
    county_en: str
    staffed_hours_en: str


class _Certificate(Strict):
    title: str
    number: str
    issuer: str
    note: str


_CLOSED_BY_ITSELF = (
    ("mains-lost", DeviceKind.POWER_SUPPLY, {"mains": "notPresent", "battery": "ok"}),
    ("battery-low", DeviceKind.POWER_SUPPLY, {"mains": "notPresent", "battery": "low"}),
    ("door-open", DeviceKind.CABINET, {"door": "open"}),
)


class Examples(Strict):
    """`assets/shots.yaml`: what the pages are filled with."""

    now: AwareDatetime
    place: _Place
    verify_base: str
    person: _Person
    social_security_card: str
    code: str
    digits: str
    wrong_digits: str
    case_id: str
    case_number: str
    decide_by: str
    refusal: str
    certificate: _Certificate
    closed: str


class Walker:
    """Walks the flow with one invented citizen."""

    def __init__(self, assets: Path, page_jpeg: bytes) -> None:
        """Read services, words and examples. Raises ContentRefused, PhrasesRefused, OSError."""
        bundle = load_folder(assets)
        facts = yaml.safe_load((assets / "shots.yaml").read_text(encoding="utf-8"))
        self._examples = Examples.model_validate(facts)
        self._phrases: Phrases = load_phrases(assets / "text")
        self._page = Page(
            jpeg=page_jpeg, width_px=1240, height_px=1754, dpi=150, sharpness=1.0, glare=0.0
        )
        self._signature = png_of([[(20.0 * x, 60.0 * (x % 2)) for x in range(12)]])
        fine = DeviceState(status=DeviceStatus.ONLINE)
        self._world = World(
            now=self._examples.now,
            content=Content(bundle, bundle.hash),
            devices={kind: fine for kind in DeviceKind},
            backends={},
            server_reachable=True,
            out_of_service=None,
            place=Place(**self._examples.place.model_dump()),
            verify_base=self._examples.verify_base,
            department_names=department_names(assets / "text", OFFICIAL),
        )

    @property
    def services(self) -> tuple[str, ...]:
        """Ids of the services there are."""
        return tuple(sorted(self._world.content.bundle.services))

    def around(self, display: Display) -> Iterator[tuple[str, ViewModel]]:
        """The pages before a service begins: all well, no receipt printer, no server, closed."""
        worlds = {
            "": self._world,
            "no-printer": replace(
                self._world,
                devices=dict(self._world.devices)
                | {
                    DeviceKind.RECEIPT_PRINTER: DeviceState(
                        status=DeviceStatus.HARDWARE_ERROR, fault="D301"
                    )
                },
            ),
            "no-server": replace(self._world, server_reachable=False),
        }
        departments = [each.department for each in self._world.content.bundle.menu.departments]
        for why, world in worlds.items():
            tail = f"-{why}" if why else ""
            yield f"idle{tail}", self._seen(START, world, display)
            yield f"home{tail}", self._seen(st.Home(display=display), world, display)
            for department in departments:
                there = st.ServiceList(display=display, department=department)
                yield f"list-{department.value}{tail}", self._seen(there, world, display)
        for service_id in self.services:
            refused = st.NotNow(display=display, service_id=service_id)
            yield f"not-now-{service_id}", self._seen(refused, worlds["no-printer"], display)
        for why, case_id in (("cut-off", ""), ("cut-off-saved", self._examples.case_id)):
            world = replace(self._world, cut_off_case=case_id)
            yield f"idle-{why}", self._seen(START, world, display)
        left = st.TakingCard(
            display=display, service_id=self.services[0], onward=st.Idle(), is_seen=True
        )
        yield "take-card", self._seen(left, self._world, display)
        closed = replace(self._world, out_of_service=self._examples.closed)
        yield "out-of-service", self._seen(st.OutOfService(), closed, display)
        for why, kind, parts in _CLOSED_BY_ITSELF:
            state = DeviceState(status=DeviceStatus.ONLINE, parts=parts)
            world = replace(self._world, devices={**self._world.devices, kind: state})
            yield f"out-of-service-{why}", self._seen(st.OutOfService(), world, display)

    def service(self, service_id: str, display: Display) -> Iterator[tuple[str, ViewModel]]:
        """Every state a citizen can come to in one service, each once."""
        department = self._world.content.bundle.services[service_id].definition.department
        state = self._after(
            START, ev.Begin(), ev.DepartmentChosen(department), ev.ServiceChosen(service_id)
        )
        ahead, known = [state], {_identity(state)}
        while ahead:
            here = ahead.pop(0)
            yield (
                "-".join(part for part in _identity(here) if part),
                self._seen(here, self._world, display),
            )
            for event in self._events(here):
                following = step(here, event, self._world)
                if following is None or not isinstance(following.state, st.InStep | st.Warned):
                    continue
                identity = _identity(following.state)
                if identity not in known:
                    known.add(identity)
                    ahead.append(following.state)

    def _after(self, state: st.State, *happened: ev.Event) -> st.State:
        for event in happened:
            following = step(state, event, self._world)
            if following is None:
                raise ValueError(f"{type(event).__name__} means nothing in {type(state).__name__}")
            state = following.state
        return state

    def _seen(self, state: st.State, world: World, display: Display) -> ViewModel:
        return view(st.with_display(state, display), world, self._phrases)

    def _events(self, state: st.State) -> tuple[ev.Event, ...]:
        """What can happen here, the usual first."""
        if isinstance(state, st.Warned):
            return ()
        if isinstance(state, st.Choosing):
            asked = state.session.step(state.step_id)
            options = asked.options if isinstance(asked, AskChoice) else ()
            return tuple(ev.Answered(option) for option in options)
        return self._usual().get(type(state), ())

    def _usual(self) -> Mapping[type[st.State], tuple[ev.Event, ...]]:
        examples = self._examples
        receipt = CaseReceipt(
            case_id=examples.case_id,
            case_number=examples.case_number,
            received_at=examples.now,
            verify_url=f"{examples.verify_base}/v/{examples.case_id}",
            state=CaseState.RECEIVED,
        )
        scan = Scan(text=examples.code, raw=examples.code.encode())
        nonsense = Scan(text="https://example.org", raw=b"https://example.org")
        return {
            st.AtGuide: (ev.Continue(), ev.TimedOut()),
            st.AwaitingIdCard: (
                ev.IdCardRead(self._id_card()),
                ev.IdCardRead(id_card.NoCard()),
                *(ev.IdCardRead(id_card.CardUnreadable(why)) for why in _UNREADABLE),
                ev.DeviceFailed(DeviceKind.ID_CARD_READER, "D101"),
            ),
            st.AwaitingSocialSecurityCard: (
                ev.SocialSecurityCardRead(self._social_card()),
                ev.SocialSecurityCardRead(social.NoCard()),
                ev.SocialSecurityCardRead(social.UnsupportedCard("3B00")),
                ev.DeviceFailed(DeviceKind.SOCIAL_SECURITY_CARD, "D101"),
            ),
            st.AwaitingCode: (
                ev.CodeScanned(scan),
                ev.CodeScanned(NothingShown()),
                ev.CodeScanned(nonsense),
                ev.DeviceFailed(DeviceKind.QR_SCANNER, "D101"),
            ),
            st.Photographing: (
                ev.PageCaptured(self._page),
                *(ev.PageNotCaptured(problem.value) for problem in PageProblem),
                ev.DeviceFailed(DeviceKind.DOCUMENT_CAMERA, "D102"),
            ),
            st.ReviewingPage: (ev.KeepPage(), ev.AddPage()),
            st.ReviewingPages: (ev.KeepPage(), ev.AddPage()),
            st.EnteringDigits: (ev.Answered(examples.digits), ev.Answered(examples.wrong_digits)),
            st.Checking: (ev.Continue(),),
            st.Signing: (ev.Signed(self._signature),),
            st.Storing: (ev.CaseStored(examples.case_id), ev.CaseNotStored()),
            st.AwaitingReply: (
                ev.CaseReceived(receipt),
                *(ev.CaseAnswered(reply) for reply in self._replies()),
                ev.WaitOver(),
                ev.CaseTurnedAway("unsealable"),
            ),
            st.Printing: (
                ev.PaperProgressed("sent"),
                ev.PaperProgressed("presented"),
                ev.PaperEnded("printed"),
                ev.PaperEnded("not_printed", "D301"),
                ev.PaperEnded("unconfirmed", "D102"),
            ),
            st.PaperTrouble: (ev.Continue(),),
            st.Trouble: (ev.Quit(),),
            st.Ended: (ev.Continue(),),
            st.Rating: (ev.Rated(5),),
        }

    def _id_card(self) -> id_card.IdCard:
        person = self._examples.person
        return id_card.IdCard(
            kind=id_card.CardKind.RESIDENT,
            number=person.number,
            name=person.name,
            sex=id_card.Sex.MALE,
            birth_date=person.birth_date,
            valid_until=person.valid_until,
        )

    def _social_card(self) -> social.SocialSecurityCard:
        person = self._examples.person
        return social.SocialSecurityCard(
            card_number=self._examples.social_security_card,
            social_security_number=person.number,
            name=person.name,
        )

    def _replies(self) -> Iterator[CaseReply]:
        examples = self._examples
        certificate = Certificate(
            rows=(("姓名", examples.person.name),),
            issued_at=examples.now,
            **examples.certificate.model_dump(),
        )
        for state in (CaseState.ACCEPTED, CaseState.COMPLETED, CaseState.REFUSED):
            yield CaseReply.model_validate(
                {
                    "case_id": examples.case_id,
                    "case_number": examples.case_number,
                    "state": state,
                    "decide_by": examples.decide_by if state is CaseState.ACCEPTED else None,
                    "certificate": certificate if state is CaseState.COMPLETED else None,
                    "reason": examples.refusal if state is CaseState.REFUSED else "",
                }
            )


_UNREADABLE = ("lifted", "damaged")


def _identity(state: st.State) -> tuple[str, ...]:
    """What makes a state a picture of its own."""
    if isinstance(state, st.Warned):
        return (*_identity(state.below), "warned")
    if not isinstance(state, st.InStep):
        return (type(state).__name__,)
    why = getattr(state, "why", "") or getattr(state, "stage", "")
    refused = "refused" if getattr(state, "refused_entry", "") else ""
    answered = "received" if isinstance(state, st.AwaitingReply) and state.session.receipt else ""
    paper = state.session.paper.value if isinstance(state, st.Ended | st.PaperTrouble) else ""
    kept = "kept" if isinstance(state, st.Ended) and _stays_here(state.session) else ""
    name = type(state).__name__.lower()
    if isinstance(state, st.Photographing | st.ReviewingPage) and state.session.page_at:
        name += str(state.session.page_at + 1)
    if isinstance(state, st.ReviewingPages):
        name += str(len(state.session.gathered))
    return (state.step_id, name, why.replace(".", "-"), refused, answered, paper, kept)


def _stays_here(session: Session) -> bool:
    """Given up with a case that the platform turned away."""
    return bool(session.case_id) and session.applicant is None
