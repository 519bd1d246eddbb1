"""Walking a service's graph: where a step leads, what is answered, which way back."""

from collections.abc import Iterator
from dataclasses import replace

from kiosk.contract.services import (
    AskChoice,
    AskDigits,
    CheckAnswers,
    Outcome,
    Photograph,
    ReadIdCard,
    ReadSocialSecurityCard,
    ScanCode,
    ShowGuide,
    Sign,
    StepDefinition,
    Submit,
    exits,
)
from kiosk.flow.citizen import Session


def next_step(session: Session, step_id: str) -> str:
    """Where the ordinary way out of a step leads with the answers given so far."""
    step = session.step(step_id)
    if isinstance(step, AskChoice) and isinstance(step.then, dict):
        return step.then[session.answers[step.field]]
    return exits(step)["then"]


def is_satisfied(session: Session, step_id: str) -> bool:
    """Has the citizen already given what this step asks?"""
    step = session.step(step_id)
    match step:
        case ShowGuide():
            return True
        case ReadIdCard() | ReadSocialSecurityCard() | ScanCode():
            return session.applicant is not None
        case AskChoice() | AskDigits():
            return step.field in session.answers
        case Photograph():
            return step.material in session.papers
        case Sign():
            return bool(session.signature_png)
        case _:
            return False


def after_change(session: Session, step_id: str) -> str:
    """After one answer was changed: the next step still open, at the latest the check page."""
    target = next_step(session, step_id)
    seen: set[str] = set()  # a service may lead round to a question asked before
    while target != session.returning_to and target not in seen and is_satisfied(session, target):
        seen.add(target)
        target = next_step(session, target)
    return target


def path_taken(session: Session) -> Iterator[tuple[str, StepDefinition]]:
    """Steps from the start as far as the answers lead, the check page or submission excluded."""
    step_id = session.service.definition.start
    seen: set[str] = set()
    while step_id not in seen:
        seen.add(step_id)
        step = session.step(step_id)
        if isinstance(step, CheckAnswers):
            step_id = step.then
            continue
        if isinstance(step, Submit | Outcome) or not is_satisfied(session, step_id):
            return
        yield step_id, step
        step_id = next_step(session, step_id)


def asked_on_path(session: Session) -> tuple[tuple[str, AskChoice | AskDigits], ...]:
    """The questions answered on the way really taken; answers off the path do not count."""
    return tuple(
        (step_id, step)
        for step_id, step in path_taken(session)
        if isinstance(step, AskChoice | AskDigits)
    )


def photographed_on_path(session: Session) -> tuple[tuple[str, Photograph], ...]:
    """The papers photographed on the way really taken."""
    return tuple(
        (step_id, step) for step_id, step in path_taken(session) if isinstance(step, Photograph)
    )


def has_enough_pages(session: Session, step_id: str) -> bool:
    """Of the paper under the camera: could the citizen be done with it?"""
    step = session.step(step_id)
    return isinstance(step, Photograph) and step.fewest <= len(session.gathered)


def step_back(session: Session) -> tuple[Session, str] | None:
    """The page before, without the readers: a card still lying there would bounce one forward.

    None where there is no page before.
    """
    trail = session.trail
    while trail:
        *earlier, last = trail
        trail = tuple(earlier)
        if not isinstance(session.step(last), ReadIdCard | ReadSocialSecurityCard | ScanCode):
            return replace(session, trail=trail), last
    return None


def progress(session: Session, step_id: str) -> tuple[int, int]:
    """(number of this page, number of pages) on the way a citizen will most likely go."""
    pages: list[str] = []
    current = session.service.definition.start
    while current not in pages:
        step = session.step(current)
        if isinstance(step, Outcome):
            break
        pages.append(current)
        current = _likely_next(session, step)
    counted = [each for each in pages if not isinstance(session.step(each), ShowGuide)]
    if step_id not in counted:
        return (0, len(counted))
    return (counted.index(step_id) + 1, len(counted))


def _likely_next(session: Session, step: StepDefinition) -> str:
    if isinstance(step, Submit):
        decided_later = session.service.definition.promised_limit_working_days > 0
        return step.accepted if decided_later else step.completed
    if isinstance(step, AskChoice) and isinstance(step.then, dict):
        return step.then[session.answers.get(step.field, step.options[0])]
    return exits(step)["then"]


def way_out(session: Session, step_id: str) -> str | None:
    """The step for a citizen who gives up here: the step's own way, else any abandoned outcome."""
    own = exits(session.step(step_id)).get("gave_up")
    if own is not None:
        return own
    for other_id, step in session.service.definition.steps.items():
        if isinstance(step, Outcome) and step.result == "abandoned":
            return other_id
    return None
