"""Every router of the server, in one list."""

from typing import Final

from fastapi import APIRouter

from fleet_server.desired.endpoints import router as desired

ROUTERS: Final[tuple[APIRouter, ...]] = (desired,)
"""A domain adds its `endpoints.router` here."""
