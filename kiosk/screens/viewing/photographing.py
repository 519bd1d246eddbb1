"""Pages on which a paper is photographed: the camera, the page taken, all pages of a paper."""

from typing import Final

from device_drivers.document_camera.interface import PageProblem
from kiosk.contract.services import Photograph
from kiosk.flow import states as st
from kiosk.flow.events import AddPage, KeepPage, RetakeOne, RetakePage
from kiosk.flow.photographing import can_add
from kiosk.screens.view_model import Action, CameraView, PageReviewView, PagesView, PageTile
from kiosk.screens.viewing.asking import own, page_frame
from kiosk.screens.viewing.saying import Saying

SAME_PAGE: Final = "same_page"
"""In the way of the next page: the one that was taken still lies there."""


def camera(state: st.Photographing, saying: Saying) -> CameraView:
    """The live picture, and a sentence for everything that can be in the way."""
    help_ = own(state, saying, "help")
    which = _which(state, saying)
    return CameraView(
        frame=page_frame(state, saying),
        title=own(state, saying, "title"),
        help=saying.say("camera.which", which=which, help=help_) if which else help_,
        problems=tuple(
            (problem, saying.say(f"camera.{problem}"))
            for problem in (*(each.value for each in PageProblem), SAME_PAGE)
        ),
        hold_still=saying.say("camera.hold_still"),
    )


def review(state: st.ReviewingPage, saying: Saying) -> PageReviewView:
    """Keep it, take it again, or keep it and take another page."""
    add = Action(label=saying.say("button.add_page"), event=AddPage(), icon="plus")
    which = _which(state, saying)
    keep = "button.keep_page" if which else "button.keep"
    return PageReviewView(
        frame=page_frame(state, saying),
        title=saying.say("review.title_of", which=which) if which else saying.say("review.title"),
        help=saying.say("review.help"),
        jpeg=state.page.jpeg,
        keep=Action(label=saying.say(keep), event=KeepPage(), icon="check"),
        retake=Action(label=saying.say("button.retake"), event=RetakePage(), icon="camera"),
        add=add if can_add(state) else None,
    )


def all_pages(state: st.ReviewingPages, saying: Saying) -> PagesView:
    """Each page with its number, and what can be done with all of them."""
    step = state.session.step(state.step_id)
    is_card = isinstance(step, Photograph) and step.is_card
    pages = state.session.gathered
    kind = "side" if is_card else "page"
    total = str(len(pages))
    add = Action(label=saying.say("button.add_page"), event=AddPage(), icon="plus")
    return PagesView(
        frame=page_frame(state, saying),
        title=saying.say(f"pages.{kind}.title", total=total),
        help=saying.say("pages.help_more" if can_add(state) else "pages.help"),
        tiles=tuple(
            PageTile(
                caption=saying.say(f"pages.{kind}.of", number=str(at + 1), total=total),
                jpeg=page.jpeg,
                retake=Action(
                    label=saying.say(f"pages.{kind}.retake", number=str(at + 1)),
                    event=RetakeOne(at),
                ),
            )
            for at, page in enumerate(pages)
        ),
        are_cards=is_card,
        add=add if can_add(state) else None,
        done=Action(label=saying.say("button.pages_done"), event=KeepPage(), icon="check"),
    )


def _which(state: st.Photographing | st.ReviewingPage, saying: Saying) -> str:
    """Which page this is; empty where there can be but one."""
    step = state.session.step(state.step_id)
    if not isinstance(step, Photograph) or step.most == 1:
        return ""
    number, most = str(state.session.page_at + 1), str(step.most)
    if step.is_card or step.fewest == step.most:
        key = "pages.side.of" if step.is_card else "pages.page.of"
        return saying.say(key, number=number, total=most)
    return saying.say("pages.page.up_to", number=number, most=most)
