"""The technician's commands, as processes would call them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from device_drivers.__main__ import main
from device_drivers.document_printer.emulator import PrivatePrinting
from tests.device_drivers.document_printer.papers import blank_pdf, pages_of

Run = Callable[..., tuple[int, list[dict[str, object]]]]


@pytest.fixture
def pdf(tmp_path: Path) -> Path:
    path = tmp_path / "two.pdf"
    path.write_bytes(blank_pdf(2))
    return path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def command(*arguments: str) -> tuple[int, list[dict[str, object]]]:
        code = main(["document-printer", *arguments])
        return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return command


def _places(printing: PrivatePrinting) -> list[str]:
    settings = printing.settings
    there = ["--server", settings["server"], "--printer", settings["printer"]]
    return ["--port", printing.port, *there]


def test_no_print_service_is_a_fault(run: Run, pdf: Path) -> None:
    nowhere = ("--port", "cups:document_printer", "--server", "/nowhere/cups.sock")
    code, lines = run("print", *nowhere, str(pdf))
    assert (code, lines[-1]["fault"], lines[-1]["device"]) == (1, "D104", "document_printer")
    code, lines = run("status", *nowhere)
    assert (code, lines[-1]["fault"]) == (1, "D104")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--port", "cups:document_printer", "/nowhere/no.pdf"),
        ("--port", "cups:document_printer", __file__),
        ("--port", "serial:/dev/ttyS0", __file__),
        ("--port", "cups:document_printer", "--server", "nowhere", __file__),
    ],
)
def test_arguments_without_sense_exit_with_2(run: Run, arguments: tuple[str, ...]) -> None:
    assert run("print", *arguments) == (2, [])


@pytest.mark.slow
def test_print_tells_the_job_as_it_goes_and_then_how_it_ended(
    run: Run, pdf: Path, printing: PrivatePrinting
) -> None:
    code, lines = run("print", *_places(printing), str(pdf))
    assert code == 0
    assert lines[-2] == {"job": "completed", "pages": 2}
    assert lines[-1] == {
        "result": "printed",
        "pages": 2,
        "supplies": {"paper": "full", "toner": "full", "toner_percent": 75},
    }
    assert pages_of(printing.papers()[-1].pdf) == 2


@pytest.mark.slow
def test_a_printer_without_paper_is_a_result_with_its_reason(
    run: Run, pdf: Path, printing: PrivatePrinting
) -> None:
    printing.put_paper(0)
    assert run("print", *_places(printing), str(pdf)) == (
        0,
        [
            {
                "result": "not_printed",
                "pages": 0,
                "why": "D301",
                "supplies": {"paper": "out", "toner": "full", "toner_percent": 75},
            }
        ],
    )


@pytest.mark.slow
def test_status_tells_every_part_and_how_old_the_answer_is(
    run: Run, printing: PrivatePrinting
) -> None:
    printing.open_door()
    code, [status] = run("status", *_places(printing))
    age_s = status.pop("age_s")
    assert (code, status) == (
        0,
        {
            "paper": "full",
            "toner": "full",
            "door": "open",
            "toner_percent": 75,
            "online": False,
            "errors": ["D305"],
        },
    )
    assert isinstance(age_s, float)


@pytest.mark.slow
def test_an_unplugged_printer_is_a_fault(run: Run, pdf: Path, printing: PrivatePrinting) -> None:
    printing.unplug()
    code, lines = run("print", *_places(printing), str(pdf))
    assert (code, lines[-1]["fault"]) == (1, "D101")
