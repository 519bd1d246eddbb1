"""What the server says: acknowledgements, pokes, and the state and commands a kiosk pulls."""

from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, Field

from kiosk.contract.model import Message
from kiosk.contract.uplink import Hash


class Acknowledgement(Message):
    """`dn/ack`: every event of `inst` up to `upto` is committed, but for `missing`."""

    inst: str = Field(alias="i")
    upto: int = Field(ge=0)
    missing: tuple[int, ...] = ()


class Poke(Message):
    """`dn/poke`: pull this now. Losing it is harmless; the kiosk pulls on its own as well."""

    what: Literal["desired", "commands", "replies", "birth"]


class ServerState(Message):
    """Retained on `kf/1/srv/state`; a higher `gen` asks for unacknowledged events again."""

    on: bool
    gen: int
    ts: int


class BackendStatus(StrEnum):
    """Can a department's system finish cases now?"""

    UP = "up"
    DOWN = "down"
    UNKNOWN = "unknown"


class BackendState(Message):
    """One department's system as the server's gateway sees it."""

    status: BackendStatus
    since: AwareDatetime
    reason: str = ""
    """A text key: `timeout`, `refused`, `error`; empty while up."""


class DesiredContent(Message):
    """Which bundle the kiosk shall show; the bytes come through TUF."""

    hash: Hash
    target: str
    """TUF target path, such as `content/<hash>.json`."""
    release: int
    """Counts publications; a kiosk never goes back by itself."""


class Desired(Message):
    """`GET /v1/desired`: everything this kiosk shall be. Pulled, never pushed."""

    version: int
    content: DesiredContent | None
    backends: dict[str, BackendState] = {}
    """By department id."""


class RestartApp(Message):
    """Restart the citizen's app once nobody is in a session."""

    kind: Literal["restart_app"] = "restart_app"


class SetOutOfService(Message):
    """Take the kiosk out of service, or put it back."""

    kind: Literal["set_out_of_service"] = "set_out_of_service"
    on: bool
    reason: str
    """Chinese sentence an operator typed, shown to citizens."""


class UnsupportedOrder(Message):
    """What this software cannot do: a kind it does not know, or a known one it cannot read.

    It is written down and answered `failed`, and holds up no other command.
    """

    kind: str = ""


UNSUPPORTED: Final = "unsupported"
"""The detail of `CommandProgress` with which such an order is answered."""


class Command(Message):
    """One order; remembered by id in the kiosk's store, so a second delivery does nothing."""

    id: str
    number: int
    """Grows by one per kiosk; `after=` of the pull refers to it."""
    order: Annotated[
        Annotated[RestartApp | SetOutOfService, Field(discriminator="kind")] | UnsupportedOrder,
        Field(union_mode="left_to_right"),
    ]
    expires_at: AwareDatetime


class CommandList(Message):
    """`GET /v1/commands?after=<number>`: oldest first."""

    commands: tuple[Command, ...]
