"""Where content and departments plug in what `GET /v1/desired` says."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from kiosk.contract.downlink import BackendState, DesiredContent


def _no_content(_session: Session) -> DesiredContent | None:
    return None


def _no_backends() -> dict[str, BackendState]:
    return {}


class DesiredParts:
    """Two functions, replaced at start by the domains that own the answers.

    Whoever changes an answer calls `fleet_server.desired.service.bump` afterwards.
    """

    def __init__(self) -> None:
        self.content: Callable[[Session], DesiredContent | None] = _no_content
        """The published bundle, read in the caller's transaction."""
        self.backends: Callable[[], dict[str, BackendState]] = _no_backends
        """The departments' systems as the gateways see them now."""
