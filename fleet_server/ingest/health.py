"""What the ingest can say about itself, for the console's banner and for `check`."""

from dataclasses import dataclass


@dataclass(slots=True)
class IngestHealth:
    """Written by the ingest's threads, read by anybody: single fields, no invariants between."""

    connected: bool = False
    """The broker link of the ingest is up."""
    storing: bool = True
    """False while commits fail (disk full): nothing is acknowledged, kiosks keep everything."""
    why: str = ""
    """Text key of the trouble; empty while all is well."""
    messages: int = 0
    """Committed since the start."""
    dead_letters: int = 0
    """Refused since the start."""
