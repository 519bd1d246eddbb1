"""What the content domain keeps for the life of the process."""

from dataclasses import dataclass
from typing import Self

from fleet_server.assets import ASSETS
from fleet_server.content.folder import read_gate
from fleet_server.content.signing import ContentSigner, read_root
from fleet_server.settings import Settings
from kiosk.contract.findings import Gate


@dataclass(frozen=True, slots=True)
class ContentDesk:
    """The gate every publication must pass, and the keys that sign it."""

    gate: Gate
    signer: ContentSigner
    root: bytes
    """The root metadata, as pinned by kiosks."""

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """From an initialised folder. Raises FileNotFoundError before `signing.init_keys`."""
        return cls(
            gate=read_gate(ASSETS),
            signer=ContentSigner.open(settings.keys),
            root=read_root(settings.keys),
        )
