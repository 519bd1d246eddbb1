"""The reading process: what it reads, and what becomes of one that hangs, dies or is left alone."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
import pytest_asyncio

from device_drivers.document_camera.cards import front_of_card
from device_drivers.document_camera.interface import Picture
from device_drivers.document_camera.papers import application_form, employer_letter
from device_drivers.document_camera.text_reading.interface import (
    NotRead,
    PageTurn,
    TextRead,
    WhyNotRead,
)
from device_drivers.document_camera.text_reading.reader import TextReader
from tests.device_drivers.document_camera.scenes import desk_with_sheet

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

_PHOTOGRAPHS = Path(__file__).parents[5] / "shared" / "data" / "ocr"


@cache
def _picture_of(name: str) -> Picture:
    drawn = {"letter": employer_letter, "form": application_form, "card": front_of_card}[name]()
    return np.asarray(cv2.cvtColor(np.asarray(drawn), cv2.COLOR_RGB2BGR), np.uint8)


def _letter_line() -> Picture:
    return np.ascontiguousarray(_picture_of("letter")[420:520, 300:1350])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def reader() -> AsyncIterator[TextReader]:
    """One for all tests: each begins it anew where it has to."""
    made = TextReader()
    yield made
    await made.close()
    assert made.pid is None


async def _gone(pid: int) -> None:
    """Wait until no such process is there; a zombie is."""
    async with asyncio.timeout(20):
        while os.path.exists(f"/proc/{pid}"):  # noqa: ASYNC110, ASYNC240, PTH110 - waited for
            await asyncio.sleep(0.02)


async def test_reads_a_form_to_the_character_and_says_where(reader: TextReader) -> None:
    reading = await reader.read(_picture_of("form"), within_s=110)
    assert isinstance(reading, TextRead)
    texts = {line.text: line for line in reading.lines}
    for words in (
        "无犯罪记录证明申请表",
        "张明远",
        "370321198503120011",
        "桓台县云杉精密机械有限公司",
        "本人承诺以上内容真实，并愿意承担不实承诺的责任。",
    ):
        assert texts[words].score > 0.9
    (left, top), _, (right, bottom), _ = texts["无犯罪记录证明申请表"].quad
    assert (left, right) == pytest.approx((507, 1147), abs=30)
    assert (top, bottom) == pytest.approx((205, 275), abs=25)


async def test_no_line_shows_its_text_where_it_might_be_logged(reader: TextReader) -> None:
    reading = await reader.read(_letter_line(), within_s=110)
    assert isinstance(reading, TextRead)
    assert [line.text for line in reading.lines] == ["关于开具无犯罪记录证明的用途说明"]
    assert "犯罪" not in repr(reading)


async def test_a_picture_without_text_has_no_lines(reader: TextReader) -> None:
    blank = np.full((400, 300, 3), 240, np.uint8)
    assert await reader.read(blank) == TextRead(lines=())


async def test_sees_which_way_up_letters_forms_and_cards_lie(reader: TextReader) -> None:
    turns = (PageTurn.UPRIGHT, PageTurn.SIDEWAYS, PageTurn.UPSIDE_DOWN, PageTurn.SIDEWAYS)
    for name in ("letter", "form", "card"):
        page = _picture_of(name)
        seen = [
            await reader.turn_of(np.ascontiguousarray(np.rot90(page, turn)), within_s=110)
            for turn in range(4)
        ]
        assert tuple(seen) == turns, name


async def test_a_page_without_print_lies_as_it_lies(reader: TextReader) -> None:
    blank = np.full((1400, 990, 3), 240, np.uint8)
    assert await reader.turn_of(blank, within_s=110) is PageTurn.UNKNOWN
    strokes = desk_with_sheet(1).picture
    assert await reader.turn_of(strokes, within_s=110) is PageTurn.UNKNOWN


async def test_a_process_that_hangs_is_ended_and_begun_anew(reader: TextReader) -> None:
    await reader.read(_letter_line(), within_s=110)
    hung = reader.pid
    assert hung is not None
    os.kill(hung, signal.SIGSTOP)
    assert await reader.read(_letter_line(), within_s=0.5) == NotRead(WhyNotRead.TOO_SLOW)
    await _gone(hung)
    assert isinstance(await reader.read(_letter_line(), within_s=110), TextRead)
    assert reader.pid not in {None, hung}


async def test_a_process_that_died_between_two_questions_is_begun_anew(
    reader: TextReader,
) -> None:
    await reader.start()
    died = reader.pid
    assert died is not None
    os.kill(died, signal.SIGKILL)
    await _gone(died)
    assert isinstance(await reader.read(_letter_line(), within_s=110), TextRead)


async def test_a_process_without_memory_ends_and_nothing_else_does() -> None:
    starved = TextReader(memory_mb=160)
    assert await starved.read(_picture_of("form")) == NotRead(WhyNotRead.ENDED)
    assert starved.pid is None
    await starved.close()


async def test_a_cancelled_question_ends_the_process_and_the_next_is_answered(
    reader: TextReader,
) -> None:
    await reader.start()
    asked = reader.pid
    assert asked is not None
    asking = asyncio.create_task(reader.read(_picture_of("form"), within_s=110))
    await asyncio.sleep(0.3)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await _gone(asked)
    assert isinstance(await reader.read(_letter_line(), within_s=110), TextRead)


async def test_a_process_nobody_asks_gives_its_memory_back() -> None:
    reader = TextReader(idle_s=0.2)
    await reader.start()
    idle = reader.pid
    assert idle is not None
    await _gone(idle)
    assert await reader.turn_of(_picture_of("letter"), within_s=110) is PageTurn.UPRIGHT
    await reader.close()


async def test_the_process_gives_way_to_every_other_and_is_the_first_to_go(
    reader: TextReader,
) -> None:
    await reader.read(_letter_line(), within_s=110)
    about = Path(f"/proc/{reader.pid}")
    assert os.getpriority(os.PRIO_PROCESS, reader.pid or 0) >= 5
    assert int((about / "oom_score_adj").read_text()) == 800
    limits = (about / "limits").read_text()
    data = next(line for line in limits.splitlines() if line.startswith("Max data size"))
    assert data.split()[3] == str(1200 * 1024 * 1024)


async def test_questions_at_the_same_time_each_get_their_own_answer(reader: TextReader) -> None:
    letter, blank = _letter_line(), np.full((200, 200, 3), 255, np.uint8)
    answers = await asyncio.gather(
        *(reader.read(each, within_s=110) for each in (letter, blank, letter))
    )
    assert [len(each.lines) for each in answers if isinstance(each, TextRead)] == [1, 0, 1]


@pytest.mark.parametrize(
    "answer", [b"", b"\x00\x00\x00\x02no", b"\xff\xff\xff\xff", b"\x00\x00\x00\x02[]", b"hello"]
)
async def test_a_process_that_talks_nonsense_has_ended(tmp_path: Path, answer: bytes) -> None:
    script = tmp_path / "nonsense.py"
    script.write_text(f"import sys\nsys.stdout.buffer.write({answer!r})\n", encoding="utf-8")
    reader = TextReader(program=(sys.executable, str(script)))
    assert await reader.read(_letter_line(), within_s=110) == NotRead(WhyNotRead.ENDED)
    assert await reader.turn_of(_letter_line(), within_s=110) is PageTurn.UNKNOWN
    await reader.close()


async def test_a_program_that_is_not_there_is_no_reading() -> None:
    reader = TextReader(program=("/no/such/program",))
    assert await reader.read(_letter_line(), within_s=110) == NotRead(WhyNotRead.ENDED)
    await reader.start()  # what cannot be begun is told with the next question
    await reader.close()


async def test_an_orphan_ends_itself(tmp_path: Path) -> None:
    script = tmp_path / "forgets.py"
    script.write_text(
        "import asyncio, os\n"
        "from device_drivers.document_camera.text_reading.reader import TextReader\n"
        "async def main():\n"
        "    reader = TextReader()\n"
        "    await reader.start()\n"
        "    print(reader.pid, flush=True)\n"
        "    os._exit(0)\n"
        "asyncio.run(main())\n",
        encoding="utf-8",
    )
    forgetful = await asyncio.create_subprocess_exec(
        sys.executable,
        str(script),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.fspath(Path(__file__).parents[4])},
    )
    output, _ = await forgetful.communicate()
    await _gone(int(output))


@pytest.mark.photographs
@pytest.mark.skipif(not _PHOTOGRAPHS.is_dir(), reason="../shared/data is not here")
async def test_reads_the_photographs_to_98_of_100_characters(reader: TextReader) -> None:
    manifest = json.loads((_PHOTOGRAPHS / "manifest.json").read_text(encoding="utf-8"))
    wanted, missing = 0, 0
    for item in manifest["items"]:
        picture = cv2.imread(str(_PHOTOGRAPHS / item["file"]))
        assert picture is not None
        reading = await reader.read(np.asarray(picture, np.uint8), within_s=110)
        assert isinstance(reading, TextRead)
        texts = [line.text for line in reading.lines]
        for line in item["expect"]["lines"]:
            wanted += len(line)
            missing += min(_edits(line, text) for text in [*texts, ""])
    assert missing / wanted <= 0.02


def _edits(first: str, second: str) -> int:
    """Levenshtein's distance."""
    row = list(range(len(second) + 1))
    for i, here in enumerate(first, 1):
        last, row[0] = row[0], i
        for j, there in enumerate(second, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (here != there))
    return row[-1]


async def test_the_distance_counts_what_was_misread() -> None:
    assert [_edits("直击", other) for other in ("直击", "真击", "", "直击。")] == [0, 1, 2, 1]


async def test_ten_questions_leave_one_process_and_no_descriptors(reader: TextReader) -> None:
    await reader.read(_letter_line(), within_s=110)
    before = (reader.pid, len(os.listdir("/proc/self/fd")))
    for _ in range(10):
        await reader.turn_of(_letter_line(), within_s=110)
    assert (reader.pid, len(os.listdir("/proc/self/fd"))) == before
