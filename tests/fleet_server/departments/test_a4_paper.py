"""The A4 certificate of a sandbox department: what it says, and that it can be verified."""

import io
from datetime import UTC, datetime

import numpy as np
import pypdfium2
import pytest
import zxingcpp

from fleet_server.departments.contract.models import Completed, HandedCase
from fleet_server.departments.sandbox.a4_paper import draw_certificate, with_a4_paper
from kiosk.contract.cases import Applicant, Certificate
from kiosk.contract.identifiers import NumberKind

LINK = "https://127.0.0.1:8443/v/" + "ab" * 16
A4_POINTS = (595, 842)


def certificate(lines: int = 3) -> Certificate:
    return Certificate(
        title="社会保险参保证明",
        number="SB37032120261123000042",
        rows=(("姓名", "李桂兰"), ("社会保障号码", "370321********0044")),
        table_head=("险种", "实缴月数"),
        table_rows=tuple(("职工基本养老保险", str(month)) for month in range(lines)),
        note="补缴后请重新打印。",
        issuer="桓台县社会保险事业中心",
        issued_at=datetime(2026, 11, 23, 17, 0, tzinfo=UTC),
    )


def drawn(link: str = LINK, lines: int = 3) -> pypdfium2.PdfDocument:
    pdf = draw_certificate(certificate(lines), case_number="370321-42", verify_url=link)
    return pypdfium2.PdfDocument(io.BytesIO(pdf))


def codes_on(page: pypdfium2.PdfPage) -> list[str]:
    picture = np.asarray(page.render(scale=150 / 72).to_pil().convert("L"))
    return [code.text for code in zxingcpp.read_barcodes(picture)]


@pytest.fixture(scope="module")
def paper() -> pypdfium2.PdfDocument:
    return drawn()


def test_is_one_page_of_a4(paper: pypdfium2.PdfDocument) -> None:
    assert len(paper) == 1
    assert tuple(round(side) for side in paper[0].get_size()) == A4_POINTS


def test_says_what_the_department_certifies_and_when_in_chinas_time(
    paper: pypdfium2.PdfDocument,
) -> None:
    text = paper[0].get_textpage().get_text_bounded().replace(" ", "")
    for words in ("社会保险参保证明", "SB37032120261123000042", "李桂兰", "补缴后请重新打印"):
        assert words in text
    assert "电子印章" in text
    assert "2026年11月24日" in text


def test_its_code_is_the_address_where_it_can_be_verified(paper: pypdfium2.PdfDocument) -> None:
    assert codes_on(paper[0]) == [LINK]


@pytest.mark.slow
def test_without_an_address_it_bears_no_code() -> None:
    assert codes_on(drawn(link="")[0]) == []


@pytest.mark.slow
def test_a_long_list_goes_on_to_a_second_page_with_its_head() -> None:
    paper = drawn(lines=60)
    assert len(paper) > 1
    assert "实缴月数" in paper[1].get_textpage().get_text_bounded()


def house(number: int) -> tuple[tuple[str, str], ...]:
    labels = ("坐落", "权利类型", "用途", "建筑面积", "共有情况", "登记时间", "抵押查封", "单元号")
    return (("不动产权证号", f"第{number:07d}号"), *((label, "无") for label in labels))


def of_houses(count: int) -> pypdfium2.PdfDocument:
    rows = (("查询人", "张明远"), *(row for number in range(count) for row in house(number)))
    plain = certificate().model_copy(update={"rows": rows, "table_head": (), "table_rows": ()})
    pdf = draw_certificate(plain, case_number="370321-42", verify_url=LINK)
    return pypdfium2.PdfDocument(io.BytesIO(pdf))


@pytest.mark.slow
def test_one_house_is_on_one_page_with_the_seal() -> None:
    assert len(of_houses(1)) == 1


@pytest.mark.slow
def test_no_house_is_torn_in_two_and_the_seal_never_stands_alone() -> None:
    paper = of_houses(4)
    texts = [page.get_textpage().get_text_bounded() for page in paper]
    assert len(texts) > 1
    assert [text.count("不动产权证号") for text in texts] == [
        text.count("抵押查封") for text in texts
    ]
    assert "电子印章" in texts[-1].replace(" ", "")
    assert "抵押查封" in texts[-1]


@pytest.mark.slow
def test_a_page_that_follows_names_its_certificate() -> None:
    assert "SB37032120261123000042" in of_houses(4)[1].get_textpage().get_text_bounded()


def test_travels_with_the_answer_and_is_never_in_a_repr() -> None:
    case = HandedCase(
        case_id="ab" * 16,
        case_number="370321-42",
        service_id="social-insurance-participation",
        service_version=1,
        received_at=datetime(2026, 11, 23, tzinfo=UTC),
        purpose="参保证明打印",
        verify_url=LINK,
        applicant=Applicant(number="370321195209180044", number_kind=NumberKind.RESIDENT_ID),
    )
    answer = with_a4_paper(Completed(department_number="1", certificate=certificate()), case)
    again = Completed.model_validate_json(answer.model_dump_json())
    assert again.certificate.pdf.startswith(b"%PDF-")
    assert "PDF" not in repr(again)
