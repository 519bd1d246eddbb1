"""`fleet-server run`: console and API on plain loopback and for kiosks on HTTPS, one process."""

import asyncio
import logging
import signal
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn
from fastapi import FastAPI

from fleet_server.settings import Settings

_log = logging.getLogger(__name__)

_GRACE_S: Final = 2
"""Long polls and event streams are cut after this: all is over within 5 s of the signal."""


class _Server(uvicorn.Server):
    """One listener of two: signals are for the pair, not for each."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them to `serve`."""
        yield


async def serve(app: FastAPI, settings: Settings) -> None:
    """Serve `app` on both addresses until SIGINT or SIGTERM. Raises OSError when one is taken."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    plain = _Server(
        uvicorn.Config(
            app,
            host=settings.http.host,
            port=settings.http.port,
            lifespan="off",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=_GRACE_S,
        )
    )
    secure = _Server(
        uvicorn.Config(
            app,
            host=settings.https.host,
            port=settings.https.port,
            lifespan="off",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=_GRACE_S,
            ssl_certfile=settings.keys / "server.pem",
            ssl_keyfile=settings.keys / "server-key.pem",
            ssl_version=ssl.PROTOCOL_TLS_SERVER,
        )
    )
    async with app.router.lifespan_context(app):
        listeners = [asyncio.create_task(server.serve()) for server in (plain, secure)]
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait([*listeners, stopping], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        for server in (plain, secure):
            server.should_exit = True
        ended = await asyncio.gather(*listeners, return_exceptions=True)
    for outcome in ended:
        if isinstance(outcome, BaseException):
            _log.error("a listener failed: %s", outcome)
            raise outcome
