"""The check page: everything on one page, each answer with 更改."""

from kiosk.contract.cases import Applicant
from kiosk.contract.identifiers import mask_number
from kiosk.contract.services import (
    AskChoice,
    Photograph,
    ReadIdCard,
    ReadSocialSecurityCard,
    ScanCode,
    Sign,
    StepDefinition,
)
from kiosk.flow import states as st
from kiosk.flow.citizen import Session
from kiosk.flow.events import ChangeAnswer
from kiosk.flow.walking import asked_on_path, next_step, path_taken, photographed_on_path
from kiosk.screens.view_model import Action, AnswerRow, CheckView
from kiosk.screens.viewing.asking import page_frame
from kiosk.screens.viewing.framing import go_on
from kiosk.screens.viewing.saying import Saying
from kiosk.services.wording import grouped

Group = tuple[str, tuple[AnswerRow, ...]]


def check(state: st.Checking, saying: Saying) -> CheckView:
    """Grouped; numbers masked, for another may look on."""
    session = state.session
    signs_next = isinstance(session.step(next_step(session, state.step_id)), Sign)
    groups = (
        (saying.say("check.applicant"), _applicant_rows(session, saying)),
        (saying.say("check.your_answers"), _answer_rows(session, saying)),
        (saying.say("check.papers"), _paper_rows(session, saying)),
    )
    label = saying.say("button.to_sign" if signs_next else "button.submit")
    return CheckView(
        frame=page_frame(state, saying, primary=go_on(label, "writing" if signs_next else "send")),
        title=saying.say("check.title"),
        groups=tuple(group for group in groups if group[1]),
        after=_after(session, saying, signs_next=signs_next),
    )


def _after(session: Session, saying: Saying, *, signs_next: bool) -> str:
    definition = session.service.definition
    if signs_next:
        return saying.say("check.after_sign")
    if definition.promised_limit_working_days == 0:
        return saying.say("check.after_instant")
    return saying.say(
        "check.after_days",
        owner=definition.owner,
        days=str(definition.promised_limit_working_days),
    )


def _applicant_rows(session: Session, saying: Saying) -> tuple[AnswerRow, ...]:
    applicant = session.applicant
    if applicant is None:
        return ()
    source = _source(session, saying)
    if applicant.number_kind == "tax_notice":
        return (_row(saying.say("check.notice"), _notice_number(applicant), source),)
    return (
        _row(saying.say("check.name"), applicant.name, source),
        _row(saying.say("check.number"), mask_number(applicant.number), source),
    )


def _notice_number(applicant: Applicant) -> str:
    return grouped(applicant.number.rsplit(":", 1)[-1], (4, 4, 4, 2))


def _source(session: Session, saying: Saying) -> str:
    for _, step in path_taken(session):
        key = _SOURCES.get(type(step))
        if key is not None:
            return saying.say(key)
    return ""


_SOURCES: dict[type[StepDefinition], str] = {
    ReadIdCard: "check.from_id_card",
    ReadSocialSecurityCard: "check.from_social_security_card",
    ScanCode: "check.from_code",
}


def _row(label: str, value: str, source: str) -> AnswerRow:
    return AnswerRow(label=label, value=value, change=None, source=source)


def _answer_rows(session: Session, saying: Saying) -> tuple[AnswerRow, ...]:
    rows: list[AnswerRow] = []
    for step_id, step in asked_on_path(session):
        value = session.answers[step.field]
        if isinstance(step, AskChoice):
            value = saying.text(session.service, f"{step_id}.options.{value}")
        elif step.rule == "is_mobile_number":
            value = grouped(value, (3, 4, 4))
        rows.append(
            AnswerRow(
                label=saying.text(session.service, f"{step_id}.label"),
                value=value,
                change=_change(step_id, saying),
                source="",
            )
        )
    return tuple(rows)


def _paper_rows(session: Session, saying: Saying) -> tuple[AnswerRow, ...]:
    return tuple(
        AnswerRow(
            label=saying.text(session.service, f"materials.{step.material}"),
            value=_taken(session, step, saying),
            change=_change(step_id, saying),
            source="",
        )
        for step_id, step in photographed_on_path(session)
    )


def _taken(session: Session, step: Photograph, saying: Saying) -> str:
    if step.is_card:
        return saying.say("check.taken_sides")
    if step.most == 1:
        return saying.say("check.taken")
    return saying.say("check.taken_pages", total=str(len(session.papers[step.material])))


def _change(step_id: str, saying: Saying) -> Action:
    return Action(label=saying.say("button.change"), event=ChangeAnswer(step_id), icon="pencil")
