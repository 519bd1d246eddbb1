"""The two kinds of pydantic model here: definitions we write, and messages that grow."""

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """Something we author (services, menus, configuration): an unknown key is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Message(BaseModel):
    """Something that crosses the wire: fields are only ever added, so unknown ones are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)
