"""`python -m kiosk.store journal`: reads what is there, and writes nothing."""

import json
import shutil
from pathlib import Path

import apsw
import pytest

from kiosk.store.__main__ import main
from kiosk.store.database import Store, known_version
from kiosk.store.journal import Journal

SHIPPED = sorted((Path(__file__).resolve().parents[2] / "fixtures" / "stores").glob("v*.sqlite"))
"""Of every schema there has been, today's among them."""


def test_prints_each_entry_as_a_line(
    store: Store, journal_of_two: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["journal", str(store.path)]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["n"] for line in lines] == journal_of_two
    assert {line["kind"] for line in lines} == {"app_stopped"}
    assert main(["journal", str(store.path), "--after", str(journal_of_two[0])]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


@pytest.fixture
def journal_of_two(store: Store) -> list[int]:
    journal = Journal(store)
    return [journal.write("app_stopped", why=why) for why in ("asked", "failed")]


def another_programs(path: Path) -> None:
    with apsw.Connection(str(path)) as connection:
        connection.execute("CREATE TABLE t(x)")
    connection.close()


def newer(path: Path) -> None:
    Store.open(path).close()
    connection = apsw.Connection(str(path))
    connection.pragma("user_version", 999)
    connection.close()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (Path.touch, "not a kiosk store"),
        (lambda path: path.write_bytes(b"\x00\x01rubbish" * 500), "not a database"),
        (another_programs, "not a kiosk store"),
        (newer, f"schema v999 is newer than v{known_version()}"),
    ],
    ids=["empty", "rubbish", "another program's", "of a newer program"],
)
def test_what_is_no_store_is_refused_and_left_as_it_is(
    make: object, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "kiosk.sqlite"
    assert callable(make)
    make(path)
    before = path.read_bytes()
    assert main(["journal", str(path)]) == 2
    assert said in capsys.readouterr().err
    assert path.read_bytes() == before


@pytest.mark.parametrize("shipped", SHIPPED, ids=lambda path: path.stem)
def test_a_kiosk_not_yet_migrated_is_read_and_left_as_it_is(
    shipped: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "kiosk.sqlite"
    shutil.copyfile(shipped, path)
    assert main(["journal", str(path)]) == 0
    assert [json.loads(line)["kind"] for line in capsys.readouterr().out.splitlines()] == [
        "app_stopped"
    ]
    assert path.read_bytes() == shipped.read_bytes()


@pytest.mark.parametrize("after", ["-5", "x", "1.5", ""])
def test_an_entry_that_cannot_be_is_refused(after: str, store: Store) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["journal", str(store.path), f"--after={after}"])
    assert ended.value.code == 2
