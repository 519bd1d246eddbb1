"""No request may fill the memory: a body is refused once it is longer than its path may take.

FastAPI reads a body wholly before it asks who is calling, so without this anybody who reaches
the port could make the server hold gigabytes.
"""

from typing import Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fleet_server.cases.objects import LARGEST_CHUNK

LARGEST_BODY: Final = 4_000_000
"""A case of `LARGEST_PAYLOAD` in base64, with its papers' names, is under 3 MB."""

_UPLOADS: Final = "/v1/objects/"


class BodyLimit:
    """ASGI middleware: 413 `too_large`, announced or not."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on, with a body that ends in a refusal where it grows too long."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = LARGEST_CHUNK if scope["path"].startswith(_UPLOADS) else LARGEST_BODY
        announced = Headers(scope=scope).get("content-length", "0")
        if announced.isdecimal() and int(announced[:20]) > most:
            refusal = JSONResponse({"code": "too_large", "detail": ""}, 413)
            await refusal(scope, receive, send)
            return
        received = 0

        async def receive_some() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > most:
                raise HTTPException(413, "body too large")
            return message

        await self._app(scope, receive_some, send)
