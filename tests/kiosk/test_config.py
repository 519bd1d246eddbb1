"""The configuration file: refused by name, and the last good one kept whole."""

import threading
from pathlib import Path

import pytest

from kiosk.config import BadConfig, last_good, load, read
from tests.kiosk.app_process import CONFIG


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "kiosk.toml"
    made.write_text(CONFIG, encoding="utf-8")
    return made


def test_the_last_good_file_survives_a_bad_one(path: Path) -> None:
    load(path)
    path.write_text("surprise = 1\n" + CONFIG, encoding="utf-8")
    with pytest.raises(BadConfig, match="surprise"):
        load(path)
    assert last_good(path) == CONFIG


def test_only_reading_it_leaves_nothing_behind(path: Path) -> None:
    assert read(path).id == "hz0042"
    assert last_good(path) is None
    assert list(path.parent.iterdir()) == [path]


def test_a_file_that_is_no_text_is_refused(path: Path) -> None:
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadConfig, match=r"kiosk\.toml"):
        load(path)


@pytest.mark.slow
def test_app_and_agent_starting_together_never_leave_half_a_file(path: Path) -> None:
    remembered = path.with_suffix(".toml.last-good")
    texts = [CONFIG + f"# edit {number}\n" * 2000 for number in range(60)]
    seen: set[str] = set()
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            if remembered.exists():
                seen.add(remembered.read_text(encoding="utf-8"))

    def start() -> None:
        for _ in range(3):
            load(path)

    watching = threading.Thread(target=look)
    watching.start()
    for text in texts:
        path.write_text(text, encoding="utf-8")
        starting = [threading.Thread(target=start) for _ in range(2)]
        for each in starting:
            each.start()
        for each in starting:
            each.join()
    done.set()
    watching.join()
    assert last_good(path) == texts[-1]
    assert len(seen) > 1
    assert seen <= set(texts)
    assert sorted(each.name for each in path.parent.iterdir()) == [path.name, remembered.name]
