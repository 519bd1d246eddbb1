"""A certificate on A4: where the printer can, else on the receipt, which says so; never twice."""

import base64
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from device_drivers.document_printer.interface import (
    DocumentOutcome,
    DocumentPrinterStatus,
    JobProgress,
    JobState,
    NotPrinted,
    Printed,
    Unconfirmed,
)
from device_drivers.errors import DeviceMissing, ServiceDown
from device_drivers.status import DeviceStatus as DriverStatus
from kiosk.contract.cases import CaseReply, Certificate
from kiosk.contract.devices import DeviceKind, DeviceState, DeviceStatus
from kiosk.devices.fleet import Fleet
from kiosk.flow import effects as ef
from kiosk.flow import events as ev
from kiosk.flow import states as st
from kiosk.flow.citizen import Display, PaperKind, PaperState
from kiosk.flow.session import step
from kiosk.flow.world import World
from kiosk.screens.view import view
from kiosk.screens.view_model import MessageView, ResultView, WorkingView
from kiosk.store.database import Store
from tests.kiosk.flow.paper_desk import PaperDesk, paper_desk
from tests.kiosk.flow.visits import CASE_ID, RECEIPT, REPLIES, Walk, phrases, world

SERVICE = "social-insurance-participation"
PDF = b"%PDF-1.7 an invented certificate"


def _with_pdf(reply: CaseReply) -> CaseReply:
    assert reply.certificate is not None
    certificate = Certificate.model_validate(
        reply.certificate.model_dump() | {"pdf": base64.b64encode(PDF)}
    )
    return reply.model_copy(update={"certificate": certificate})


def _without_printer() -> World:
    whole = world()
    kept: dict[DeviceKind, DeviceState] = {
        kind: state
        for kind, state in whole.devices.items()
        if kind is not DeviceKind.DOCUMENT_PRINTER
    }
    return replace(whole, devices=kept)


def _with_printer_unasked() -> World:
    unasked = {DeviceKind.DOCUMENT_PRINTER: DeviceState(status=DeviceStatus.UNKNOWN)}
    return replace(world(), devices=dict(world().devices) | unasked)


def _awaiting(around: World) -> st.State:
    walk = Walk(around)
    walk.choose(SERVICE)
    walk.until("submit")
    return walk.feed(ev.CaseStored(CASE_ID), ev.CaseReceived(RECEIPT))


def _answered(around: World, reply: CaseReply) -> tuple[st.Printing, ef.Effect]:
    """The state and the effect with which printing begins."""
    onward = step(_awaiting(around), ev.CaseAnswered(reply), around)
    assert onward is not None
    assert isinstance(onward.state, st.Printing)
    (effect,) = onward.effects
    return onward.state, effect


def _a4() -> st.Printing:
    return _answered(world(), _with_pdf(REPLIES["completed"]))[0]


def test_the_departments_own_paper_goes_to_the_document_printer() -> None:
    state, effect = _answered(world(), _with_pdf(REPLIES["completed"]))
    assert state.session.paper_kind is PaperKind.A4
    assert effect == ef.PrintDocument(case_id=CASE_ID, title="certificate", pdf=PDF)


def test_a_reply_without_an_a4_paper_is_a_receipt_and_nobody_speaks_of_a4() -> None:
    state, effect = _answered(world(), REPLIES["completed"])
    assert state.session.paper_kind is PaperKind.RECEIPT
    assert isinstance(effect, ef.PrintPaper)
    page = view(state, world(), phrases()).page
    assert isinstance(page, WorkingView)
    assert "A4" not in page.title + page.reassurance


@pytest.mark.parametrize(
    "around",
    [
        _without_printer(),
        world(down=DeviceKind.DOCUMENT_PRINTER, fault="D301"),
        world(down=DeviceKind.DOCUMENT_PRINTER, fault="D104"),
        _with_printer_unasked(),
    ],
    ids=["missing", "no paper", "no print service", "unknown"],
)
def test_without_a_printer_that_can_print_now_the_receipt_takes_its_place_and_says_so(
    around: World,
) -> None:
    state, effect = _answered(around, _with_pdf(REPLIES["completed"]))
    assert state.session.paper_kind is PaperKind.RECEIPT_INSTEAD
    assert isinstance(effect, ef.PrintPaper)
    assert "qr" in str(effect.receipt)
    working = view(state, around, phrases()).page
    assert isinstance(working, WorkingView)
    assert "不能打印A4" in working.reassurance
    ended = step(state, ev.PaperEnded("printed"), around)
    assert ended is not None
    page = view(ended.state, around, phrases()).page
    assert isinstance(page, ResultView)
    assert "二维码" in page.paper
    assert not page.paper_is_missing


def test_an_a4_paper_that_certainly_did_not_come_becomes_a_receipt_by_itself() -> None:
    before = _a4()
    onward = step(before, ev.PaperEnded("not_printed", "D303"), world())
    assert onward is not None
    assert isinstance(onward.state, st.Printing)
    assert onward.state.session.paper_kind is PaperKind.RECEIPT_INSTEAD
    assert onward.state.session.paper is PaperState.NONE
    assert st.scope_of(onward.state) != st.scope_of(before)
    assert [type(effect) for effect in onward.effects] == [ef.PrintPaper]


def test_an_a4_paper_that_nobody_knows_of_is_never_printed_again_on_anything() -> None:
    onward = step(_a4(), ev.PaperEnded("unconfirmed", "D101"), world())
    assert onward is not None
    assert isinstance(onward.state, st.PaperTrouble)
    assert onward.effects == ()
    assert step(onward.state, ev.TryAgain(), world()) is None
    page = view(onward.state, world(), phrases()).page
    assert isinstance(page, MessageView)
    assert "不再打印第二份" in page.todo[-1]


def test_a_printed_a4_paper_is_said_to_lie_at_the_a4_printer() -> None:
    ended = step(_a4(), ev.PaperEnded("printed"), world())
    assert ended is not None
    page = view(ended.state, world(), phrases()).page
    assert isinstance(page, ResultView)
    assert "A4打印机" in page.paper


def test_english_pages_say_the_same() -> None:
    english = st.with_display(_a4(), Display(language="en"))
    onward = step(english, ev.PaperEnded("not_printed", "D301"), world())
    assert onward is not None
    page = view(onward.state, world(), phrases()).page
    assert isinstance(page, WorkingView)
    assert "cannot print A4 now" in page.reassurance


@dataclass
class ScriptedPrinter:
    """Ends each job as it was told to, and looks into the store when the job would go out."""

    path: Path
    outcome: DocumentOutcome = field(default_factory=lambda: Printed(1))
    connect_fault: bool = False
    job_fault: bool = False
    seen: list[object] = field(default_factory=list)
    capabilities: Mapping[str, str] = field(default_factory=dict)

    async def connect(self) -> None:
        if self.connect_fault:
            raise DeviceMissing("document_printer", "unplugged")

    async def close(self) -> None: ...

    async def status(self) -> DocumentPrinterStatus:
        return DocumentPrinterStatus(device=DriverStatus.ONLINE)

    async def print_document(
        self, pdf: bytes, *, title: str, on_progress: Callable[[JobProgress], None]
    ) -> DocumentOutcome:
        store = Store.open(self.path)
        self.seen = [title, pdf, *(row[0] for row in store.rows("SELECT stage FROM paper"))]
        store.close()
        on_progress(JobProgress(JobState.PROCESSING, 0))
        if self.job_fault:
            raise ServiceDown("document_printer", "CUPS has gone")
        on_progress(JobProgress(JobState.PROCESSING, 1))
        return self.outcome


@pytest.fixture
def printer(tmp_path: Path) -> ScriptedPrinter:
    return ScriptedPrinter(tmp_path / "kiosk.sqlite")


@pytest.fixture
async def desk(printer: ScriptedPrinter) -> AsyncIterator[PaperDesk]:
    async with paper_desk(printer.path, Fleet(document_printer=printer)) as standing:
        yield standing


async def steps_of_one(desk: PaperDesk) -> list[object]:
    """Print one paper; the stages that were journaled."""
    await desk.print(ef.PrintDocument(case_id="a" * 32, title="certificate", pdf=PDF))
    return desk.steps()


async def test_an_a4_paper_is_journaled_as_sent_before_the_print_service_has_it(
    desk: PaperDesk, printer: ScriptedPrinter
) -> None:
    assert await steps_of_one(desk) == ["intent", "sent", "presented"]
    assert printer.seen == ["certificate", PDF, "sent"]
    assert desk.told == [
        ev.PaperProgressed("sent"),
        ev.PaperProgressed("presented"),
        ev.PaperEnded("printed"),
    ]


@pytest.mark.parametrize(
    ("outcome", "ended"),
    [
        (NotPrinted("D301"), ev.PaperEnded("not_printed", "D301")),
        (Unconfirmed("D303", 1), ev.PaperEnded("unconfirmed", "D303")),
    ],
)
async def test_what_became_of_an_a4_paper_is_journaled_in_the_same_words(
    desk: PaperDesk, printer: ScriptedPrinter, outcome: DocumentOutcome, ended: ev.PaperEnded
) -> None:
    printer.outcome = outcome
    assert await steps_of_one(desk) == ["intent", "sent", ended.outcome]
    assert desk.told[-1] == ended


async def test_a_printer_that_cannot_be_lent_has_printed_nothing(
    desk: PaperDesk, printer: ScriptedPrinter
) -> None:
    printer.connect_fault = True
    assert await steps_of_one(desk) == ["intent", "sent", "not_printed"]
    assert desk.told == [ev.PaperEnded("not_printed", "D101")]


async def test_a_fault_within_a_job_leaves_it_unconfirmed(
    desk: PaperDesk, printer: ScriptedPrinter
) -> None:
    printer.job_fault = True
    assert await steps_of_one(desk) == ["intent", "sent", "unconfirmed"]
    assert desk.told[-1] == ev.PaperEnded("unconfirmed", "D104")
