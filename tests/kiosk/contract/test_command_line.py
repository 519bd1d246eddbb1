"""`python -m kiosk.contract`: one JSON object a line, exit 0 on a result."""

import json
import shutil
from pathlib import Path

import pytest

from kiosk.contract.__main__ import main

ASSETS = Path(__file__).resolve().parents[3] / "assets"
POLICE = ASSETS / "services" / "police-no-criminal-record"


def test_numbers_are_judged_one_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check-number", "11010519491231002X", "110105194912310021"]) == 0
    good, bad = map(json.loads, capsys.readouterr().out.splitlines())
    assert good == {
        "text": "11010519491231002X",
        "kind": "resident_id",
        "valid": True,
        "reason": None,
    }
    assert (bad["valid"], bad["reason"]) == (False, "wrong_check_digit")


def test_a_good_service_is_publishable(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check-service", str(POLICE)]) == 0
    (line,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert line == {"service": POLICE.name, "findings": 0, "publishable": True}


def test_a_bad_service_is_refused_with_the_clause_it_breaks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(ASSETS / "services", tmp_path / "services")
    shutil.copy(ASSETS / "publish_gate.yaml", tmp_path)
    folder = tmp_path / "services" / POLICE.name
    text = folder / "text.zh-CN.yaml"
    text.write_text(
        text.read_text(encoding="utf-8").replace("签证材料清单", "其他材料"), encoding="utf-8"
    )
    assert main(["check-service", str(folder)]) == 0
    finding, verdict = map(json.loads, capsys.readouterr().out.splitlines())
    assert (finding["code"], finding["clause"], finding["detail"]) == (
        "vague_words",
        "S21",
        "其他材料",
    )
    assert verdict["publishable"] is False


def test_a_service_that_stands_anywhere_is_held_to_the_shipped_gate(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shutil.copytree(POLICE, tmp_path / POLICE.name)
    definition = folder / "service.yaml"
    original = definition.read_text(encoding="utf-8")
    definition.write_text(original.replace("is_adult", "is_anybody"), encoding="utf-8")
    assert definition.read_text(encoding="utf-8") != original
    assert main(["check-service", str(folder)]) == 0
    finding, verdict = map(json.loads, capsys.readouterr().out.splitlines())
    assert (finding["code"], finding["detail"]) == ("unknown_rule", "is_anybody")
    assert verdict["publishable"] is False


def test_a_file_that_is_no_yaml_is_a_finding_not_a_crash(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "service.yaml").write_text("steps: [", encoding="utf-8")
    assert main(["check-service", str(tmp_path)]) == 0
    finding, _ = map(json.loads, capsys.readouterr().out.splitlines())
    assert finding["code"] == "malformed"


def test_what_is_no_folder_is_a_bad_argument(tmp_path: Path) -> None:
    assert main(["check-service", str(tmp_path / "none")]) == 2


@pytest.mark.parametrize("text", ["a: [\n b: }", "words: 1\ncolour: 2\n", "- \x01"])
def test_a_gate_without_sense_is_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    gate = tmp_path / "gate.yaml"
    gate.write_text(text, encoding="utf-8")
    assert main(["check-service", str(POLICE), "--gate", str(gate)]) == 2
    said = capsys.readouterr()
    (complaint,) = said.err.splitlines()
    assert complaint.startswith("gate: ")
    assert said.out == ""
