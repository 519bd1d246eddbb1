"""Places in content, said in words; findings made by the real gate on the real services."""

import pytest

from fleet_server.assets import ASSETS
from fleet_server.console.content_words import (
    diff_lines,
    finding_line,
    key_label,
    text_place,
    title_of,
)
from fleet_server.console.words import words_in
from fleet_server.content.comparing import Change
from fleet_server.content.folder import read_folder, read_gate
from kiosk.contract.checks import check_service
from kiosk.contract.content import ServiceContent

WORDS = words_in("zh-CN")
TAX = "tax-payment-certificate"


@pytest.fixture(scope="module")
def services() -> dict[str, ServiceContent]:
    return read_folder(ASSETS).services


def with_text(content: ServiceContent, language: str, key: str, text: str) -> ServiceContent:
    texts = {**content.texts, language: {**content.texts[language], key: text}}
    return content.model_copy(update={"texts": texts})


@pytest.mark.parametrize(
    ("key", "text", "place", "said"),
    [
        ("summary", "另带复印件", ("zh-CN", "summary"), "要求提供复印件：“复印件”"),
        ("scan.help", "", ("zh-CN", "scan.help"), "没有填写"),
    ],
)
def test_a_finding_stands_beside_its_field_and_in_words(
    services: dict[str, ServiceContent], key: str, text: str, place: tuple[str, str], said: str
) -> None:
    content = with_text(services[TAX], "zh-CN", key, text)
    (finding,) = check_service(content, read_gate(ASSETS))
    assert text_place(finding) == place
    line = finding_line(WORDS, finding, services)
    assert line.text == said
    assert line.where.startswith("完税证明打印 · ")
    assert line.service_id == TAX


def test_a_finding_without_a_field_says_where(services: dict[str, ServiceContent]) -> None:
    definition = services[TAX].definition.model_copy(update={"promised_limit_working_days": 9})
    content = services[TAX].model_copy(update={"definition": definition})
    (finding,) = check_service(content, read_gate(ASSETS))
    assert text_place(finding) is None
    assert "承诺期限长于法定期限" in finding_line(WORDS, finding, services).text


def test_a_service_without_a_title_is_called_so_and_not_by_its_id(
    services: dict[str, ServiceContent],
) -> None:
    content = with_text(services[TAX], "zh-CN", "title", "")
    assert title_of(WORDS, content) == "未命名事项"
    assert title_of(words_in("en"), content) == "Tax payment certificate"
    nameless = with_text(content, "en", "title", "")
    assert title_of(words_in("en"), nameless) == "Untitled service"


@pytest.mark.parametrize(
    ("key", "label"),
    [
        ("title", "标题"),
        ("scan.help", "扫码 · 说明"),
        ("left.title", "结束页：没有提交 · 标题"),
        ("materials.notice", "材料 notice"),
        ("no_such_step.title", "no_such_step · 标题"),
    ],
)
def test_a_text_is_named_by_what_it_is_for(
    services: dict[str, ServiceContent], key: str, label: str
) -> None:
    assert key_label(WORDS, services[TAX], key) == label


def test_a_service_that_goes_is_one_difference_not_a_hundred(
    services: dict[str, ServiceContent],
) -> None:
    definition = services[TAX].definition.model_copy(update={"status": "retired"})
    draft = {**services, TAX: services[TAX].model_copy(update={"definition": definition})}
    changes = [Change(f"{TAX}/texts/zh-CN/{key}", "x", None) for key in ("title", "summary")]
    changes.append(Change("menu/departments/2/services/0", TAX, None))
    lines = diff_lines(WORDS, changes, draft, services)
    assert [(line.subject, line.place) for line in lines] == [
        ("完税证明打印", "下架，首页不再显示"),
        ("首页菜单", "首页的部门或事项顺序有变"),
    ]


def test_a_changed_text_shows_both_sides(services: dict[str, ServiceContent]) -> None:
    change = Change(f"{TAX}/texts/zh-CN/title", "旧", "新")
    (line,) = diff_lines(WORDS, [change], services, services)
    assert (line.place, line.before, line.after) == ("标题 · 中文", "旧", "新")
