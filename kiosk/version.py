"""Which software this is, as every heartbeat tells the server."""

import tomllib
from pathlib import Path
from typing import Final

VERSION_FILE: Final = Path(__file__).with_name("version.txt")
"""Written where a kiosk is installed (`provisioning.program`); no part of a work tree."""
PROJECT: Final = Path(__file__).resolve().parent.parent / "pyproject.toml"


def software_version(written: Path = VERSION_FILE, project: Path = PROJECT) -> str:
    """What the installation wrote, such as `v0.1.0-3f2a-91bc`; `v0.1.0-source` in a work tree."""
    if written.exists():
        return written.read_text(encoding="utf-8").strip()
    try:
        found = tomllib.loads(project.read_text(encoding="utf-8"))
    except OSError:
        return "unknown"
    return f"v{found['project']['version']}-source"
