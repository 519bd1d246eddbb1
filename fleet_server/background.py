"""All work beside the requests, in one list."""

from typing import Final

from fleet_server.cases.handover import handing_over
from fleet_server.content.renewal import renewing_content
from fleet_server.departments.health import watching_departments
from fleet_server.fleet import Background

BACKGROUND: Final[tuple[Background, ...]] = (
    renewing_content,
    watching_departments,
    handing_over,
)
"""A domain adds its `Callable[[Fleet], AsyncContextManager[None]]` here; see `running.running`."""
