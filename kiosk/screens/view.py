"""What the screen shows for a state: pure; the screen draws it and decides nothing."""

from typing import Final

from device_drivers.document_camera.interface import PageProblem
from device_drivers.errors import FaultCode
from kiosk.contract.closing import Closing
from kiosk.contract.devices import DeviceKind
from kiosk.contract.services import AskChoice, AskDigits, Department
from kiosk.flow import states as st
from kiosk.flow.availability import Cause
from kiosk.flow.citizen import CardUsed, PaperKind
from kiosk.flow.events import TextScale, Theme
from kiosk.flow.identity import TROUBLES
from kiosk.flow.world import World
from kiosk.screens.view_model import Page, ViewModel
from kiosk.screens.viewing import asking, browsing, checking, ending, photographing
from kiosk.screens.viewing.saying import Saying
from kiosk.services.phrases import Phrases
from kiosk.services.rules import DIGIT_RULES

REQUIRED_PHRASES: Final = frozenset(
    {f"department.{each.value}.{part}" for each in Department for part in ("name", "full")}
    | {f"device.{kind.value}" for kind in DeviceKind}
    | {f"fault.{code.value}" for code in FaultCode}
    | {f"{part}.{cause.value}" for part in ("cause", "remedy") for cause in Cause if cause}
    | {f"out_of_service.why.{why.value}" for why in Closing if why is not Closing.COMMAND}
    | {f"camera.{problem.value}" for problem in PageProblem}
    | {f"camera.{photographing.SAME_PAGE}"}
    | {f"setting.text_scale.{scale.value.replace('.', '_')}" for scale in TextScale}
    | {f"setting.theme.{theme.value}" for theme in Theme}
    | {f"digits.problem.{rule}" for rule in (*DIGIT_RULES, "length")}
    | {f"rating.level.{score}" for score in range(1, 6)}
    | {
        f"trouble.{why}.{part}"
        for why in TROUBLES
        | {f"camera.{problem.value}" for problem in PageProblem}
        | {f"device.{kind.value}" for kind in DeviceKind}
        | {"disk", "turned_away"}
        for part in ("title", "safe", "todo")
    }
    | {f"result.card.{card.value}" for card in CardUsed}
    | {
        f"working.{part}.{kind.value}"
        for part in ("print_title", "print_note")
        for kind in PaperKind
    }
    | {f"result.paper.printed_{kind.value}" for kind in (PaperKind.A4, PaperKind.RECEIPT_INSTEAD)}
    | {f"result.without_paper.{result}" for result in ending.WITHOUT_PAPER}
)
"""Phrases whose keys are put together while drawing: required when the app starts."""


def view(state: st.State, world: World, phrases: Phrases) -> ViewModel:
    """The whole screen for one state of the flow."""
    saying = Saying(phrases, st.display_of(state).language, world)
    if isinstance(state, st.Warned):
        return ViewModel(
            page=_in_service(state.below, saying), warning=ending.warning(state, saying)
        )
    return ViewModel(page=_page(state, saying))


def _page(state: st.Resting | st.Browsing | st.TakingCard | st.InStep, saying: Saying) -> Page:
    match state:
        case st.Idle():
            return browsing.idle(state, saying)
        case st.OutOfService():
            return browsing.out_of_service(state, saying)
        case st.Home():
            return browsing.home(state, saying)
        case st.ServiceList():
            return browsing.service_list(state, saying)
        case st.NotNow():
            return browsing.not_now(state, saying)
        case st.TakingCard(onward=onward):
            return ending.taking_card(state, saying) if state.is_seen else _page(onward, saying)
        case _:
            return _in_service(state, saying)


def _in_service(  # noqa: PLR0912  one branch per page
    state: st.InStep, saying: Saying
) -> Page:
    picture = asking.picture_of(state)
    match state:
        case st.AtGuide():
            return asking.guide(state, saying)
        case st.AwaitingIdCard() | st.AwaitingSocialSecurityCard() | st.AwaitingCode():
            if picture is None:
                raise ValueError(f"{state.step_id} is not a reader's step")
            return asking.reader(state, picture, saying)
        case st.Trouble():
            if picture is not None and state.why.split(".")[0] == picture:
                return asking.reader_trouble(state, picture, saying)
            return ending.trouble(state, saying)
        case st.Choosing() | st.EnteringDigits():
            return _question(state, saying)
        case st.Photographing():
            return photographing.camera(state, saying)
        case st.ReviewingPage():
            return photographing.review(state, saying)
        case st.ReviewingPages():
            return photographing.all_pages(state, saying)
        case st.Checking():
            return checking.check(state, saying)
        case st.Signing():
            return asking.sign(state, saying)
        case st.Storing() | st.AwaitingReply():
            return ending.submitting(state, saying)
        case st.Printing():
            return ending.printing(state, saying)
        case st.PaperTrouble():
            return ending.paper_trouble(state, saying)
        case st.Rating():
            return ending.rating(state, saying)
        case st.Ended():
            return ending.ended(state, saying)


def _question(state: st.Choosing | st.EnteringDigits, saying: Saying) -> Page:
    step = state.session.step(state.step_id)
    match state, step:
        case (st.Choosing(), AskChoice()):
            return asking.choice(state, step, saying)
        case (st.EnteringDigits(), AskDigits()):
            return asking.digits(state, step, saying)
        case _:
            raise ValueError(f"{state.step_id} is not a question of this kind")
