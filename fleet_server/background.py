"""All work beside the requests, in one list."""

from typing import Final

from fleet_server.broker.service import brokering
from fleet_server.cases.handover import handing_over
from fleet_server.commands.service import expiring_commands
from fleet_server.content.renewal import renewing_content
from fleet_server.departments.health import watching_departments
from fleet_server.fleet import Background
from fleet_server.ingest.service import ingesting
from fleet_server.kiosks.sweep import watching_presence
from fleet_server.retention.service import retaining

BACKGROUND: Final[tuple[Background, ...]] = (
    brokering,
    ingesting,
    watching_presence,
    expiring_commands,
    renewing_content,
    watching_departments,
    handing_over,
    retaining,
)
"""A domain adds its `Callable[[Fleet], AsyncContextManager[None]]` here; see `running.running`."""
