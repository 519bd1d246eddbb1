"""The ingest as background work of the server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import update

from fleet_server.broker.configuration import SERVER_USER
from fleet_server.database import to_ms
from fleet_server.fleet import Fleet
from fleet_server.ingest.listener import Listener
from fleet_server.ingest.writer import Writer
from fleet_server.kiosks.tables import ServerGeneration
from kiosk.contract.downlink import ServerState


@asynccontextmanager
async def ingesting(fleet: Fleet) -> AsyncIterator[None]:
    """Take in what kiosks say for the length of the block, and say that we do."""
    generation = await asyncio.to_thread(_raise_generation, fleet)

    def on_link(connected: bool) -> None:
        fleet.ingest.connected = connected
        fleet.live.publish("ingest")

    writer = Writer(
        database=fleet.database,
        clock=fleet.clock,
        link=fleet.link,
        live=fleet.live,
        health=fleet.ingest,
        presence=fleet.settings.presence,
        source=Listener(
            host="127.0.0.1",
            port=fleet.settings.broker.server_port,
            user=SERVER_USER,
            password=fleet.broker_password,
            on_link=on_link,
        ),
    )
    writer.start()
    fleet.link.announce(_state(fleet, generation, is_on=True))
    try:
        yield
    finally:
        fleet.link.announce(_state(fleet, generation, is_on=False))
        await asyncio.to_thread(writer.stop)


def _state(fleet: Fleet, generation: int, *, is_on: bool) -> ServerState:
    return ServerState(on=is_on, gen=generation, ts=to_ms(fleet.clock.now()))


def _raise_generation(fleet: Fleet) -> int:
    with fleet.database.write() as session:
        return session.scalars(
            update(ServerGeneration)
            .values(generation=ServerGeneration.generation + 1)
            .returning(ServerGeneration.generation)
        ).one()
