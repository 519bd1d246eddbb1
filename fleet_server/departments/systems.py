"""The configured department systems: a gateway to each, and what is known of its health."""

from datetime import datetime

from fleet_server.departments.gateway import Gateway
from fleet_server.settings import DepartmentSettings
from kiosk.contract.downlink import BackendState, BackendStatus


class Systems:
    """Used by the event loop; `states` may be read from any thread."""

    def __init__(self, departments: dict[str, DepartmentSettings], *, now: datetime) -> None:
        self._settings = departments
        self._states = {
            department: BackendState(status=BackendStatus.UNKNOWN, since=now)
            for department in departments
        }
        self.gateways: dict[str, Gateway] = {}
        """By department id; empty until `open`."""

    def open(self) -> dict[str, Gateway]:
        """Make the gateways; inside the event loop that uses them."""
        self.gateways = {
            department: Gateway(department, settings)
            for department, settings in self._settings.items()
        }
        return self.gateways

    async def close(self) -> None:
        """Drop every connection."""
        for gateway in self.gateways.values():
            await gateway.close()
        self.gateways = {}

    def states(self) -> dict[str, BackendState]:
        """Health by department id, as of the last probe."""
        return dict(self._states)

    def set_state(self, department: str, state: BackendState) -> None:
        """What a probe found."""
        self._states = {**self._states, department: state}
