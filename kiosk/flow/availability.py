"""The living menu: what can be finished here and now, what only accepted, what not, and why."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from kiosk.contract.content import ServiceContent
from kiosk.contract.devices import DeviceKind, DeviceStatus
from kiosk.contract.downlink import BackendStatus
from kiosk.contract.services import Department, OfflineClass, ServiceDefinition
from kiosk.flow.world import World


class Mode(StrEnum):
    """How much of a service works now."""

    AVAILABLE = "available"
    ACCEPT_ONLY = "accept_only"
    """It can be handed in; the answer comes later."""
    UNAVAILABLE = "unavailable"


class Cause(StrEnum):
    """Why not everything works; with `device` where one is the cause. Text keys `cause.<value>`."""

    NONE = ""
    DEVICE_DOWN = "device_down"
    DEVICE_STARTING = "device_starting"
    DEVICE_ABSENT = "device_absent"
    SERVER_AWAY = "server_away"
    DEPARTMENT_DOWN = "department_down"


@dataclass(frozen=True, slots=True)
class Availability:
    """The verdict over one service."""

    mode: Mode
    cause: Cause = Cause.NONE
    device: DeviceKind | None = None
    fault: str = ""
    """The device's fault code, for the small print."""


_WORKING: Final = frozenset({DeviceStatus.ONLINE, DeviceStatus.DEVICE_BUSY})
_NOT_YET_KNOWN: Final = frozenset({DeviceStatus.STARTING, DeviceStatus.UNKNOWN})


def availability(service: ServiceDefinition, world: World) -> Availability:
    """Devices first: without them nothing begins. Then the way to the department."""
    for kind in sorted(service.needs, key=list(DeviceKind).index):
        state = world.devices.get(kind)
        if state is None:
            return Availability(Mode.UNAVAILABLE, Cause.DEVICE_ABSENT, kind)
        if state.status in _NOT_YET_KNOWN:
            return Availability(Mode.UNAVAILABLE, Cause.DEVICE_STARTING, kind)
        if state.status not in _WORKING:
            return Availability(Mode.UNAVAILABLE, Cause.DEVICE_DOWN, kind, fault=state.fault or "")
    cause = _way_is_blocked(service.department, world)
    if cause is Cause.NONE or service.offline is OfflineClass.FULL:
        return Availability(Mode.AVAILABLE)
    if service.offline is OfflineClass.ACCEPT_ONLY:
        return Availability(Mode.ACCEPT_ONLY, cause)
    return Availability(Mode.UNAVAILABLE, cause)


def _way_is_blocked(department: Department, world: World) -> Cause:
    if not world.server_reachable:
        return Cause.SERVER_AWAY
    backend = world.backends.get(department.value)
    if backend is not None and backend.status is BackendStatus.DOWN:
        return Cause.DEPARTMENT_DOWN
    return Cause.NONE


def services_of(world: World, department: Department) -> tuple[ServiceContent, ...]:
    """A department's services in the menu's order: unavailable ones too, never missing."""
    bundle = world.content.bundle
    return tuple(
        bundle.services[service_id]
        for entry in bundle.menu.departments
        if entry.department is department
        for service_id in entry.services
    )
