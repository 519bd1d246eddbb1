"""What a hand does at the bench is what the drivers see on their wires."""

import asyncio
from collections.abc import Mapping

import cv2
import numpy as np
import pytest
import zxingcpp

from device_drivers.bench.hand import HandRefused
from device_drivers.document_camera.interface import NoPage, Page, PageProblem
from device_drivers.document_printer.interface import Printed as A4
from device_drivers.id_card_reader.interface import IdCard, NoCard
from device_drivers.qr_scanner.interface import NothingShown, Scan
from device_drivers.receipt_printer.interface import (
    CoverStatus,
    CutterStatus,
    Heading,
    PaperStatus,
    Printed,
    PrintProgress,
    Qr,
    Receipt,
)
from device_drivers.registry import make_device
from device_drivers.status import DeviceKind, DeviceStatus
from tests.device_drivers.bench.running_bench import RunningBench
from tests.device_drivers.document_printer.papers import Told, blank_pdf
from tests.device_drivers.qr_scanner.holding import hold_until_read

pytestmark = pytest.mark.slow


async def test_prints_on_a4_and_lets_the_tray_run_empty(bench: RunningBench) -> None:
    printer = make_device(
        DeviceKind.DOCUMENT_PRINTER,
        "cups",
        bench.port("document_printer"),
        **bench.settings["document_printer"],
    )
    told = Told()
    assert await printer.print_document(blank_pdf(2), title="bench", on_progress=told) == A4(2)
    pages = await asyncio.to_thread(bench.hand.a4_pages)
    assert [page[:4] for page in pages[-2:]] == [b"\x89PNG", b"\x89PNG"]
    assert bench.hand.state()["document_printer"]["lying"]
    await asyncio.to_thread(bench.hand.act, "document_printer", "take")
    assert bench.hand.state()["document_printer"]["lying"] == []
    for action, fault in (
        ("out_of_paper", "D301"),
        ("refill", None),
        ("jam", "D303"),
        ("free_jam", None),
        ("out_of_toner", "D304"),
        ("new_toner", None),
        ("open_door", "D305"),
        ("close_door", None),
        ("unplug", "D101"),
        ("plug", None),
        ("stop_service", "D104"),
        ("start_service", None),
    ):
        await asyncio.to_thread(bench.hand.act, "document_printer", action)
        assert (action, (await printer.status()).fault) == (action, fault)
    await printer.close()


async def test_lays_an_id_card_and_takes_it_away(bench: RunningBench) -> None:
    reader = make_device(DeviceKind.ID_CARD_READER, "sam_v", bench.port("id_card_reader"))
    await reader.connect()
    bench.hand.lay_id_card("li-guilan")
    card = await reader.read_card(within_s=20)
    assert isinstance(card, IdCard)
    assert (card.name, card.number, card.valid_until) == ("李桂兰", "370321195209180044", None)
    bench.hand.take_id_card()
    assert await reader.read_card(within_s=0.5) == NoCard()
    await reader.close()


def test_inserts_a_social_security_card_into_a_real_pcscd(bench: RunningBench) -> None:
    read = ("social-security-card", "read", "--port", bench.ports["social_security_card"])
    bench.hand.insert_social_security_card("wang-yating")
    card = bench.command_line(*read)
    assert (card["result"], card["name"]) == ("card", "王雅婷")
    assert card["social_security_number"] == "370321199108263025"
    bench.hand.remove_social_security_card()
    assert bench.command_line(*read, "--within-s", "1")["result"] == "no_card"


def test_has_a_card_that_needs_authentication_and_cards_nobody_serves(
    bench: RunningBench,
) -> None:
    results = {}
    for name in ("liu-jianguo", "bank-card", "upside-down"):
        bench.hand.insert_social_security_card(name)
        results[name] = bench.command_line(
            "social-security-card", "read", "--port", bench.ports["social_security_card"]
        )["result"]
        bench.hand.remove_social_security_card()
    assert results == {
        "liu-jianguo": "needs_authentication",
        "bank-card": "unsupported_card",
        "upside-down": "unreadable",
    }


def test_stops_and_starts_pcscd_and_pulls_the_reader(bench: RunningBench) -> None:
    read = ("social-security-card", "read", "--port", bench.ports["social_security_card"])
    bench.hand.stop_card_service()
    assert bench.command_line(*read)["fault"] == "D104"
    bench.hand.start_card_service()
    bench.hand.unplug("social_security_card")
    assert bench.command_line(*read)["fault"] == "D101"
    with pytest.raises(HandRefused, match="unplugged"):
        bench.hand.insert_social_security_card("zhang-mingyuan")
    bench.hand.plug("social_security_card")
    bench.hand.insert_social_security_card("zhang-mingyuan")
    assert bench.command_line(*read)["name"] == "张明远"
    bench.hand.remove_social_security_card()


async def test_shows_codes_to_the_scanner(bench: RunningBench) -> None:
    scanner = make_device(DeviceKind.QR_SCANNER, "line", bench.port("qr_scanner"))
    await scanner.connect()
    for show, text in (
        (lambda: bench.hand.show_code("你好，TAX"), "你好，TAX"),
        (lambda: bench.hand.show_prepared_code("tax-notice-paid"), "TAX1:370321:20261100042317"),
    ):
        reading = asyncio.create_task(scanner.read_code(within_s=10))
        await asyncio.sleep(0.3)
        await asyncio.to_thread(show)
        scan = await reading
        assert isinstance(scan, Scan)
        assert scan.text == text
    assert await scanner.read_code(within_s=0.3) == NothingShown()
    await scanner.close()


@pytest.mark.parametrize(
    "language", ["newland", "newland_old", "honeywell", "ssi", "framed", "line"]
)
async def test_a_scanner_of_another_make_is_found_out_on_the_same_line(
    bench: RunningBench, language: str
) -> None:
    await asyncio.to_thread(bench.hand.change_scanner, language)
    scanner = make_device(DeviceKind.QR_SCANNER, "line", bench.port("qr_scanner"))
    await scanner.connect()
    reading = asyncio.create_task(scanner.read_code(within_s=30))
    scan = await hold_until_read(reading, lambda: bench.hand.show_code(f"完税 {language}"))
    assert isinstance(scan, Scan)
    assert scan.text == f"完税 {language}"
    await scanner.close()
    assert bench.hand.state()["qr_scanner"]["speaks"] == language


async def test_puts_papers_under_the_camera(bench: RunningBench) -> None:
    camera = make_device(DeviceKind.DOCUMENT_CAMERA, "opencv", bench.port("document_camera"))
    await camera.connect()
    assert isinstance(await camera.capture(within_s=2), NoPage)
    await asyncio.to_thread(bench.hand.put_paper, "employer_letter")
    page = await camera.capture(within_s=30)
    assert isinstance(page, Page)
    assert page.height_px > page.width_px
    await asyncio.to_thread(bench.hand.put_paper, "cut_off_letter")
    assert await camera.capture(within_s=5) == NoPage(PageProblem.CUT_OFF)
    await asyncio.to_thread(bench.hand.take_paper)
    assert bench.hand.state()["document_camera"]["paper"] is None
    await camera.close()


async def test_prints_a_receipt_whose_code_a_scanner_reads_from_the_picture(
    bench: RunningBench,
) -> None:
    printer = make_device(DeviceKind.RECEIPT_PRINTER, "escpos", bench.port("receipt_printer"))
    await printer.connect()
    before = len(bench.hand.receipts())
    progress: list[PrintProgress] = []
    paper = Receipt((Heading("参保证明"), Qr("HT-20261123-000017", "扫码核验")))
    assert await printer.print_receipt(paper, on_progress=progress.append) == Printed()
    receipts = await asyncio.to_thread(bench.hand.receipts)
    assert len(receipts) == before + 1
    picture = cv2.imdecode(np.frombuffer(receipts[-1], np.uint8), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    assert [code.text for code in zxingcpp.read_barcodes(picture)] == ["HT-20261123-000017"]
    assert bench.hand.state()["receipt_printer"]["mouth"] == before + 1
    bench.hand.tear_off()
    assert bench.hand.state()["receipt_printer"]["mouth"] is None
    await printer.close()


async def test_troubles_the_printer_and_heals_it(bench: RunningBench) -> None:
    printer = make_device(DeviceKind.RECEIPT_PRINTER, "escpos", bench.port("receipt_printer"))
    await printer.connect()
    hand = bench.hand
    hand.out_of_paper()
    assert (await printer.status()).paper is PaperStatus.OUT
    hand.near_end_of_paper()
    assert (await printer.status()).paper is PaperStatus.LOW
    hand.refill()
    assert (await printer.status()).paper is PaperStatus.FULL
    hand.open_cover()
    assert (await printer.status()).cover is CoverStatus.OPEN
    hand.close_cover()
    hand.jam_cutter()
    assert (await printer.status()).cutter is CutterStatus.STUCK
    hand.free_cutter()
    healthy = await printer.status()
    assert (healthy.device, healthy.cover) == (DeviceStatus.ONLINE, CoverStatus.CLOSED)
    assert healthy.cutter is CutterStatus.OK
    await printer.close()


@pytest.mark.parametrize(
    ("kind", "model"),
    [
        (DeviceKind.ID_CARD_READER, "sam_v"),
        (DeviceKind.QR_SCANNER, "line"),
        (DeviceKind.DOCUMENT_CAMERA, "opencv"),
        (DeviceKind.RECEIPT_PRINTER, "escpos"),
    ],
)
async def test_pulls_a_cable_and_puts_it_back(
    bench: RunningBench, kind: DeviceKind, model: str
) -> None:
    device = make_device(kind, model, bench.port(kind.value))
    await device.connect()
    assert (await device.status()).device is DeviceStatus.ONLINE
    bench.hand.unplug(kind.value)
    assert bench.hand.state()[kind.value]["plugged"] is False
    assert (await device.status()).device is not DeviceStatus.ONLINE
    bench.hand.plug(kind.value)
    await device.close()
    await device.connect()
    assert (await device.status()).device is DeviceStatus.ONLINE
    await device.close()


def test_opens_the_cabinet_lights_a_slot_and_cuts_the_mains(bench: RunningBench) -> None:
    board = ("--port", bench.ports["cabinet"])
    assert bench.command_line("cabinet", "light", *board, "camera", "blink") == {
        "slot": "camera",
        "mode": "blink",
    }
    lights = bench.hand.state()["cabinet"]["lights"]
    assert isinstance(lights, dict)
    assert lights["camera"] == "blink"
    for action, undo, fault in (
        ("open_door", "close_door", "D305"),
        ("tamper", "mend", "D306"),
        ("heat", "cool", "D207"),
        ("stop_fan", "start_fan", "D206"),
    ):
        bench.hand.act("cabinet", action)
        assert eventually(bench, "cabinet", *board)["fault"] == fault
        bench.hand.act("cabinet", undo)
    bench.hand.act("cabinet", "plug_headset")
    bench.hand.act("cabinet", "come")
    seen = eventually(bench, "cabinet", *board)
    assert (seen["fault"], seen["headset"], seen["person"]) == (None, "present", "present")
    bench.hand.unplug("cabinet")
    assert bench.command_line("cabinet", "status", *board)["fault"] == "D101"
    bench.hand.plug("cabinet")


def test_cuts_the_mains_and_ends_upsd(bench: RunningBench) -> None:
    supply = ("--port", bench.ports["power_supply"])
    bench.hand.act("power_supply", "mains_off")
    assert until_fault(bench, "D308", *supply)["mains"] == "notPresent"
    bench.hand.act("power_supply", "drain")
    assert until_fault(bench, "D307", *supply)["battery"] == "low"
    bench.hand.act("power_supply", "stop_service")
    assert set(until_fault(bench, "D104", *supply)) == {"fault", "device", "detail"}
    bench.hand.act("power_supply", "start_service")
    bench.hand.act("power_supply", "recover")
    assert until_fault(bench, None, *supply)["mains"] == "present"


def eventually(bench: RunningBench, device: str, *port: str) -> Mapping[str, object]:
    """Its status once it answers: a busy machine may be slower than a board at 9600 baud."""
    return next(
        seen
        for seen in (bench.command_line(device, "status", *port) for _ in range(20))
        if seen.get("status", "offline") != "offline"  # none at all: it could not be asked
    )


def until_fault(bench: RunningBench, fault: str | None, *port: str) -> Mapping[str, object]:
    """The supply's status once its fault is this; upsd tells within seconds."""
    for _ in range(100):
        seen = bench.command_line("power-supply", "status", *port)
        said = (seen["fault"], seen.get("status"))
        if said in {(fault, "online"), ("D104", None)} and seen["fault"] == fault:
            return seen
    raise TimeoutError(f"still {seen}")
