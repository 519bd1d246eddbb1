"""The running server's parts, handed to endpoints and background work; made once, by the app."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Annotated, cast

from fastapi import Depends, Request

from fleet_server.broker.link import ServerLink
from fleet_server.broker.mosquitto import Mosquitto
from fleet_server.cases.desk import CaseDesk
from fleet_server.cases.health import HandOverHealth
from fleet_server.clock import Clock
from fleet_server.content.desk import ContentDesk
from fleet_server.database import Database
from fleet_server.departments.systems import Systems
from fleet_server.desired.parts import DesiredParts
from fleet_server.ingest.health import IngestHealth
from fleet_server.live import LiveBus
from fleet_server.pki import Authority
from fleet_server.settings import Settings


@dataclass(slots=True, kw_only=True)
class Fleet:
    """Everything with a lifetime of the process. Domain functions take only the part they need."""

    settings: Settings
    clock: Clock
    database: Database
    live: LiveBus
    link: ServerLink
    broker: Mosquitto
    broker_password: str = field(repr=False)
    """Of the server's own clients on the loopback listener."""
    authority: Authority
    cases: CaseDesk
    content: ContentDesk
    departments: Systems
    handover: HandOverHealth
    desired: DesiredParts = field(default_factory=DesiredParts)
    """Content and departments plug in what `GET /v1/desired` says."""
    ingest: IngestHealth = field(default_factory=IngestHealth)


Background = Callable[[Fleet], AbstractAsyncContextManager[None]]
"""Work beside the requests: entered at start in the order listed, left in reverse."""


def fleet_of(request: Request) -> Fleet:
    """The FastAPI dependency behind `FleetDep`."""
    return cast(Fleet, request.app.state.fleet)


FleetDep = Annotated[Fleet, Depends(fleet_of)]
