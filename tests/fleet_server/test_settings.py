"""A configuration that is wrong refuses to start and says where."""

from pathlib import Path

import pytest

from fleet_server.settings import FILE_NAME, BadSettings, load

GOOD = 'public_url = "https://banshi.example"\n'


def write(folder: Path, text: str) -> Path:
    (folder / FILE_NAME).write_text(text, encoding="utf-8")
    return folder


def test_a_good_file_loads_and_its_folder_is_the_data_folder(tmp_path: Path) -> None:
    settings = load(write(tmp_path, GOOD + "[http]\nport = 8181\n"))
    assert (settings.http.port, settings.folder) == (8181, tmp_path)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (GOOD + "colour = 1", "colour"),
        (GOOD + "[broker]\nprot = 1", "broker.prot"),
        (GOOD + "[http]\nport = 99999", "http.port"),
        (GOOD + 'folder = "elsewhere"', "folder"),
        (GOOD + '[departments.tax]\nbase_url = "ftp://x"', "departments.tax.base_url"),
        (GOOD + '[departments.tax]\nbase_url = "http://tax.example"', "departments.tax.base_url"),
        (GOOD + '[departments.tax]\nbase_url = "http://127.0.0.1.x"', "departments.tax.base_url"),
        ("", "public_url"),
        ("public_url = ", "Invalid value"),
    ],
)
def test_what_is_wrong_is_named_with_the_file(tmp_path: Path, text: str, names: str) -> None:
    with pytest.raises(BadSettings) as refused:
        load(write(tmp_path, text))
    assert names in str(refused.value)
    assert FILE_NAME in str(refused.value)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1", "https://tax.example"]
)
def test_a_department_is_called_on_this_machine_or_under_cover(tmp_path: Path, url: str) -> None:
    settings = load(write(tmp_path, f'{GOOD}[departments.tax]\nbase_url = "{url}"'))
    assert settings.departments["tax"].base_url == url


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match=FILE_NAME):
        load(tmp_path)
