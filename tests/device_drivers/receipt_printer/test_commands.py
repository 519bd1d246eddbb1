"""The technician's commands, as processes would call them."""

import asyncio
import io
import json
import os
import re
import termios
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import zxingcpp
from PIL import Image

from device_drivers.__main__ import main
from device_drivers.emulation.pty_line import PtyLine
from device_drivers.receipt_printer.emulator import ReceiptPrinterEmulator

_RECEIPT = """
blocks:
  - heading: 受理凭条
  - rule
  - key_values: [[受理编号, "37032120261123000417"], [申请人, 㛃𬌗]]
  - text: {text: 应于 2026年11月26日 前作出决定, bold: true}
  - qr: {content: "https://zwfw.example.cn/q/37032120261123000417", caption: 扫一扫，查询办理进度}
"""
_CODE = "https://zwfw.example.cn/q/37032120261123000417"

Run = Callable[..., tuple[int, dict[str, object]]]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    (tmp_path / "receipt.yaml").write_text(_RECEIPT, encoding="utf-8")

    def command(*arguments: str) -> tuple[int, dict[str, object]]:
        code = main(["receipt-printer", *(word.replace("@", f"{tmp_path}/") for word in arguments)])
        out = capsys.readouterr().out
        return code, json.loads(out) if out else {}

    return command


def _codes_in(png: bytes) -> list[str]:
    picture = np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))
    return [code.text for code in zxingcpp.read_barcodes(picture)]


@pytest.mark.parametrize("width", [pytest.param("80", marks=pytest.mark.slow), "58"])
def test_a_rendered_receipt_can_be_interpreted_and_its_code_read(
    run: Run, tmp_path: Path, width: str
) -> None:
    code, rendered = run(
        "render", "@receipt.yaml", "--escpos", "@job.bin", "--png", "@a.png", "--width", width
    )
    assert (code, rendered["unknown"], rendered["cuts"]) == (0, [], 1)
    code, found = run("interpret", "@job.bin", "--png", "@b.png", "--width", width)
    assert code == 0
    assert set(found) == {"lines", "codes", "images", "cuts", "unknown"}
    assert found["codes"] == [_CODE]
    assert found["images"] == 1
    lines = found["lines"]
    assert isinstance(lines, list)
    assert "受理凭条" in lines
    assert "受理编号：37032120261123000417" in lines
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert _codes_in((tmp_path / "a.png").read_bytes()) == [_CODE]


@pytest.mark.parametrize(
    "encoding",
    ["gb18030", *(pytest.param(each, marks=pytest.mark.slow) for each in ("gbk", "utf-8"))],
)
def test_a_receipt_is_rendered_in_the_printers_own_encoding(run: Run, encoding: str) -> None:
    chosen = ("--png", "@a.png", "--encoding", encoding)
    _, rendered = run("render", "@receipt.yaml", "--escpos", "@job.bin", *chosen)
    assert rendered["unknown"] == []
    _, found = run("interpret", "@job.bin", *chosen)
    assert "受理编号：37032120261123000417" in str(found["lines"])


def test_a_stream_in_another_encoding_than_the_printers_is_seen_not_to_be_one(run: Run) -> None:
    """The negative control of the test above."""
    utf_8 = ("--encoding", "utf-8", "--png", "@a.png")
    run("render", "@receipt.yaml", "--escpos", "@job.bin", *utf_8)
    _, found = run("interpret", "@job.bin", "--png", "@a.png")
    assert "受理编号：37032120261123000417" not in str(found["lines"])


def test_the_rare_name_is_on_the_picture_and_another_name_gives_another_picture(
    run: Run, tmp_path: Path
) -> None:
    run("render", "@receipt.yaml", "--escpos", "@a.bin", "--png", "@a.png")
    (tmp_path / "receipt.yaml").write_text(_RECEIPT.replace("𬌗", "㼆"), encoding="utf-8")
    run("render", "@receipt.yaml", "--escpos", "@b.bin", "--png", "@b.png")
    first = np.asarray(Image.open(tmp_path / "a.png").convert("L")).astype(int)
    second = np.asarray(Image.open(tmp_path / "b.png").convert("L")).astype(int)
    different = np.argwhere(np.abs(first - second) > 60)
    assert 20 < len(different) < 24 * 24
    assert np.ptp(different[:, 0]) < 24
    assert np.ptp(different[:, 1]) < 24


def test_unknown_bytes_are_reported_with_their_offset(run: Run, tmp_path: Path) -> None:
    (tmp_path / "job.bin").write_bytes(b"\x1b@A\x07B\n")
    code, found = run("interpret", "@job.bin", "--png", "@a.png")
    assert code == 0
    assert found["unknown"] == [{"offset": 3, "bytes": "07"}]
    assert found["lines"] == ["AB"]
    assert found["cuts"] == 0


@pytest.mark.parametrize("document", ["blocks: [{barcodes: 1}]", "- 1", "blocks: [", ""])
def test_a_receipt_that_is_none_exits_with_2(run: Run, tmp_path: Path, document: str) -> None:
    (tmp_path / "receipt.yaml").write_text(document, encoding="utf-8")
    code, _ = run("render", "@receipt.yaml", "--escpos", "@a.bin", "--png", "@a.png")
    assert code == 2
    assert not (tmp_path / "a.bin").exists()


def test_a_printer_that_is_not_there_is_a_fault(run: Run, unused_tcp_port: int) -> None:
    code, fault = run("status", "--port", f"tcp:127.0.0.1:{unused_tcp_port}")
    assert (code, fault["fault"], fault["device"]) == (1, "D101", "receipt_printer")


async def test_a_printers_status_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    emulator = ReceiptPrinterEmulator(mm_per_s=None)
    await emulator.start()
    emulator.set_cover(is_open=True)
    code = await asyncio.to_thread(main, ["receipt-printer", "status", "--port", emulator.port])
    await emulator.stop()
    status = json.loads(capsys.readouterr().out)
    assert code == 0
    assert 0 <= status.pop("age_s") < 1
    assert status == {
        "paper": "full",
        "cover": "open",
        "cutter": "ok",
        "ticket": "unknown",
        "online": False,
        "errors": ["D302"],
    }


async def test_a_presenters_status_names_the_ticket(capsys: pytest.CaptureFixture[str]) -> None:
    emulator = ReceiptPrinterEmulator(mm_per_s=None, presenter="custom")
    await emulator.start()
    asked = ["receipt-printer", "status", "--port", emulator.port]
    await asyncio.to_thread(main, [*asked, "--presenter", "custom"])
    await asyncio.to_thread(main, [*asked, "--status-by", "custom"])
    await asyncio.to_thread(main, [*asked, "--status-by", "automatic"])
    await emulator.stop()
    said = [json.loads(line)["ticket"] for line in capsys.readouterr().out.splitlines()]
    assert said == ["notPresent", "notPresent", "unknown"]


@pytest.mark.parametrize(("baud", "speed"), [("9600", termios.B9600), ("115200", termios.B115200)])
def test_a_printer_on_a_serial_line_is_asked_at_its_own_speed(
    run: Run, tmp_path: Path, baud: str, speed: int
) -> None:
    def answer(data: bytes) -> None:
        line.send(b"\x12" * len(re.findall(rb"\x10\x04[\x01-\x04]", data)))

    line = PtyLine(tmp_path / "printer", answer, bytes_per_s=None)
    line.plug()
    code, status = run("status", "--port", f"serial:{line.link}", "--baud", baud)
    descriptor = os.open(line.link, os.O_RDWR | os.O_NOCTTY)
    speeds = termios.tcgetattr(descriptor)[4:6]
    os.close(descriptor)
    line.close()
    assert (code, status["online"], status["paper"]) == (0, True, "full")
    assert speeds == [speed, speed]
