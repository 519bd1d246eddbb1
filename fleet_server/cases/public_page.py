"""The page a receipt's QR code opens: where a case stands; no personal data, no scripts."""

from datetime import date
from functools import cache
from pathlib import Path

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from fleet_server.assets import ASSETS
from fleet_server.cases.tables import Case
from kiosk.contract.cases import CaseState
from kiosk.contract.dates import CHINA, DateWords


def case_page(case: Case, accept_language: str, *, service_title: str = "") -> str:
    """The page of one case in `page_language`; without a title in it the case's own is shown."""
    language = page_language(accept_language)
    words = _words(language)
    received = case.received_at.astimezone(CHINA)
    rows = [
        (words["row.service"], service_title or case.service_title),
        (words["row.number"], case.case_number),
        (words["row.department"], words[f"department.{case.department}"]),
        (words["row.received"], f"{_dates(language).say(received.date())} {received:%H:%M}"),
    ]
    if case.department_number and case.state == CaseState.ACCEPTED:
        rows.append((words["row.department_number"], case.department_number))
    if case.state == CaseState.ACCEPTED:
        rows.append((words["row.decide_by"], _decide_by(case, language, words)))
    return _template().render(
        language=language,
        words=words,
        title=words[f"state.{case.state}"],
        mark=case.state,
        sentence=words[f"next.{case.state}"],
        rows=rows,
    )


def unknown_page(accept_language: str) -> str:
    """Nothing is known under this address, and what the reader can do."""
    language = page_language(accept_language)
    words = _words(language)
    return _template().render(
        language=language,
        words=words,
        title=words["unknown.title"],
        mark="unknown",
        sentence=words["unknown.next"],
        rows=[],
    )


def _decide_by(case: Case, language: str, words: dict[str, str]) -> str:
    if case.decide_by:
        return words["decide_by.date"].format(
            date=_dates(language).say(date.fromisoformat(case.decide_by))
        )
    return words["decide_by.days"].format(days=case.limit_working_days)


def page_language(accept_language: str) -> str:
    """Chinese first: English only where Chinese is not asked for at all."""
    wanted = accept_language.lower()
    return "en" if "en" in wanted and "zh" not in wanted else "zh-CN"


@cache
def _words(language: str) -> dict[str, str]:
    path = ASSETS / "text" / f"public.{language}.yaml"
    loaded: dict[str, str] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded


@cache
def _dates(language: str) -> DateWords:
    path = ASSETS / "text" / f"date.{language}.yaml"
    return DateWords.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("public.html")
