"""View model in, scene out: picks the page's builder and lays a warning over it."""

from dataclasses import replace
from typing import assert_never

from kiosk.screens import (
    camera,
    check,
    choice,
    device,
    digits,
    guide,
    home,
    idle,
    message,
    out_of_service,
    page_review,
    pages,
    rating,
    result,
    service_list,
    sign,
    time_warning,
    working,
)
from kiosk.screens.drawing import LocalState, Scene
from kiosk.screens.look import Look
from kiosk.screens.page import PageParts, stand
from kiosk.screens.view_model import (
    CameraView,
    CheckView,
    ChoiceView,
    DeviceView,
    DigitsView,
    GuideView,
    HomeView,
    IdleView,
    MessageView,
    OutOfServiceView,
    Page,
    PageReviewView,
    PagesView,
    RatingView,
    ResultView,
    ServiceListView,
    SignView,
    ViewModel,
    WorkingView,
)


def scene_of(view: ViewModel, look: Look, local: LocalState, size: tuple[int, int]) -> Scene:
    """The whole screen, laid out; pure."""
    page = view.page
    scene = stand(_parts(page, look, local), page, look, local, size)
    if view.warning is None:
        return scene
    return replace(scene, over=time_warning.build(view.warning, look, local, size))


def _parts(page: Page, look: Look, local: LocalState) -> PageParts:  # noqa: PLR0912 - one per page
    match page:
        case IdleView():
            return idle.build(page, look, local)
        case HomeView():
            return home.build(page, look, local)
        case ServiceListView():
            return service_list.build(page, look, local)
        case GuideView():
            return guide.build(page, look, local)
        case DeviceView():
            return device.build(page, look, local)
        case ChoiceView():
            return choice.build(page, look, local)
        case DigitsView():
            return digits.build(page, look, local)
        case CameraView():
            return camera.build(page, look, local)
        case PageReviewView():
            return page_review.build(page, look, local)
        case PagesView():
            return pages.build(page, look, local)
        case CheckView():
            return check.build(page, look, local)
        case SignView():
            return sign.build(page, look, local)
        case WorkingView():
            return working.build(page, look, local)
        case ResultView():
            return result.build(page, look, local)
        case RatingView():
            return rating.build(page, look, local)
        case MessageView():
            return message.build(page, look, local)
        case OutOfServiceView():
            return out_of_service.build(page, look, local)
        case _:
            assert_never(page)
