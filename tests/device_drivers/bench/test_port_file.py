"""A hand finds its bench by a port file, and says so where that is none."""

from pathlib import Path

import pytest

from device_drivers.__main__ import main


@pytest.mark.parametrize("text", ["", "[]", "3", "{}", '{"page": 3}', "\x00", "[devices]"])
def test_what_is_no_port_file_is_refused_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    path = tmp_path / "ports.json"
    path.write_text(text, encoding="utf-8")
    assert main(["hand", "--port-file", str(path), "id_card_reader", "take"]) == 2
    said = capsys.readouterr()
    assert said.err.splitlines() == [f"no bench behind {path}: it is no port file"]
    assert said.out == ""
