"""What the publish gate finds: what is wrong, where, and which clause it breaks."""

from enum import StrEnum
from typing import Final

from pydantic import Field

from kiosk.contract.model import Strict
from kiosk.contract.receipt_blocks import PAPER_COLUMNS


class FindingCode(StrEnum):
    """One code per mistake; a text key in the console."""

    MALFORMED = "malformed"
    """A file or field that cannot be read as what it should be."""
    UNDEFINED_STEP = "undefined_step"
    UNREACHABLE_STEP = "unreachable_step"
    NO_OUTCOME = "no_outcome"
    """A step from which no path leads to an outcome: a citizen would be stuck."""
    BRANCH_INCOMPLETE = "branch_incomplete"
    """A choice whose branches are not exactly its options."""
    REPEATED_FIELD = "repeated_field"
    """Two steps ask the same field, or a field twice on one list (S25: never ask twice)."""
    MISSING_LANGUAGE = "missing_language"
    MISSING_TEXT = "missing_text"
    UNKNOWN_TEXT = "unknown_text"
    MISSING_TEMPLATE = "missing_template"
    UNUSED_TEMPLATE = "unused_template"
    UNKNOWN_PLACEHOLDER = "unknown_placeholder"
    LINE_TOO_WIDE = "line_too_wide"
    """Fixed words of a receipt that fit on no line of the paper."""
    PROMISE_ABOVE_LIMIT = "promise_above_limit"
    HELD_ELSEWHERE = "held_elsewhere"
    """Asked of the citizen although a card, a register or the office itself holds it."""
    COPY_DEMANDED = "copy_demanded"
    UNKNOWN_MATERIAL = "unknown_material"
    MATERIAL_NOT_TAKEN = "material_not_taken"
    """Listed as photographed or read from a card, and no step does it."""
    VAGUE_WORDS = "vague_words"
    UNKNOWN_RULE = "unknown_rule"
    UNKNOWN_CODE_READER = "unknown_code_reader"
    UNKNOWN_SERVICE = "unknown_service"
    """The menu names a service that the bundle does not bring."""
    NOT_ON_MENU = "not_on_menu"
    NOT_PUBLISHED = "not_published"
    WRONG_DEPARTMENT = "wrong_department"
    WRONG_ID = "wrong_id"


_CLAUSES: Final = {
    FindingCode.MALFORMED: "S16",
    FindingCode.MISSING_LANGUAGE: "S51",
    FindingCode.MISSING_TEXT: "S51",
    FindingCode.PROMISE_ABOVE_LIMIT: "S106",
    FindingCode.HELD_ELSEWHERE: "S62",
    FindingCode.COPY_DEMANDED: "S97",
    FindingCode.VAGUE_WORDS: "S21",
    FindingCode.REPEATED_FIELD: "S25",
    FindingCode.UNKNOWN_MATERIAL: "S19",
    FindingCode.MATERIAL_NOT_TAKEN: "S19",
    FindingCode.NO_OUTCOME: "S22",
    FindingCode.UNDEFINED_STEP: "S22",
    FindingCode.UNREACHABLE_STEP: "S22",
    FindingCode.NOT_ON_MENU: "S17",
}
"""Rows of `REQUIREMENTS.md`; the rest breaks no clause of the policy, only our own format."""


class Finding(Strict):
    """One mistake that keeps content from being published or loaded."""

    code: FindingCode
    where: str
    """Path from the bundle, such as `police-no-criminal-record/steps/ask_use`."""
    detail: str
    """English, for editors and logs: which name, which language, which word."""

    @property
    def clause(self) -> str:
        """The row of `REQUIREMENTS.md` it breaks; empty where it only breaks our format."""
        return _CLAUSES.get(self.code, "")

    def __str__(self) -> str:
        clause = f" [{self.clause}]" if self.clause else ""
        return f"{self.where}: {self.code.value}{clause}: {self.detail}"


class Gate(Strict):
    """What the checks must be told: words and names that are data or belong to a software version.

    An empty list of words finds none; `None` for names means that they are not known here and
    are not checked.
    """

    vague_words: dict[str, tuple[str, ...]] = {}
    """By language (S21)."""
    copy_words: dict[str, tuple[str, ...]] = {}
    """By language: words that ask for a photocopy (S97)."""
    held_elsewhere: dict[str, str] = {}
    """Material id → who holds it, so that it must not be asked of the citizen (S62)."""
    rules: frozenset[str] | None = None
    """Predicates the kiosk's software knows (`kiosk.services.rules`)."""
    code_readers: frozenset[str] | None = None
    paper_columns: int = Field(default=PAPER_COLUMNS, ge=32)
    """Of the fleet's narrowest receipt paper: 48 on 80 mm, 32 on 58 mm (`DEVICES.md` 4.5)."""
