"""Reads services and menu from the asset folder, for the first draft of a new server."""

from pathlib import Path

import yaml
from pydantic import JsonValue

from kiosk.contract.assemble import assemble_menu, assemble_service
from kiosk.contract.content import ContentBundle
from kiosk.contract.findings import Gate


def read_folder(assets: Path) -> ContentBundle:
    """`menu.yaml` and every `services/<id>/`, as they are. Raises Unassembled, OSError."""
    folders = sorted(path for path in (assets / "services").iterdir() if path.is_dir())
    return ContentBundle(
        menu=assemble_menu(_read(assets / "menu.yaml")),
        services={
            folder.name: assemble_service(
                folder.name, {path.name: _read(path) for path in sorted(folder.glob("*.yaml"))}
            )
            for folder in folders
        },
    )


def read_gate(assets: Path) -> Gate:
    """The publish gate's words. Names of rules belong to kiosk software and are checked there."""
    return Gate.model_validate(_read(assets / "publish_gate.yaml"))


def _read(path: Path) -> JsonValue:
    # by libyaml: the same tree in a seventh of the time
    parsed: JsonValue = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return parsed
