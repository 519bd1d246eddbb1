"""Every router of the server, in one list."""

from typing import Final

from fastapi import APIRouter

from fleet_server.cases.endpoints import router as cases
from fleet_server.commands.endpoints import router as commands
from fleet_server.console.endpoints import door
from fleet_server.console.endpoints import router as console
from fleet_server.content.endpoints import router as content
from fleet_server.desired.endpoints import router as desired
from fleet_server.enrolment.endpoints import router as enrolment
from fleet_server.ingest.endpoints import router as ingest

ROUTERS: Final[tuple[APIRouter, ...]] = (
    ingest,
    enrolment,
    desired,
    commands,
    cases,
    content,
    door,
    console,
)
"""A domain adds its `endpoints.router` here."""
