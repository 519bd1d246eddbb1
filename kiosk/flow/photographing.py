"""A paper under the camera: one page, several, or both sides of a card. Pure."""

from dataclasses import replace

from device_drivers.document_camera.interface import Page, PageProblem
from kiosk.contract.services import Photograph
from kiosk.flow import events as ev
from kiosk.flow import states as st
from kiosk.flow.citizen import Session
from kiosk.flow.entering import Step, advance, take_page
from kiosk.flow.trouble import trouble
from kiosk.flow.walking import has_enough_pages
from kiosk.flow.world import World

AtCamera = st.Photographing | st.ReviewingPage | st.ReviewingPages


def photograph(state: AtCamera, event: ev.Event, world: World) -> Step | None:
    """The next state while a paper is photographed; None where the event means nothing here."""
    session, step_id = state.session, state.step_id
    step = session.step(step_id)
    if not isinstance(step, Photograph):
        return None
    again = state.attempt + 1
    match state, event:
        case (st.Photographing(), ev.PageCaptured(page)):
            return Step(
                st.ReviewingPage(session=session, step_id=step_id, attempt=state.attempt, page=page)
            )
        case (st.Photographing(), ev.PageNotCaptured(problem)):
            known = problem if problem in set(PageProblem) else PageProblem.NO_PAGE.value
            return trouble(state, f"camera.{known}")
        case (st.Photographing(), ev.DeviceFailed(device, code)):
            return trouble(state, f"device.{device.value}", code)
        case (st.ReviewingPage(), ev.RetakePage()):
            return take_page(session, step_id, attempt=again)
        case (st.ReviewingPage(page=page), ev.KeepPage()):
            return _keep(_with(session, page), step, step_id, world, attempt=again)
        case (st.ReviewingPage(page=page), ev.AddPage()) if can_add(state):
            return take_page(_with(session, page), step_id, attempt=again)
        case (st.ReviewingPages(), ev.AddPage()) if can_add(state):
            return take_page(
                replace(session, page_at=len(session.gathered)), step_id, attempt=again
            )
        case (st.ReviewingPages(), ev.RetakeOne(at)) if 0 <= at < len(session.gathered):
            return take_page(replace(session, page_at=at), step_id, attempt=again)
        case (st.ReviewingPages(), ev.KeepPage()):
            return _done(session, step_id, world)
        case _:
            return None


def can_add(state: st.ReviewingPage | st.ReviewingPages) -> bool:
    """May the citizen say that there is another page, beside being done?

    Never in the middle of those the paper must have: these follow by themselves.
    """
    step = state.session.step(state.step_id)
    if not isinstance(step, Photograph):
        return False
    there = len(state.session.gathered)
    if isinstance(state, st.ReviewingPages):
        return there < step.most
    return state.session.page_at == there and step.fewest <= there + 1 < step.most


def all_pages(session: Session, step_id: str, *, attempt: int) -> Step:
    """Every page kept so far beside the others."""
    return Step(
        st.ReviewingPages(
            session=replace(session, page_at=len(session.gathered)),
            step_id=step_id,
            attempt=attempt,
        )
    )


def with_pages_kept(session: Session, step_id: str) -> Session:
    """The same with the pages under the camera as the paper they are, if they are enough."""
    step = session.step(step_id)
    if not isinstance(step, Photograph) or not has_enough_pages(session, step_id):
        return session
    papers = dict(session.papers) | {step.material: session.gathered}
    return replace(session, papers=papers, gathered=(), page_at=0)


def _with(session: Session, page: Page) -> Session:
    """The page in its place, and the camera ready for the next."""
    before, after = session.gathered[: session.page_at], session.gathered[session.page_at + 1 :]
    gathered = (*before, page, *after)
    return replace(session, gathered=gathered, page_at=len(gathered))


def _keep(session: Session, step: Photograph, step_id: str, world: World, *, attempt: int) -> Step:
    """On to the page that is missing, to all of them, or, where one is all, to the next step."""
    if len(session.gathered) < step.fewest:
        return take_page(session, step_id, attempt=attempt)
    if len(session.gathered) == 1:
        return _done(session, step_id, world)
    return all_pages(session, step_id, attempt=attempt)


def _done(session: Session, step_id: str, world: World) -> Step:
    return advance(with_pages_kept(session, step_id), step_id, world)
