"""Every router of the server, in one list."""

from typing import Final

from fastapi import APIRouter

from fleet_server.cases.endpoints import router as cases
from fleet_server.content.endpoints import router as content
from fleet_server.desired.endpoints import router as desired

ROUTERS: Final[tuple[APIRouter, ...]] = (desired, cases, content)
"""A domain adds its `endpoints.router` here."""
