"""Coming to a step: which state it is, and what must be done there."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, replace

from device_drivers.document_camera.interface import PaperSize
from kiosk.contract.cases import Applicant, CasePayload
from kiosk.contract.devices import DeviceKind, DeviceStatus
from kiosk.contract.services import (
    AskChoice,
    AskDigits,
    CheckAnswers,
    Outcome,
    Photograph,
    PrintReceipt,
    ReadIdCard,
    ReadSocialSecurityCard,
    ScanCode,
    ShowGuide,
    Sign,
    Submit,
)
from kiosk.flow import effects, states
from kiosk.flow.citizen import PaperKind, Session
from kiosk.flow.effects import Effect, Form, PhotographedPaper
from kiosk.flow.facts import receipt_facts
from kiosk.flow.states import (
    State,
)
from kiosk.flow.walking import after_change, asked_on_path, next_step, photographed_on_path
from kiosk.flow.world import World
from kiosk.services.receipts import fill

_CAN_PRINT = frozenset({DeviceStatus.ONLINE, DeviceStatus.DEVICE_BUSY})


@dataclass(frozen=True, slots=True)
class Step:
    """The next state and what must be done for it."""

    state: State
    effects: tuple[Effect, ...] = ()


def enter(  # noqa: PLR0912  one branch per kind of step
    session: Session, step_id: str, world: World, *, attempt: int = 0
) -> Step:
    """The state of a step and its effects."""
    step = session.step(step_id)
    match step:
        case ShowGuide():
            return Step(states.AtGuide(session=session, step_id=step_id))
        case ReadIdCard():
            return Step(
                states.AwaitingIdCard(session=session, step_id=step_id, attempt=attempt),
                (effects.ReadIdCard(step.within_s),),
            )
        case ReadSocialSecurityCard():
            return Step(
                states.AwaitingSocialSecurityCard(
                    session=session, step_id=step_id, attempt=attempt
                ),
                (effects.ReadSocialSecurityCard(step.within_s),),
            )
        case ScanCode():
            return Step(
                states.AwaitingCode(session=session, step_id=step_id, attempt=attempt),
                (effects.ScanCode(step.within_s),),
            )
        case Photograph():
            return _photograph(session, step, step_id, attempt=attempt)
        case AskChoice():
            return Step(states.Choosing(session=session, step_id=step_id))
        case AskDigits():
            return Step(states.EnteringDigits(session=session, step_id=step_id))
        case CheckAnswers():
            settled = replace(session, returning_to="")
            return Step(states.Checking(session=settled, step_id=step_id))
        case Sign():
            return Step(states.Signing(session=session, step_id=step_id))
        case Submit():
            return Step(
                states.Storing(session=session, step_id=step_id, attempt=attempt),
                (_store_case(session),),
            )
        case PrintReceipt():
            kind = _paper_kind(session, world)
            return print_on(kind, session, step_id, world, attempt=attempt)
        case Outcome():
            return Step(
                states.Ended(session=session, step_id=step_id),
                (effects.NoteSessionEnded(session.service_id, step.result, step_id),),
            )


def _photograph(session: Session, step: Photograph, step_id: str, *, attempt: int) -> Step:
    """All pages there are, where the citizen comes back to several; else the camera."""
    kept = session.papers.get(step.material, ())
    if kept and step.most > 1:
        shown = replace(session, gathered=kept, page_at=len(kept))
        return Step(states.ReviewingPages(session=shown, step_id=step_id, attempt=attempt))
    return take_page(replace(session, gathered=(), page_at=0), step_id, attempt=attempt)


def take_page(session: Session, step_id: str, *, attempt: int) -> Step:
    """The camera, for the page at `session.page_at`."""
    step = session.step(step_id)
    if not isinstance(step, Photograph):
        raise TypeError(f"{step_id} photographs nothing")
    size = PaperSize.ID_CARD if step.is_card else PaperSize.A4
    is_next = 0 < session.page_at == len(session.gathered)
    before = session.gathered[-1].jpeg if is_next else b""
    return Step(
        states.Photographing(session=session, step_id=step_id, attempt=attempt),
        (effects.CapturePage(step.within_s, size, before),),
    )


def advance(session: Session, step_id: str, world: World) -> Step:
    """On from a step whose page the citizen has done with."""
    if session.returning_to:
        return enter(session, after_change(session, step_id), world)
    onward = replace(session, trail=(*session.trail, step_id))
    return enter(onward, next_step(session, step_id), world)


def _store_case(session: Session) -> effects.StoreCase:
    definition = session.service.definition
    applicant = session.applicant
    if applicant is None:  # a service without identity submits nobody's number
        applicant = Applicant(number="", number_kind="tax_notice")
    papers = {
        step.material: PhotographedPaper(session.papers[step.material], _form_of(step))
        for _, step in photographed_on_path(session)
    }
    return effects.StoreCase(
        payload=CasePayload(
            applicant=applicant,
            answers={step.field: session.answers[step.field] for _, step in asked_on_path(session)},
            signature_png=base64.b64encode(session.signature_png),
            paper_codes=_codes_on(papers),
            language=session.display.language,
        ),
        papers=papers,
        service_id=session.service_id,
        service_version=definition.version,
        content=session.content.hash,
    )


def _form_of(step: Photograph) -> Form:
    if step.is_card:
        return Form.CARD
    return Form.SEVERAL_PAGES if step.most > 1 else Form.ONE_PAGE


def _codes_on(papers: Mapping[str, PhotographedPaper]) -> dict[str, tuple[str, ...]]:
    """Each code once, in the order of the pages; a paper without any is not named."""
    codes = {
        material: tuple(dict.fromkeys(code for page in paper.pages for code in page.codes))
        for material, paper in papers.items()
    }
    return {material: found for material, found in codes.items() if found}


def print_on(
    kind: PaperKind, session: Session, step_id: str, world: World, *, attempt: int
) -> Step:
    """Begin to print a step's paper on what was chosen for it."""
    step = session.step(step_id)
    if not isinstance(step, PrintReceipt):
        raise TypeError(f"{step_id} prints nothing")
    session = replace(session, paper_kind=kind)
    printing = states.Printing(session=session, step_id=step_id, attempt=attempt)
    if kind is PaperKind.A4:
        return Step(printing, (_print_document(session, step),))
    return Step(printing, (_print(session, step, world),))


def _paper_kind(session: Session, world: World) -> PaperKind:
    """A4 where the department sent one and the printer for it can print now."""
    if not _pdf_of(session):
        return PaperKind.RECEIPT
    printer = world.devices.get(DeviceKind.DOCUMENT_PRINTER)
    if printer is None or printer.fault is not None or printer.status not in _CAN_PRINT:
        return PaperKind.RECEIPT_INSTEAD
    return PaperKind.A4


def _pdf_of(session: Session) -> bytes:
    reply = session.reply
    return reply.certificate.pdf if reply is not None and reply.certificate is not None else b""


def _print_document(session: Session, step: PrintReceipt) -> effects.PrintDocument:
    return effects.PrintDocument(
        case_id=session.case_id,
        title=step.template.removesuffix(".yaml"),
        pdf=_pdf_of(session),
    )


def _print(session: Session, step: PrintReceipt, world: World) -> effects.PrintPaper:
    template = session.service.templates[step.template]
    return effects.PrintPaper(
        case_id=session.case_id,
        title=step.template.removesuffix(".yaml"),
        receipt=fill(template, receipt_facts(session, world)),
    )
