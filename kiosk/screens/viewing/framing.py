"""What stands around every page: place, breadcrumb, progress, settings, ways on, back and out."""

from typing import Final

from kiosk.contract.content import LANGUAGES, ServiceContent
from kiosk.contract.services import Department, ReadSocialSecurityCard
from kiosk.flow.citizen import Display, Session
from kiosk.flow.events import (
    Back,
    Continue,
    LanguageChosen,
    Quit,
    TextScale,
    TextScaleChosen,
    Theme,
    ThemeChosen,
)
from kiosk.flow.walking import progress
from kiosk.screens.view_model import Action, Frame
from kiosk.screens.viewing.saying import Saying

_SCALES: Final = tuple(TextScale)
_THEMES: Final = tuple(Theme)


def frame(
    saying: Saying,
    display: Display,
    *,
    department: Department | None = None,
    service: ServiceContent | None = None,
    session: Session | None = None,
    step_id: str = "",
    primary: Action | None = None,
    has_back: bool = False,
    has_quit: bool = True,
) -> Frame:
    """The frame of a page; breadcrumb and progress follow from session and step."""
    if session is not None:
        service = session.service
    if service is not None:
        department = service.definition.department
    place = saying.world.place
    content = session.content if session is not None else saying.world.content
    return Frame(
        place=saying.say("place.title", county=saying.county),
        where=_where(saying, department, service),
        department="" if department is None else department.value,
        progress=_progress(saying, session, step_id),
        language=display.language,
        text_scale=display.text_scale,
        theme=display.theme,
        settings=_settings(saying, display),
        help_line=saying.say("place.help", phone=place.help_phone, hours=saying.hours),
        back=_back(saying) if has_back else None,
        primary=primary,
        quit=_quit(saying, service) if has_quit else None,
        content=content.hash,
    )


def go_on(label: str, icon: str = "arrow-right") -> Action:
    """The primary button."""
    return Action(label=label, event=Continue(), icon=icon)


def _where(saying: Saying, department: Department | None, service: ServiceContent | None) -> str:
    if department is None:
        return ""
    name = saying.department(department)
    return name if service is None else f"{name} › {saying.text(service, 'title')}"


def _progress(saying: Saying, session: Session | None, step_id: str) -> str:
    if session is None or not step_id:
        return ""
    number, total = progress(session, step_id)
    if not number:
        return ""
    return saying.say("progress", number=str(number), total=str(total))


def _settings(saying: Saying, display: Display) -> tuple[Action, ...]:
    """Each names what it is at now and changes to the next."""
    scale, theme = display.text_scale, display.theme
    next_scale = _SCALES[(_SCALES.index(scale) + 1) % len(_SCALES)]
    next_theme = _THEMES[(_THEMES.index(theme) + 1) % len(_THEMES)]
    next_language = LANGUAGES[(LANGUAGES.index(display.language) + 1) % len(LANGUAGES)]
    scale_key = scale.value.replace(".", "_")
    return (
        Action(
            label=saying.say(f"setting.text_scale.{scale_key}"),
            event=TextScaleChosen(next_scale),
            icon="text-size",
        ),
        Action(
            label=saying.say(f"setting.theme.{theme.value}"),
            event=ThemeChosen(next_theme),
            icon="contrast",
        ),
        Action(
            label=saying.say("setting.other_language"),
            event=LanguageChosen(next_language),
            icon="language",
        ),
    )


def _back(saying: Saying) -> Action:
    return Action(label=saying.say("button.back"), event=Back(), icon="arrow-left")


def _quit(saying: Saying, service: ServiceContent | None) -> Action:
    with_card = service is not None and any(
        isinstance(step, ReadSocialSecurityCard) for step in service.definition.steps.values()
    )
    key = "button.quit_with_card" if with_card else "button.quit"
    return Action(label=saying.say(key), event=Quit(), icon="logout")
