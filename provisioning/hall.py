"""The site file: where a kiosk stands, what is plugged in; merged with what enrolment brings."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final, TypeGuard

from device_drivers.ports import Port
from device_drivers.registry import MODELS
from device_drivers.status import DeviceKind
from provisioning.site_file import read_toml

EXAMPLE: Final = Path(__file__).with_name("site.example.toml")

SECTIONS: Final = frozenset({"place", "display", "times", "agent", "devices"})
"""Of `kiosk.config.KioskConfig`; the rest comes from the server."""

Value = str | int | float | bool | dict[str, "Value"] | list["Value"]
Table = dict[str, Value]
"""One TOML table, still to be checked by `kiosk.config.load`."""


class BadSite(Exception):
    """The site file or a device on the command line cannot be used; the message says which."""


def read_site(path: Path | None, devices: Mapping[str, str]) -> dict[str, Table]:
    """The site file (the shipped example without one), with devices replaced. Raises BadSite.

    With devices given and no file of one's own, only those devices are plugged in.
    """
    source = path or EXAMPLE
    try:
        site: dict[str, Table] = read_toml(source)
    except ValueError as error:
        raise BadSite(str(error)) from error
    unknown = site.keys() - SECTIONS
    if unknown:
        raise BadSite(f"{source}: unknown section {', '.join(sorted(unknown))}")
    flat = [name for name, section in site.items() if not isinstance(section, dict)]
    if flat:
        raise BadSite(f"{source}: {', '.join(flat)} must be a section, such as [{flat[0]}]")
    flat = [kind for kind, device in site.get("devices", {}).items() if not _is_table(device)]
    if flat:
        raise BadSite(f"{source}: devices.{flat[0]} must be a section with model and port")
    given: Table = {kind: _device(kind, text) for kind, text in devices.items()}
    kept = {} if path is None and given else site.get("devices", {})
    return {**site, "devices": {**kept, **given}}


def render_config(site: Mapping[str, Table], *, kiosk_id: str, server: Table) -> str:
    """The text of kiosk.toml."""
    lines = [
        "# Written by provisioning.enrol; paths are relative to this file.",
        f"id = {_value(kiosk_id)}",
        'data = "data"',
        "",
    ]
    tables: dict[str, Table] = {"server": server}
    for name, table in site.items():
        if name == "devices":
            # `read_site` has seen that each is a table
            tables.update({f"devices.{k}": each for k, each in table.items() if _is_table(each)})
        else:
            tables[name] = table
    for name, table in tables.items():
        lines += [f"[{name}]", *(f"{key} = {_value(value)}" for key, value in table.items()), ""]
    return "\n".join(lines)


def _device(kind: str, text: str) -> Table:
    """`[MODEL@]PORT`; without a model, the first one that can be at such a port."""
    try:
        known_kind = DeviceKind(kind)
    except ValueError:
        raise BadSite(f"no device is called {kind}") from None
    model, at, address = text.partition("@")
    if not at or (known_kind, model) not in MODELS:
        model, address = "", text
    try:
        port = Port.parse(address)
    except ValueError as error:
        raise BadSite(f"{kind}: {error}") from error
    if not model:
        fitting = [
            name
            for (of_kind, name), entry in MODELS.items()
            if of_kind is known_kind and port.scheme in entry.ports
        ]
        if not fitting:
            raise BadSite(f"{kind}: no model can be at {port}")
        model = fitting[0]
    return {"model": model, "port": str(port)}


def _is_table(value: Value) -> TypeGuard[Table]:
    return isinstance(value, dict)


def _value(value: object) -> str:
    """TOML's basic strings, numbers, truths and inline tables; JSON's are the same but tables."""
    if isinstance(value, dict):
        inner = ", ".join(f"{key} = {_value(item)}" for key, item in value.items())
        return "{" + inner + "}"
    return json.dumps(value, ensure_ascii=False)
