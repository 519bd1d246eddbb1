"""The console's words: complete, alike in both languages, and known to every page."""

import ast
import re
import string
import typing
from pathlib import Path

import pytest
import yaml

from fleet_server.assets import ASSETS
from fleet_server.cases.handover import Hindrance
from fleet_server.cases.intake import REFUSED_FOR_GOOD
from fleet_server.cases.tables import CaseEventKind
from fleet_server.commands.progress import RANK
from fleet_server.console import words as words_module
from fleet_server.console.words import LANGUAGES, Words, words_in
from fleet_server.departments.gateway import Trouble
from fleet_server.identity.service import Role
from fleet_server.ingest.decode import Reason
from fleet_server.kiosks.presence import Word
from kiosk.contract.cases import CaseState
from kiosk.contract.devices import DeviceKind, DeviceStatus
from kiosk.contract.findings import FindingCode
from kiosk.contract.identifiers import NumberKind
from kiosk.contract.services import Department, OfflineClass, Outcome, StepDefinition
from kiosk.contract.uplink import KEPT_TOO_LONG, AppState, UplinkEvent
from kiosk.store.journal import load_catalogue

FOLDER = Path(words_module.__file__).parent
SERVER = FOLDER.parent
LITERAL = re.compile(r"""\bt\(["']([a-z_]+(?:\.[a-zA-Z_-]+)*)["'][,)]""")
COUNTED = re.compile(r"\{(?:n|most|total|count|days)\} (?:working |valid )?([a-z]{2,}s)\b")
"""A number of things: `1 kiosks` is read sooner or later."""
IN_PYTHON = re.compile(r"""\bwords\(\s*["']([a-z_]+(?:\.[a-zA-Z_-]+)*)["'][,)]""")


def facts_of(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def event_kinds() -> list[str]:
    union = typing.get_args(UplinkEvent)[0]
    return [each.model_fields["kind"].default for each in typing.get_args(union)]


def step_kinds() -> tuple[str, ...]:
    union = typing.get_args(StepDefinition)[0]
    return tuple(
        str(typing.get_args(each.model_fields["kind"].annotation)[0])
        for each in typing.get_args(union)
        if each is not Outcome  # said by its result: `endings`
    )


def endings() -> tuple[str, ...]:
    return typing.get_args(Outcome.model_fields["result"].annotation)


def sandbox_refusals() -> tuple[str, ...]:
    """The code of everything the sandbox departments refuse with."""
    path = ASSETS / "sandbox" / "refusals.yaml"
    return tuple(yaml.safe_load(path.read_text(encoding="utf-8"))["refusal"])


def audited(what: typing.Literal["action", "fact"]) -> set[str]:
    """Every action the server records, or every fact it records beside one."""
    calls = [call for call in calls_of("record", SERVER) if len(call.args) == 4]
    assert len(calls) > 10
    facts = {str(keyword.arg) for call in calls for keyword in call.keywords} - {"at"}
    actions = {
        str(call.args[2].value) for call in calls if isinstance(call.args[2], ast.Constant)
    } | {f"service_{status}" for status in ("published", "retired")}  # put together in `editing`
    return actions if what == "action" else facts


def calls_of(name: str, folder: Path) -> list[ast.Call]:
    texts = [path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.py"))]
    return [
        node
        for text in texts
        if f"{name}(" in text  # to parse all others takes a second
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
    ]


def test_both_languages_have_the_same_keys() -> None:
    chinese, english = (words_in(language).texts for language in LANGUAGES)
    assert chinese.keys() == english.keys()


def test_both_languages_name_the_same_facts() -> None:
    chinese, english = (words_in(language).texts for language in LANGUAGES)
    assert {key for key in chinese if facts_of(chinese[key]) != facts_of(english[key])} == set()


def test_no_text_is_empty() -> None:
    for language in LANGUAGES:
        assert [key for key, text in words_in(language).texts.items() if not text.strip()] == []


@pytest.mark.parametrize("name", ["console.en.yaml", "public.en.yaml"])
def test_no_english_text_makes_one_of_something_a_plural(name: str) -> None:
    text = (ASSETS / "text" / name).read_text(encoding="utf-8")
    assert COUNTED.findall('"{n} kiosks" "all {total} working days"') == ["kiosks", "days"]
    # lengths of passwords, reasons and texts are never one
    assert set(COUNTED.findall(text)) <= {"characters"}


def test_every_key_a_page_names_exists() -> None:
    templates = FOLDER.joinpath("templates").glob("*.html")
    named = {key for path in templates for key in LITERAL.findall(path.read_text("utf-8"))}
    assert len(named) > 200
    assert named - words_in("zh-CN").texts.keys() == set()


def test_every_key_the_code_names_exists() -> None:
    named = {key for path in FOLDER.glob("*.py") for key in IN_PYTHON.findall(path.read_text())}
    assert len(named) > 20
    assert named - words_in("zh-CN").texts.keys() == set()


@pytest.mark.parametrize(
    ("group", "codes"),
    [
        ("presence.word", tuple(Word)),
        ("device", tuple(DeviceKind)),
        ("status", tuple(DeviceStatus)),
        ("app_state", tuple(AppState)),
        ("case.state", tuple(CaseState)),
        ("command.state", tuple(RANK)),
        ("finding", tuple(FindingCode)),
        ("trouble", (*Trouble, *Hindrance)),
        ("dead_letter", tuple(Reason)),
        ("case.event", tuple(CaseEventKind)),
        ("refused_case", (*REFUSED_FOR_GOOD, KEPT_TOO_LONG)),
        ("refusal", sandbox_refusals()),
        ("step", step_kinds()),
        ("ending", endings()),
        ("audit.action", tuple(audited("action"))),
        ("audit.fact", tuple(audited("fact"))),
        ("ingest.why", ("database_refuses", "unknown")),
        ("role", tuple(Role)),
        ("role_can", tuple(Role)),
        ("department.name", tuple(Department)),
        ("offline", tuple(OfflineClass)),
        ("number_kind", tuple(NumberKind)),
    ],
)
def test_every_code_has_a_word(group: str, codes: tuple[str, ...]) -> None:
    assert codes
    for language in LANGUAGES:
        texts = words_in(language).texts
        assert [code for code in codes if f"{group}.{code}" not in texts] == []


@pytest.mark.parametrize(
    ("group", "codes"),
    [
        ("trouble", (*Trouble, *Hindrance)),
        ("dead_letter", tuple(Reason)),
        ("case.event", tuple(CaseEventKind)),
        ("case.state", tuple(CaseState)),
        ("refused_case", (*REFUSED_FOR_GOOD, KEPT_TOO_LONG)),
        ("step", step_kinds()),
        ("ending", endings()),
        ("refusal", sandbox_refusals()),
        ("audit.action", tuple(audited("action"))),
    ],
)
def test_no_word_is_kept_for_a_code_nobody_says(group: str, codes: tuple[str, ...]) -> None:
    kept = {key for key in words_in("zh-CN").texts if key.rpartition(".")[0] == group}
    assert kept == {f"{group}.{code}" for code in codes}


def test_every_event_a_kiosk_can_send_has_a_sentence() -> None:
    keys = words_in("zh-CN").texts
    kinds = event_kinds()
    assert len(kinds) > 10
    wordless = {kind for kind in kinds if not any(key.startswith(f"event.{kind}") for key in keys)}
    assert wordless == {"journal_entry"}  # its sentences are the entries' own


def test_every_journal_entry_that_comes_up_has_a_sentence_and_no_sentence_is_for_nothing() -> None:
    keys = words_in("zh-CN").texts
    come_up = {kind for kind, known in load_catalogue().items() if known.shown == "journal"}
    assert {key.removeprefix("journal.") for key in keys if key.startswith("journal.")} == come_up


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("kind", sorted(load_catalogue()))
def test_a_journal_entrys_sentence_finds_every_fact_it_names(kind: str, language: str) -> None:
    known = load_catalogue()[kind]
    text = words_in(language).texts.get(f"journal.{kind}", "")
    assert facts_of(text) <= known.facts.keys() | ({"code"} if "fault" in known.facts else set())


def test_an_unknown_key_is_an_error_and_an_unknown_code_is_shown_as_it_is() -> None:
    words = Words("zh-CN", {"status.online": "就绪"})
    with pytest.raises(KeyError):
        words("status.new")
    assert words.of_code("status", "online") == "就绪"
    assert words.of_code("status", "new") == "new"


def test_a_language_we_do_not_speak_is_chinese() -> None:
    assert words_in("tlh").language == "zh-CN"


def test_a_field_with_a_pattern_of_its_own_has_words_of_its_own() -> None:
    found = [
        field
        for template in sorted((FOLDER / "templates").glob("*.html"))
        for field in re.findall(r"<(?:input|textarea)\b[^>]*>", template.read_text("utf-8"))
        if re.search(r"\bpattern=|\bdata-same-as=", field)
    ]
    assert len(found) >= 3
    assert [field for field in found if not re.search(r"\bdata-(?:wrong|differs)=", field)] == []
