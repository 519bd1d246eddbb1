"""A service (事项) as data: a graph of steps, its guide, and the promises it makes.

No expression language: a condition is the name of a function in `kiosk.services.rules`.
Texts are not here but in `text.<language>.yaml` beside the definition, under the keys that
`ServiceDefinition.text_keys` lists.
"""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import (
    Field,
    JsonValue,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
    model_validator,
)

from kiosk.contract.devices import DeviceKind
from kiosk.contract.model import Strict

StepId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
FieldName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class Department(StrEnum):
    """The four departments (部门) of the hall's night area."""

    POLICE = "police"
    REAL_ESTATE = "real_estate"
    TAX = "tax"
    SOCIAL_SECURITY = "social_security"


class OfflineClass(StrEnum):
    """What is left of the service while the server cannot be reached."""

    FULL = "full"
    ACCEPT_ONLY = "accept_only"
    INFORMATION_ONLY = "information_only"


class ShowGuide(Strict):
    """Can I do it here, what do I need, how long, what does it cost, what do I get."""

    kind: Literal["guide"]
    then: StepId


class ReadIdCard(Strict):
    """Lay the ID card on the reader; identity and prefilled fields come from it."""

    kind: Literal["read_id_card"]
    within_s: float = Field(default=30, gt=0, le=120)
    rule: str = ""
    """Name of a predicate over the applicant, such as `is_adult`; empty: anybody."""
    then: StepId
    gave_up: StepId


class ReadSocialSecurityCard(Strict):
    """Insert the social security card."""

    kind: Literal["read_social_security_card"]
    within_s: float = Field(default=30, gt=0, le=120)
    then: StepId
    gave_up: StepId


class ScanCode(Strict):
    """Show a QR code to the scanner; `expects` names a reader in `kiosk.services.rules`."""

    kind: Literal["scan_code"]
    expects: str
    within_s: float = Field(default=45, gt=0, le=120)
    then: StepId
    gave_up: StepId


class AskChoice(Strict):
    """One question, a few large answers."""

    kind: Literal["ask_choice"]
    field: FieldName
    options: tuple[FieldName, ...] = Field(min_length=2, max_length=7)
    then: StepId | dict[str, StepId]
    """One next step, or one by option."""


class AskDigits(Strict):
    """One question answered on a number pad."""

    kind: Literal["ask_digits"]
    field: FieldName
    min_digits: int = Field(ge=1, le=28)
    max_digits: int = Field(ge=1, le=28)
    rule: str = ""
    """Name of a predicate over the digits, such as `is_mobile_number`."""
    optional: bool = False
    then: StepId


class PageCount(Strict):
    """How many pages one paper may have."""

    at_least: int = Field(default=1, ge=1, le=6)
    at_most: int = Field(default=1, ge=1, le=6)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.at_least > self.at_most:
            raise ValueError("at_least is more than at_most")
        return self


class Photograph(Strict):
    """Put a paper under the camera; it is taken by itself and shown before it is kept.

    One page is kept as JPEG; several pages, and a card, as one PDF.
    """

    kind: Literal["photograph"]
    material: FieldName
    paper: Literal["a4", "card_both_sides"] = "a4"
    """A card of the size of an identity card: front and back, kept on one sheet."""
    pages: PageCount = PageCount()
    within_s: float = Field(default=90, gt=0, le=300)
    then: StepId
    gave_up: StepId

    @model_validator(mode="after")
    def _a_card_has_two_sides(self) -> Self:
        if self.is_card and self.pages != PageCount():
            raise ValueError("a card has two sides, and no pages to count")
        return self

    @model_serializer(mode="wrap")
    def _as_before(self, handler: SerializerFunctionWrapHandler) -> dict[str, JsonValue]:
        """What is not used is not written: a bundle without it keeps its hash, and its readers."""
        plain: dict[str, JsonValue] = handler(self)
        if not self.is_card:
            del plain["paper"]
        if self.pages == PageCount():
            del plain["pages"]
        return plain

    @property
    def is_card(self) -> bool:
        """Both sides of a card."""
        return self.paper == "card_both_sides"

    @property
    def fewest(self) -> int:
        """Pictures without which it is not whole."""
        return 2 if self.is_card else self.pages.at_least

    @property
    def most(self) -> int:
        """Pictures it can have."""
        return 2 if self.is_card else self.pages.at_most


class CheckAnswers(Strict):
    """Everything on one page, each with 更改 that comes back here."""

    kind: Literal["check_answers"]
    then: StepId


class Sign(Strict):
    """Sign on the screen."""

    kind: Literal["sign"]
    then: StepId


class Submit(Strict):
    """Seal, store, send, and wait for the department's word."""

    kind: Literal["submit"]
    wait_s: float = Field(default=20, gt=0, le=60)
    accepted: StepId
    """The department has it and will decide later."""
    completed: StepId
    """Decided on the spot."""
    refused: StepId
    waiting: StepId
    """Safe on this kiosk's disk, no word within `wait_s`: server or department away."""


class PrintReceipt(Strict):
    """Print a template beside the definition; `then` also when the citizen must be told it failed.

    The page that follows knows whether paper came out.
    """

    kind: Literal["print_receipt"]
    template: str = Field(pattern=r"^[a-z][a-z0-9_]*\.yaml$")
    then: StepId


class Outcome(Strict):
    """The end of a path: the page with the verdict, the number and what comes next."""

    kind: Literal["outcome"]
    result: Literal["submitted", "completed", "refused", "waiting", "abandoned"]
    asks_rating: bool = False
    """Ask how it was once that page is left: five levels, skippable, never forced."""

    @model_validator(mode="after")
    def _only_what_was_done_is_rated(self) -> Self:
        if self.asks_rating and self.result == "abandoned":
            raise ValueError("nothing was done that could be rated")
        return self


StepDefinition = Annotated[
    ShowGuide
    | ReadIdCard
    | ReadSocialSecurityCard
    | ScanCode
    | AskChoice
    | AskDigits
    | Photograph
    | CheckAnswers
    | Sign
    | Submit
    | PrintReceipt
    | Outcome,
    Field(discriminator="kind"),
]

_EXIT_FIELDS = ("then", "gave_up", "accepted", "completed", "refused", "waiting")


def exits(step: StepDefinition) -> dict[str, StepId]:
    """Where a step can lead, by the name of the way out."""
    found: dict[str, StepId] = {}
    for name in _EXIT_FIELDS:
        target = getattr(step, name, None)
        if isinstance(target, str):
            found[name] = target
        elif isinstance(target, dict):
            found.update({f"{name}.{option}": step_id for option, step_id in target.items()})
    return found


_STEP_DEVICES: dict[str, DeviceKind] = {
    "read_id_card": DeviceKind.ID_CARD_READER,
    "read_social_security_card": DeviceKind.SOCIAL_SECURITY_CARD,
    "scan_code": DeviceKind.QR_SCANNER,
    "photograph": DeviceKind.DOCUMENT_CAMERA,
    "print_receipt": DeviceKind.RECEIPT_PRINTER,
}


class LegalBasis(Strict):
    """The law a service stands on (实施依据)."""

    name: str = Field(min_length=4)
    """With book-title marks, such as 《不动产登记暂行条例》."""
    article: str = Field(min_length=2)
    """Such as 第二十七条."""


class Material(Strict):
    """A paper or fact the service needs (申请材料)."""

    id: FieldName
    source: Literal["citizen", "card", "shared"]
    """Brought by the citizen, read from their card, or fetched from another office."""
    kept: Literal["none", "photograph"] = "none"
    optional: bool = False


class ServiceDefinition(Strict):
    """One service at one version. A session keeps the version it began with."""

    id: str = Field(pattern=r"^[a-z][a-z0-9-]{2,63}$")
    version: int = Field(ge=1)
    status: Literal["draft", "published", "retired"]
    department: Department
    owner: str = Field(min_length=2)
    """The office that answers for it, as citizens know it."""
    item_code: str = Field(min_length=4)
    """Code in the public catalogue (事项编码)."""
    legal_basis: tuple[LegalBasis, ...] = Field(min_length=1)
    statutory_limit_working_days: int = Field(ge=0)
    """0 where the law wants it on the spot."""
    promised_limit_working_days: int = Field(ge=0)
    """0: decided while the citizen waits (即办)."""
    fee_yuan: str = Field(default="0", pattern=r"^[0-9]+(\.[0-9]{2})?$")
    usual_minutes: int = Field(ge=1, le=30)
    materials: tuple[Material, ...]
    offline: OfflineClass
    retain_days: int = Field(ge=1, le=3650)
    start: StepId
    steps: dict[StepId, StepDefinition] = Field(min_length=2)

    @field_validator("steps")
    @classmethod
    def _one_guide_at_most(cls, steps: dict[str, StepDefinition]) -> dict[str, StepDefinition]:
        if sum(step.kind == "guide" for step in steps.values()) > 1:
            raise ValueError("a service has one guide")
        return steps

    @property
    def needs(self) -> frozenset[DeviceKind]:
        """The devices it cannot run without; the menu greys it out when one is down."""
        return frozenset(
            _STEP_DEVICES[step.kind] for step in self.steps.values() if step.kind in _STEP_DEVICES
        )

    @property
    def text_keys(self) -> tuple[str, ...]:
        """Every text a person will read, relative to the service, such as `ask_use.title`.

        Each step but outcomes, submit and print has `<step>.title` and `<step>.help`; choices
        add `<step>.options.<option>`; materials have `materials.<id>`.
        """
        keys = ["title", "summary", "audience", "result", "legal_note"]
        keys += [f"materials.{material.id}" for material in self.materials]
        for step_id, step in self.steps.items():
            if step.kind == "outcome":
                keys += [f"{step_id}.title", f"{step_id}.next"]
            elif step.kind not in {"guide", "submit", "print_receipt", "check_answers"}:
                keys += [f"{step_id}.title", f"{step_id}.help"]
            if isinstance(step, AskChoice):
                keys += [f"{step_id}.options.{option}" for option in step.options]
            if isinstance(step, AskChoice | AskDigits):
                keys.append(f"{step_id}.label")
        return tuple(keys)
