"""`GET /v1/health`: is the server doing its work? For supervisors, the demo and `check`."""

from fastapi import APIRouter, Response

from fleet_server.fleet import FleetDep
from kiosk.contract.model import Message

router = APIRouter(tags=["health"])


class Health(Message):
    """Each part by itself; no secrets, no names."""

    broker: bool
    ingest: bool
    storing: bool
    hand_over: bool
    """Cases find their way to the departments: the worker lives and nothing hangs."""
    why: str
    messages: int
    dead_letters: int


@router.get("/v1/health", responses={503: {"model": Health}})
def get_health(fleet: FleetDep, response: Response) -> Health:
    """200 while everything works, 503 with the same body when a part does not."""
    health = Health(
        broker=fleet.broker.pid is not None,
        ingest=fleet.ingest.connected,
        storing=fleet.ingest.storing,
        hand_over=fleet.handover.working,
        why=fleet.ingest.why,
        messages=fleet.ingest.messages,
        dead_letters=fleet.ingest.dead_letters,
    )
    if not (health.broker and health.ingest and health.storing and health.hand_over):
        response.status_code = 503
    return health
