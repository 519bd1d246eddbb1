"""The ASGI application: `create_app(settings)`, and what starts and stops with it."""

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI

from fleet_server.api import ROUTERS
from fleet_server.background import BACKGROUND
from fleet_server.body_limit import BodyLimit
from fleet_server.broker.configuration import SERVER_USER
from fleet_server.broker.link import ServerLink
from fleet_server.broker.mosquitto import Mosquitto
from fleet_server.cases.desk import CaseDesk
from fleet_server.cases.health import HandOverHealth
from fleet_server.clock import Clock, SystemClock
from fleet_server.content.desk import ContentDesk
from fleet_server.database import open_database
from fleet_server.departments.systems import Systems
from fleet_server.errors import REFUSALS, install_error_handlers
from fleet_server.fleet import Fleet
from fleet_server.live import LiveBus
from fleet_server.pki import Authority
from fleet_server.schema import migrate
from fleet_server.settings import Settings


def create_app(settings: Settings, *, clock: Clock | None = None) -> FastAPI:
    """The whole server on an initialised folder (`fleet-server init`).

    Nothing is opened before the lifespan starts; while it runs, `app.state.fleet` is the `Fleet`.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            database = open_database(settings.database_file, os.environ.get("DATABASE_URL"))
            stack.callback(database.close)
            migrate(database)
            broker_password = (settings.keys / "broker-password").read_text(encoding="ascii")
            ticking = clock or SystemClock()
            authority = Authority(settings.keys)
            authority.renew_server(now=ticking.now())  # before anybody has read it
            fleet = Fleet(
                settings=settings,
                clock=ticking,
                database=database,
                live=LiveBus(),
                link=ServerLink(
                    host="127.0.0.1",
                    port=settings.broker.server_port,
                    user=SERVER_USER,
                    password=broker_password,
                ),
                broker=Mosquitto(settings, password=broker_password),
                broker_password=broker_password,
                authority=authority,
                cases=CaseDesk.open(settings),
                content=ContentDesk.open(settings),
                departments=Systems(settings.departments, now=ticking.now()),
                handover=HandOverHealth(ticking.monotonic_s),
            )
            for background in BACKGROUND:
                await stack.enter_async_context(background(fleet))
            app.state.fleet = fleet
            yield

    app = FastAPI(
        title="一窗 Yichuang fleet server",
        version="0.1.0",
        lifespan=lifespan,
        responses=REFUSALS,
        docs_url=None,  # FastAPI's own pages load their scripts from a CDN
        redoc_url=None,
    )
    app.add_middleware(BodyLimit)
    install_error_handlers(app)
    for router in ROUTERS:
        app.include_router(router)
    return app
