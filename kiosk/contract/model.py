"""The two kinds of pydantic model here: definitions we write, and messages that grow."""

from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError


class Strict(BaseModel):
    """Something we author (services, menus, configuration): an unknown key is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Message(BaseModel):
    """Something that crosses the wire: fields are only ever added, so unknown ones are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


_PLAINLY: Final = {
    "extra_forbidden": "there is no such key",
    "missing": "is missing",
}


def mistakes(error: ValidationError) -> str:
    """What is wrong with a file of settings, each key by its path, for whoever wrote it."""
    return "; ".join(
        f"{'.'.join(map(str, item['loc']))}: {_PLAINLY.get(item['type'], item['msg'])}"
        for item in error.errors()
    )
