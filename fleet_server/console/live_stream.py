"""`/console/live`: tells an open page to look again, at most a few times a second."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Annotated, Final

from fastapi import APIRouter, Query
from sse_starlette import EventSourceResponse, ServerSentEvent

from fleet_server.console.frame import StaffPage
from fleet_server.console.route import ConsoleRoute
from fleet_server.live import LiveBus

router = APIRouter(route_class=ConsoleRoute)

TOPICS: Final = (
    "kiosk",
    "command",
    "case",
    "department",
    "desired",
    "content",
    "dead_letter",
    "ingest",
)
_PAUSE_S: Final = 0.3
"""A page is drawn again three times a second at most, however busy the fleet."""
_DRAIN_S: Final = 0.002
_AT_ONCE: Final = 256
_LIFE_S: Final = 600.0
"""Then the browser connects anew, and is asked again who it is."""
_PING_S: Final = 10


@router.get("/live")
async def live(
    page: StaffPage, kiosk: Annotated[str, Query(max_length=24)] = ""
) -> EventSourceResponse:
    """`look` events; with `kiosk`, news of other kiosks are left out."""
    return EventSourceResponse(
        looks(page.fleet.live, kiosk),
        ping=_PING_S,
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def looks(bus: LiveBus, kiosk: str = "") -> AsyncGenerator[ServerSentEvent, None]:
    """One `look` at the beginning, in case something was missed, then one per burst of news."""
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + _LIFE_S
    with bus.listen(*TOPICS) as listener:
        yield ServerSentEvent(event="look", data="")
        while (left_s := ends_at - loop.time()) > 0:
            news = await listener.next(within_s=left_s)
            is_ours = False
            for _ in range(_AT_ONCE):
                if news is None:
                    break
                is_ours = is_ours or not kiosk or news.topic != "kiosk" or news.key == kiosk
                news = await listener.next(within_s=_DRAIN_S)
            if is_ours:
                yield ServerSentEvent(event="look", data="")
                await asyncio.sleep(_PAUSE_S)
