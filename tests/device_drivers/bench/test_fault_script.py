"""What befalls the devices and when: a script's sense, its order, and a bench that follows it."""

import json
import subprocess
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path

import pytest

from device_drivers.bench.fault_script import FaultScript
from device_drivers.bench.refusal import Refused
from tests.device_drivers.bench.running_bench import PROJECT, RunningBench, command

ACTIONS = {
    "receipt_printer": frozenset({"out_of_paper", "refill"}),
    "id_card_reader": frozenset({"disturb"}),
}


def script(tmp_path: Path, text: str) -> FaultScript:
    path = tmp_path / "faults.yaml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    return FaultScript.load(path, ACTIONS)


async def test_blows_fall_in_the_order_of_their_times(tmp_path: Path) -> None:
    made = script(
        tmp_path,
        "- {at_s: 0.05, device: receipt_printer, do: refill}\n"
        "- {at_s: 0, device: receipt_printer, do: out_of_paper}\n"
        "- {at_s: 0.02, device: id_card_reader, do: disturb, with: {fault: noisy}}\n",
    )
    acted: list[tuple[str, str, Mapping[str, object]]] = []
    told: list[Mapping[str, object]] = []

    async def act(device: str, action: str, body: Mapping[str, object]) -> None:
        acted.append((device, action, body))

    await made.run(act, told.append)
    assert acted == [
        ("receipt_printer", "out_of_paper", {}),
        ("id_card_reader", "disturb", {"fault": "noisy"}),
        ("receipt_printer", "refill", {}),
    ]
    assert told[1] == {
        "at_s": 0.02,
        "device": "id_card_reader",
        "do": "disturb",
        "with": {"fault": "noisy"},
        "refused": None,
    }


async def test_a_blow_that_is_refused_is_told_and_the_next_one_falls(tmp_path: Path) -> None:
    made = script(
        tmp_path,
        "- {at_s: 0, device: receipt_printer, do: refill}\n"
        "- {at_s: 0, device: receipt_printer, do: out_of_paper}\n",
    )
    told: list[Mapping[str, object]] = []

    async def act(device: str, action: str, body: Mapping[str, object]) -> None:
        del device, body
        raise Refused(HTTPStatus.CONFLICT, f"not_{action}", "not now")

    await made.run(act, told.append)
    assert [each["refused"] for each in told] == ["not_refill", "not_out_of_paper"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("- [", "faults.yaml, line 1: no YAML: expected"),
        ("- {at_s: 1}\n- [\n  a: }\n", "faults.yaml, line 3: no YAML: expected"),
        ("- \x01", "faults.yaml: no YAML: unacceptable character"),
        ("- \udcff", "faults.yaml: not a text file in UTF-8"),
        ("at_s: 1", "a script is a list"),
        ("- {at_s: 1, device: toaster, do: burn}", "blow 1: no device 'toaster'"),
        ("- {at_s: 1, device: id_card_reader, do: burn}", "blow 1: id_card_reader cannot 'burn'"),
        ("- {at_s: -1, device: id_card_reader, do: disturb}", "blow 1: at_s is a number"),
        ("- {at_s: true, device: id_card_reader, do: disturb}", "blow 1: at_s is a number"),
        ("- {at_s: .nan, device: id_card_reader, do: disturb}", "blow 1: at_s is a number"),
        ("- {at_s: 1, device: id_card_reader}", "blow 1: needs at_s, device and do"),
        ("- {at_s: 1, device: id_card_reader, do: disturb, how: 1}", "and nothing else"),
        ("- {at_s: 1, device: id_card_reader, do: disturb, with: 3}", "with is an object"),
    ],
)
def test_a_script_without_sense_is_refused_by_its_blow(
    tmp_path: Path, text: str, complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint) as refused:
        script(tmp_path, text)
    assert len(str(refused.value).splitlines()) == 1


@pytest.mark.slow
def test_a_bench_follows_its_script(tmp_path: Path) -> None:
    faults = tmp_path / "faults.yaml"
    faults.write_text(
        "- {at_s: 0.1, device: receipt_printer, do: out_of_paper}\n"
        "- {at_s: 0.2, device: id_card_reader, do: disturb, with: {fault: silent}}\n",
        "utf-8",
    )
    with subprocess.Popen(
        command("--faults", str(faults), "--directory", str(tmp_path / "bench")),
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            lines = [json.loads(process.stdout.readline()) for _ in range(3)]
            process.terminate()
            assert process.wait(20) == 0
        finally:
            process.kill()  # or leaving would wait for it without end
    assert [(line["device"], line["refused"]) for line in lines[1:]] == [
        ("receipt_printer", None),
        ("id_card_reader", None),
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--faults", "{folder}/toaster"), "--faults: {folder}/toaster, blow 1: no device 'toast"),
        (("--faults", "{folder}/broken"), "--faults: {folder}/broken, line 2: no YAML: expected"),
        (("--faults", "{folder}/none"), "--faults: {folder}/none: No such file or directory"),
        (("--directory", "{folder}/broken"), "--directory {folder}/broken: no folder can be made"),
        (("--port-file", "{folder}/broken/a"), "--port-file {folder}/broken/a: "),
        (("--port-file", "{folder}"), "--port-file {folder}: Is a directory"),
    ],
)
def test_a_bench_does_not_start_with_arguments_without_sense(
    tmp_path: Path, arguments: tuple[str, ...], complaint: str
) -> None:
    (tmp_path / "toaster").write_text("- {at_s: 1, device: toaster, do: burn}\n", "utf-8")
    (tmp_path / "broken").write_text("- [\n  a: }\n", "utf-8")
    given = [word.format(folder=tmp_path) for word in arguments]
    done = subprocess.run(command(*given), cwd=PROJECT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(complaint.format(folder=tmp_path))


@pytest.mark.slow
def test_a_shell_can_be_the_hand(bench: RunningBench) -> None:
    file = str(bench.port_file)
    told = ("hand", "--port-file", file, "id_card_reader")
    assert bench.command_line(*told, "disturb", "fault=noisy")["fault"] == "noisy"
    assert bench.command_line(*told, "disturb", "fault=none")["fault"] == "none"
