"""The technician's commands as a technician runs them: a process, its lines and its exit code."""

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import segno

from device_drivers.cabinet.emulator import CabinetEmulator
from device_drivers.id_card_reader.emulator import SamVEmulator
from device_drivers.qr_scanner.emulator import LineScannerEmulator
from device_drivers.registry import MODELS
from tests.device_drivers.id_card_reader.people import RESIDENT
from tests.device_drivers.qr_scanner.listening import Listening

pytestmark = pytest.mark.slow

COMMAND = (sys.executable, "-m", "device_drivers")


def run(*arguments: str, code: int = 0) -> list[dict[str, Any]]:
    """Run a command, insist on its exit code, and return its lines."""
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, timeout=60, check=False)
    assert done.returncode == code, done.stderr.decode()
    assert b"Traceback" not in done.stderr
    return lines_of(done.stdout)


def lines_of(output: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.decode("utf-8").splitlines()]


def test_lists_every_model_with_its_ports() -> None:
    listed = run("list")
    assert {(line["kind"], line["model"]) for line in listed} == {
        (kind.value, model) for kind, model in MODELS
    }
    assert {"kind": "qr_scanner", "model": "line", "ports": ["serial", "tcp"]} in listed


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["no-such-device"],
        ["id-card-reader"],
        ["id-card-reader", "decode"],
        ["id-card-reader", "decode", "xyz"],
        ["id-card-reader", "decode", "AAA"],
        ["id-card-reader", "read", "--port", "ttyUSB0"],
        ["id-card-reader", "read", "--port", "serial:/dev/null", "--within-s", "soon"],
        ["id-card-reader", "read", "--port", "serial:/dev/null", "--photo-out", "x.bmp"],
        ["id-card-reader", "read", "--port", "cups:a4"],
        ["qr-scanner", "listen", "--port", "serial:/dev/null", "--framing", "morse"],
        ["qr-scanner", "listen", "--port", "pcsc:Reader"],
        ["cabinet", "light", "--port", "serial:/dev/null", "camera", "sparkle"],
        ["cabinet", "light", "--port", "serial:/dev/null", "hat", "on"],
        ["cabinet", "status", "--port", "serial:/dev/null", "--board", "no-such-board"],
        ["cabinet", "status", "--port", "serial:/dev/null", "--baud", "-1"],
        ["cabinet", "status", "--port", "nut:kiosk@127.0.0.1:3493"],
        ["power-supply", "status", "--port", "tcp:127.0.0.1:3493"],
        ["power-supply", "status", "--port", "nut:kiosk@127.0.0.1"],
        ["readiness", "--config", "no-such-file.toml"],
        ["document-printer", "print", "--port", "cups:a4", "x.pdf"],
        ["document-camera", "read-text"],
    ],
)
def test_arguments_without_sense_exit_with_2(arguments: Sequence[str]) -> None:
    assert run(*arguments, code=2) == []


def test_a_port_that_is_not_there_is_a_fault_in_json() -> None:
    (line,) = run("id-card-reader", "read", "--port", "serial:/dev/nothing", code=1)
    assert line == {
        "fault": "D101",
        "device": "id_card_reader",
        "detail": "serial:/dev/nothing: No such file or directory",
    }


def test_decodes_the_documents_own_frames() -> None:
    assert run(
        "id-card-reader", "decode", "AAAAAA96690004", "00008084", "AAAAAA9669000400004146"
    ) == [
        {"result": "no_card", "why": "find_failed"},
        {"result": "unreadable", "why": "checksum"},
    ]
    assert run("id-card-reader", "decode", "AAAAAA9669 0004 000041 45 AAAAAA9669 0008 00009F") == [
        {"result": "unreadable", "why": "read_failed", "status": "000041"},
        {"result": "unreadable", "why": "truncated"},
    ]


def test_decodes_a_whole_read_reply_of_the_official_specimen() -> None:
    text = bytearray(" ".encode("utf-16-le") * 128)
    for offset, value in (
        (0, "证件样本"),
        (30, "200"),
        (36, "19800101"),
        (52, "ZHENGJIAN, YANGBEN"),
        (122, "931586198001010028"),
        (188, "2023080820330807"),
        (242, "PAKY000"),
    ):
        encoded = value.encode("utf-16-le")
        text[offset : offset + len(encoded)] = encoded
    counted = bytes.fromhex("0508 000090 0100 0400") + bytes(text) + bytes(1024)
    check = 0
    for byte in counted:
        check ^= byte
    frame = bytes.fromhex("AAAAAA9669") + counted + bytes([check])
    (card,) = run("id-card-reader", "decode", frame.hex())
    assert card["result"] == "card"
    assert card["kind"] == "foreigner_2023"
    assert (card["name"], card["english_name"]) == ("证件样本", "ZHENGJIAN, YANGBEN")
    assert (card["number"], card["nationality"]) == ("931586198001010028", "PAK")
    assert (card["birth_date"], card["sex"]) == ("1980-01-01", "2")
    assert (card["valid_from"], card["valid_until"]) == ("2023-08-08", "2033-08-07")


def test_reads_a_card_from_a_port() -> None:
    with SamVEmulator() as emulator:
        emulator.lay(RESIDENT)
        (card,) = run("id-card-reader", "read", "--port", emulator.port, "--within-s", "3")
        assert (card["result"], card["number"]) == ("card", RESIDENT["number"])
        emulator.take()
        assert run("id-card-reader", "read", "--port", emulator.port, "--within-s", "0.2") == [
            {"result": "no_card"}
        ]


def test_asks_a_reader_how_it_is_and_who(tmp_path: Path) -> None:
    with SamVEmulator(baud=9600) as emulator:
        (status,) = run("id-card-reader", "status", "--port", emulator.port)
        assert status == {
            "status": "online",
            "fault": None,
            "detail": "",
            "media": "notPresent",
            "module_id": "05.03-20120312-0000000123-1234567890",
        }


def test_writes_the_portrait_that_the_vendors_decoder_made(tmp_path: Path) -> None:
    decoder = shlex.join([sys.executable, "-c", "print('BM', end='')"])
    portrait = tmp_path / "portrait.bmp"
    with SamVEmulator() as emulator:
        emulator.lay({**RESIDENT, "fingers": "2"})
        (card,) = run(
            "id-card-reader", "read", "--port", emulator.port, "--fingerprints",
            "--photo-decoder", decoder, "--photo-out", str(portrait),
        )  # fmt: skip
    assert (card["photo_bytes"], card["fingerprint_bytes"]) == (1024, 1024)
    assert portrait.read_bytes() == b"BM"


def test_listens_to_a_scanner_until_interrupted() -> None:
    with LineScannerEmulator(identifies=True) as emulator, Listening(emulator.port) as listening:
        first = listening.read_when_held(lambda: emulator.show("完税", encoding="gbk"))
        second = listening.read_when_held(lambda: emulator.show("完税"), before=first)
        assert listening.interrupted() == 130
    assert [first, second] == [
        {"text": "完税", "symbology": "qr", "raw_hex": "完税".encode("gbk").hex()},
        {"text": "完税", "symbology": "qr", "raw_hex": "完税".encode().hex()},
    ]


@pytest.mark.parametrize(
    ("framing", "first", "first_within_s", "second"),
    [("line", None, 0.5, "half and half"), ("auto", "half ", 60.0, "and half")],
)
def test_listens_by_the_framing_it_was_told(
    framing: str, first: str | None, first_within_s: float, second: str
) -> None:
    """By line a half waits for the rest however long it takes; by silence it is a code."""
    with (
        LineScannerEmulator() as emulator,
        Listening(emulator.port, "--framing", framing) as listening,
    ):
        ready = listening.read_when_held(lambda: emulator.show("listening"))
        listening.drain(ready)
        emulator.babble(b"half ")
        half = listening.line(within_s=first_within_s)
        emulator.babble(b"and half\r\n")
        rest = listening.line()
        assert listening.interrupted() == 130
    assert half == (first and {**ready, "text": first, "raw_hex": first.encode().hex()})
    assert rest == {**ready, "text": second, "raw_hex": second.encode().hex()}


def test_a_scanner_unplugged_while_listening_is_a_fault() -> None:
    with LineScannerEmulator() as emulator, Listening(emulator.port) as listening:
        emulator.unplug()
        code, output, _ = listening.ended()
    assert code == 1
    assert lines_of(output)[0]["fault"] == "D101"


def test_decodes_pictures_and_goes_on_after_one_that_is_none(tmp_path: Path) -> None:
    segno.make("税务通知".encode("gb18030"), micro=False).save(str(tmp_path / "码.png"), scale=6)
    (tmp_path / "none.png").write_bytes(b"not a picture")
    lines = run("qr-scanner", "decode", f"{tmp_path}/none.png", f"{tmp_path}/码.png", code=2)
    refused, line = lines
    assert refused == {"file": f"{tmp_path}/none.png", "error": "no picture OpenCV can read"}
    assert line["file"] == f"{tmp_path}/码.png"
    assert line["ms"] > 0
    (code,) = line["codes"]
    assert (code["format"], code["text"]) == ("qr", "税务通知")
    assert bytes.fromhex(code["raw_hex"]) == "税务通知".encode("gb18030")
    assert len(code["quad"]) == 4


def test_readiness_tells_every_configured_device(tmp_path: Path) -> None:
    config = tmp_path / "kiosk.toml"
    with SamVEmulator() as emulator:
        emulator.lay(RESIDENT)
        config.write_text(
            f"""
            [server]
            address = "somebody else's table"
            [devices.id_card_reader]
            model = "sam_v"
            port = "{emulator.port}"
            baud = 115200
            [devices.qr_scanner]
            model = "line"
            port = "serial:{tmp_path}/unplugged"
            """,
            encoding="utf-8",
        )
        sheet = ("--png", f"{tmp_path}/sheet.png", "--pdf", f"{tmp_path}/sheet.pdf")
        before = datetime.now(UTC).replace(microsecond=0)
        reader, scanner = run("readiness", "--config", str(config), *sheet)
        after = datetime.now(UTC)
    assert before <= datetime.fromisoformat(reader["since"]) <= after
    assert scanner["since"] == reader["since"]
    assert (reader["device"], reader["status"]) == ("id_card_reader", "online")
    assert (reader["fault"], reader["parts"]) == (None, {"media": "present"})
    assert reader["capabilities"]["baud"] == "115200"
    assert (scanner["status"], scanner["fault"]) == ("noDevice", "D101")
    assert scanner["capabilities"] == {"framing": "auto", "baud": "115200"}
    assert "No such file" in scanner["why"]
    assert (tmp_path / "sheet.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "sheet.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("[devices.toaster]\nmodel = 'x'\nport = 'tcp:h:1'", "toaster"),
        ("[devices.qr_scanner]\nmodel = 'line'", "port"),
        ("[devices.qr_scanner]\nmodel = 'line'\nport = 'usb:1'", "usb:1"),
        ("[devices.qr_scanner]\nmodel = 'x'\nport = 'serial:/dev/x'", "no model"),
        ("[devices.qr_scanner]\nmodel = 'line'\nport = 'serial:/dev/x'\nspeed = 1", "speed"),
        ("devices = 3", "devices"),
        ("[devices", "kiosk.toml"),
        ("", "devices"),
    ],
)
def test_a_configuration_without_sense_is_refused_and_named(
    tmp_path: Path, table: str, words: str
) -> None:
    config = tmp_path / "kiosk.toml"
    config.write_text(table, encoding="utf-8")
    done = subprocess.run(
        [*COMMAND, "readiness", "--config", str(config)], capture_output=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, b"")
    assert words in done.stderr.decode()
    assert "kiosk.toml" in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()


def test_a_technician_without_opencv_can_still_read_a_card() -> None:
    program = (
        "import sys; sys.modules.update(cv2=None, zxingcpp=None, numpy=None); "
        "from device_drivers.__main__ import main; sys.exit(main())"
    )
    with SamVEmulator() as emulator:
        emulator.lay(RESIDENT)
        reading = ["id-card-reader", "read", "--port", emulator.port, "--within-s", "3"]
        done = subprocess.run(
            [sys.executable, "-c", program, *reading], capture_output=True, check=True
        )
        assert lines_of(done.stdout)[0]["result"] == "card"
        decoding = ["qr-scanner", "decode", "x.png"]
        done = subprocess.run(
            [sys.executable, "-c", program, *decoding], capture_output=True, check=False
        )
        assert done.returncode == 2
        assert b"not installed" in done.stderr


def test_a_reader_of_our_lines_may_leave_early() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([*COMMAND, "list"], stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert b"Traceback" not in done.stderr
    assert done.returncode == 0


def test_cabinet_tells_its_status_and_a_light_is_set() -> None:
    with CabinetEmulator(bytes_per_s=None) as board:
        board.set_door(is_open=True)
        assert run("cabinet", "status", "--port", board.port) == [
            {
                "status": "userError",
                "fault": "D305",
                "detail": "31.5 °C inside",
                "door": "open",
                "tamper": "ok",
                "fan": "ok",
                "heat": "ok",
                "headset": "notPresent",
                "person": "notPresent",
                "temperature_c": 31.5,
            }
        ]
        assert run("cabinet", "light", "--port", board.port, "scanner", "on") == [
            {"slot": "scanner", "mode": "on"}
        ]
        assert board.lights["scanner"] == "on"
        port = board.port
    (fault,) = run("cabinet", "light", "--port", port, "scanner", "off", code=1)
    assert (fault["fault"], fault["device"]) == ("D101", "cabinet")


def test_cabinet_watches_until_it_is_told_to_end() -> None:
    with CabinetEmulator(bytes_per_s=None) as board:
        command = [*COMMAND, "cabinet", "watch", "--port", board.port]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as watching:
            try:
                assert watching.stdout is not None
                assert json.loads(watching.stdout.readline())["door"] == "closed"
                board.set_door(is_open=True)
                assert json.loads(watching.stdout.readline())["door"] == "open"
                watching.send_signal(signal.SIGINT)
                assert watching.wait(30) == 130
            finally:
                watching.kill()  # or leaving would wait for it without end


@pytest.mark.parametrize(
    ("device", "port", "fault"),
    [
        ("cabinet", "serial:/nowhere/cabinet", "D101"),
        ("document-printer", "cups:no-such-queue", "D104"),
        ("power-supply", "nut:kiosk@127.0.0.1:1", "D104"),
        ("receipt-printer", "tcp:127.0.0.1:1", "D101"),
    ],
)
def test_a_device_that_cannot_be_asked_has_no_status_but_a_fault(
    device: str, port: str, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUPS_SERVER", "/nowhere/cups.sock")
    (line,) = run(device, "status", "--port", port, code=1)
    assert set(line) == {"fault", "device", "detail"}
    assert (line["fault"], line["device"]) == (fault, device.replace("-", "_"))
