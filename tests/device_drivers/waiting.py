"""Waiting for what a board or a supply must say in the end, on a machine under load."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

Report = TypeVar("Report")

PATIENCE_S = 30.0


async def until(ask: Callable[[], Awaitable[Report]], is_so: Callable[[Report], bool]) -> Report:
    """Ask again and again; the first answer that is so. Raises TimeoutError with the last one."""
    deadline = asyncio.get_running_loop().time() + PATIENCE_S
    while not is_so(report := await ask()):
        if asyncio.get_running_loop().time() > deadline:
            raise TimeoutError(f"still {report}")
        await asyncio.sleep(0.02)
    return report
