"""Menu, services, texts and receipt templates as one signed bundle (内容包)."""

import hashlib
import json

from pydantic import Field, JsonValue

from kiosk.contract.model import Strict
from kiosk.contract.services import Department, ServiceDefinition

LANGUAGES = ("zh-CN", "en")
"""Chinese first; a key must exist in each."""

Texts = dict[str, str]
"""Flat: `ask_use.title` → sentence."""


class MenuDepartment(Strict):
    """One department's card on the home page; its words are text keys `department.<id>.…`."""

    department: Department
    services: tuple[str, ...]
    """Service ids in the order shown; the first three are on the home card."""


class Menu(Strict):
    """The home page (服务菜单)."""

    version: int = Field(ge=1)
    departments: tuple[MenuDepartment, ...] = Field(min_length=1)


class ServiceContent(Strict):
    """Everything one service brings."""

    definition: ServiceDefinition
    texts: dict[str, Texts]
    """By language, then by the keys of `ServiceDefinition.text_keys`."""
    templates: dict[str, JsonValue] = {}
    """Receipt templates by file name, as parsed YAML; `{field}` is filled in by the kiosk."""


class ContentBundle(Strict):
    """All a kiosk shows. Its hash names it everywhere."""

    menu: Menu
    services: dict[str, ServiceContent]

    def canonical(self) -> bytes:
        """The same bytes for the same content: JSON, sorted keys, UTF-8, no spaces."""
        plain = self.model_dump(mode="json")
        return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    @property
    def hash(self) -> str:
        """SHA-256 of `canonical()`, lower-case hex."""
        return hashlib.sha256(self.canonical()).hexdigest()
