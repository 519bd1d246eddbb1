"""Pages before a service begins: idle, home, list, not now, out of service."""

from kiosk.contract.closing import Closing
from kiosk.contract.content import MenuDepartment
from kiosk.flow import states as st
from kiosk.flow.availability import Cause, Mode, availability, services_of
from kiosk.flow.closing import closing
from kiosk.flow.events import Begin, DepartmentChosen, Quit, ServiceChosen, TryAgain
from kiosk.screens.view_model import (
    Action,
    DepartmentCard,
    HomeView,
    IdleView,
    MessageView,
    OutOfServiceView,
    ServiceListView,
    ServiceRow,
)
from kiosk.screens.viewing.framing import frame
from kiosk.screens.viewing.saying import Saying
from kiosk.services.wording import local_number

_SHOWN_ON_CARD = 3


def idle(state: st.Idle, saying: Saying) -> IdleView:
    """What can be done right now, by department."""
    world = saying.world
    return IdleView(
        frame=frame(saying, state.display, has_quit=False),
        title=saying.say("idle.title"),
        invitation=saying.say("idle.invitation"),
        notice=_cut_off(saying),
        departments=tuple(
            (entry.department.value, saying.department(entry.department), _now(entry, saying))
            for entry in world.content.bundle.menu.departments
        ),
        staffed_hours=saying.say("idle.hours", hours=saying.hours),
        begin=Action(label=saying.say("button.begin"), event=Begin(), icon="hand-finger"),
    )


def _cut_off(saying: Saying) -> str:
    case_id = saying.world.cut_off_case
    if case_id is None:
        return ""
    if not case_id:
        return saying.say("idle.cut_off")
    phone = saying.world.place.help_phone
    return saying.say("idle.cut_off_saved", number=local_number(case_id), phone=phone)


def _now(entry: MenuDepartment, saying: Saying) -> str:
    verdicts = [
        availability(content.definition, saying.world)
        for content in services_of(saying.world, entry.department)
    ]
    modes = [verdict.mode for verdict in verdicts]
    working, limited = modes.count(Mode.AVAILABLE), modes.count(Mode.ACCEPT_ONLY)
    if not modes:
        return saying.say("idle.empty")
    if working and limited:
        return saying.say("idle.some_limited", count=str(working), limited=str(limited))
    if working:
        return saying.say("idle.working", count=str(working))
    if limited:
        return saying.say("idle.accept_only")
    is_starting = all(verdict.cause is Cause.DEVICE_STARTING for verdict in verdicts)
    return saying.say("idle.starting" if is_starting else "idle.paused")


def home(state: st.Home, saying: Saying) -> HomeView:
    """The departments, and in one calm line what is down."""
    menu = saying.world.content.bundle.menu.departments
    return HomeView(
        frame=frame(saying, state.display),
        title=saying.say("home.title"),
        cards=tuple(_card(entry, saying) for entry in menu),
        notice=_notice(saying),
    )


def _card(entry: MenuDepartment, saying: Saying) -> DepartmentCard:
    services = services_of(saying.world, entry.department)
    causes = _causes(entry, saying)
    return DepartmentCard(
        department=entry.department.value,
        title=saying.say(f"department.{entry.department.value}.full"),
        services=tuple(saying.text(each, "title") for each in services[:_SHOWN_ON_CARD]),
        note=causes[0] if causes else "",
        open=Action(
            label=saying.department(entry.department), event=DepartmentChosen(entry.department)
        ),
    )


def _causes(entry: MenuDepartment, saying: Saying) -> tuple[str, ...]:
    """Each different reason once, in the menu's order."""
    found: dict[str, None] = {}
    for content in services_of(saying.world, entry.department):
        verdict = availability(content.definition, saying.world)
        cause = saying.cause(verdict, entry.department)
        if cause:
            found[cause] = None
    return tuple(found)


def _notice(saying: Saying) -> str:
    menu = saying.world.content.bundle.menu.departments
    by_department = [_causes(entry, saying) for entry in menu]
    causes = list(dict.fromkeys(cause for each in by_department for cause in each))
    if not causes:
        return ""
    return saying.say("home.notice", what=causes[0], more=_what_still_works(saying))


def _what_still_works(saying: Saying) -> str:
    """Other services; else handing in; else only the telephone."""
    modes = {
        availability(content.definition, saying.world).mode
        for entry in saying.world.content.bundle.menu.departments
        for content in services_of(saying.world, entry.department)
    }
    if Mode.AVAILABLE in modes:
        return saying.say("home.notice_more")
    if Mode.ACCEPT_ONLY in modes:
        return saying.say("home.notice_hand_in")
    return saying.say("home.notice_all", phone=saying.world.place.help_phone)


def service_list(state: st.ServiceList, saying: Saying) -> ServiceListView:
    """Every service, what cannot be done now included, with its reason."""
    name = saying.say(f"department.{state.department.value}.full")
    rows: list[ServiceRow] = []
    for content in services_of(saying.world, state.department):
        verdict = availability(content.definition, saying.world)
        why = saying.cause(verdict, state.department)
        minutes = str(content.definition.usual_minutes)
        fee, when = saying.fee(content), saying.limit(content)
        warning = ""
        match verdict.mode:
            case Mode.ACCEPT_ONLY:
                warning = saying.say("list.facts_accept_only", why=why)
            case Mode.UNAVAILABLE:
                warning = saying.say("list.facts_unavailable", why=why)
            case Mode.AVAILABLE:
                pass
        title = saying.text(content, "title")
        rows.append(
            ServiceRow(
                title=title,
                summary=saying.text(content, "summary"),
                facts=saying.say("list.facts", minutes=minutes, fee=fee, when=when),
                details=(
                    ("clock", saying.say("list.minutes", minutes=minutes)),
                    ("coin", fee),
                    ("receipt", saying.text(content, "result")),
                ),
                warning=warning,
                open=Action(label=title, event=ServiceChosen(content.definition.id)),
            )
        )
    return ServiceListView(
        frame=frame(saying, state.display, department=state.department, has_back=True),
        title=saying.say("list.title", department=name),
        rows=tuple(rows),
    )


def not_now(state: st.NotNow, saying: Saying) -> MessageView:
    """Why not, what instead, whom to call: never a dead end."""
    world = saying.world
    content = world.content.bundle.services[state.service_id]
    verdict = availability(content.definition, world)
    why = saying.cause(verdict, content.definition.department)
    return MessageView(
        frame=frame(saying, state.display, service=content, has_back=True, has_quit=False),
        tone="warning",
        title=saying.say("not_now.title", service=saying.text(content, "title")),
        safe=saying.say("not_now.safe"),
        todo=saying.lines(
            "not_now.todo",
            why=why or saying.say("fault.none"),
            remedy=saying.remedy(verdict),
            hours=saying.hours,
            phone=world.place.help_phone,
        ),
        small_print=saying.small_print(verdict.fault),
        actions=(
            Action(label=saying.say("button.look_again"), event=TryAgain(), icon="refresh"),
            Action(label=saying.say("button.home"), event=Quit(), icon="home"),
        ),
    )


def out_of_service(state: st.OutOfService, saying: Saying) -> OutOfServiceView:
    """Closed: as an operator wrote it, or for what the kiosk itself has seen."""
    world = saying.world
    why = closing(world)
    own = "" if why in {None, Closing.COMMAND} else saying.say(f"out_of_service.why.{why}")
    return OutOfServiceView(
        frame=frame(saying, state.display, has_quit=False),
        title=saying.say("out_of_service.title"),
        reason=own or world.out_of_service or saying.say("out_of_service.reason"),
        elsewhere=saying.say(
            "out_of_service.elsewhere",
            hours=saying.hours,
            phone=world.place.help_phone,
        ),
    )
