"""Four citizens, four departments: receipts that can be read back, cases that stand once."""

import asyncio
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest

from device_drivers.ports import Port
from device_drivers.qr_scanner.decode import decode_image
from device_drivers.qr_scanner.emulator import LineScannerEmulator
from device_drivers.qr_scanner.interface import Scan
from device_drivers.qr_scanner.serial_driver import SerialQrScanner
from provisioning.demo.citizens import ERRANDS
from provisioning.demo.gallery import codes_on
from provisioning.demo.keeping import Keeper
from provisioning.demo.system import System
from tests.device_drivers.qr_scanner.holding import hold_until_read
from tests.system.canary import leaks_below, leaks_in, needles, overhearing, telling_values
from tests.system.hall import Witness, citizen_of, eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

DEPARTMENT_OF = {
    "police-no-criminal-record": "police",
    "real-estate-registration-result": "real_estate",
    "tax-payment-certificate": "tax",
    "social-insurance-participation": "social_security",
}
NAMES = tuple(DEPARTMENT_OF)


@dataclass(frozen=True, slots=True)
class Night:
    """What the four citizens left behind."""

    receipts: dict[str, bytes]
    heard: list[tuple[str, bytes]]
    """Every MQTT message of the kiosk meanwhile."""


@pytest.fixture(scope="module")
def night(system: System) -> Iterator[Night]:
    """Each citizen's whole errand, touched on the real screen."""
    with overhearing(system) as heard:
        receipts = {errand.name: citizen_of(system, errand).run() for errand in ERRANDS}
        outbox = Witness(system)
        assert eventually(
            lambda: not outbox.kiosk("SELECT 1 FROM outbox WHERE acked_at IS NULL"), within_s=30
        )
        yield Night(receipts, heard)


def link_on(receipt: bytes) -> str:
    """The one address on a receipt."""
    (link,) = [text for text in codes_on(receipt) if "/v/" in text]
    return link


@pytest.mark.parametrize("name", NAMES)
def test_the_code_on_a_receipt_resolves_at_the_server(night: Night, name: str) -> None:
    with urllib.request.urlopen(link_on(night.receipts[name]), timeout=10) as answer:
        page = answer.read().decode()
    assert answer.status == 200
    assert "370321-" in page, "the page names the case"


def test_a_code_nobody_printed_leads_to_no_case(system: System, night: Night) -> None:
    forged = link_on(night.receipts[NAMES[0]]).rsplit("/", 1)[0] + "/" + "0" * 32
    assert forged.startswith(system.console_url)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(forged, timeout=10)
    with refused.value:
        assert refused.value.code == 404


@pytest.mark.parametrize("name", NAMES)
async def test_our_own_scanner_reads_the_code_on_a_receipt(
    night: Night, name: str, tmp_path: Path
) -> None:
    picture = cv2.imdecode(np.frombuffer(night.receipts[name], np.uint8), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    (code,) = [each for each in decode_image(picture.astype(np.uint8)) if "/v/" in each.text]
    assert code.text == link_on(night.receipts[name])
    with LineScannerEmulator(tmp_path / "scanner", bytes_per_s=None) as emulator:
        scanner = SerialQrScanner(Port.parse(emulator.port))
        await scanner.connect()
        reading = asyncio.create_task(scanner.read_code(within_s=10))
        scan = await hold_until_read(reading, lambda: emulator.show_bytes(code.raw))
        await scanner.close()
    assert isinstance(scan, Scan)
    assert scan.text == code.text


@pytest.mark.parametrize("name", NAMES)
def test_the_case_of_a_receipt_stands_once_here_and_at_its_department(
    night: Night, name: str, witness: Witness
) -> None:
    case_id = link_on(night.receipts[name]).rsplit("/", 1)[1]
    found = witness.server("SELECT case_id, service_id, state FROM citizen_case")
    assert [row[1:] for row in found if row[0] == case_id] in (
        [(name, "completed")],
        [(name, "accepted")],
    )
    assert witness.department(DEPARTMENT_OF[name]) == [case_id]


def test_four_citizens_make_four_cases_and_four_papers(night: Night, witness: Witness) -> None:
    links = {link_on(receipt).rsplit("/", 1)[1] for receipt in night.receipts.values()}
    assert sorted(witness.cases()) == sorted(links)
    assert [stage for _, stage in witness.papers()] == ["presented"] * 4


def test_nothing_telling_stands_in_what_the_kiosk_and_the_server_keep(
    night: Night, system: System
) -> None:
    assert len(night.receipts) == len(NAMES)
    wanted = needles(telling_values())
    store = system.folder / "kiosk" / "data" / "kiosk.sqlite"
    assert store.with_name("kiosk.sqlite-wal").stat().st_size > 0
    assert (system.folder / "server" / "fleet.sqlite").exists()
    for kept in ("kiosk", "server", "logs"):
        assert leaks_below(system.folder / kept, wanted) == []


def test_nothing_telling_travels_by_mqtt(night: Night) -> None:
    wanted = needles(telling_values())
    assert len(night.heard) >= 4, "nothing was overheard"
    for topic, payload in night.heard:
        assert leaks_in(topic, topic.encode() + payload, wanted) == []


def test_the_canary_sings_when_there_is_something_to_find(night: Night, tmp_path: Path) -> None:
    wanted = needles(telling_values())
    person = sorted(telling_values())[0]
    assert len(telling_values()) > 10
    (tmp_path / "kiosk.log").write_bytes(b"card read: " + person.encode("gbk"))
    (tmp_path / f"{person}.png").write_bytes(b"")
    assert len(leaks_below(tmp_path, wanted)) >= 2
    plain = night.receipts["tax-payment-certificate"]
    assert leaks_in("a picture", plain, wanted) == []


def test_the_department_which_must_know_the_citizen_does(system: System, night: Night) -> None:
    assert len(night.receipts) == len(NAMES)
    assert leaks_below(system.folder / "departments", needles(telling_values())) != []


def test_programs_killed_while_a_citizen_is_served_are_begun_anew_and_the_paper_comes(
    system: System, night: Night
) -> None:
    # the last test of this file, since it adds a case to those that the others count
    errand = next(each for each in ERRANDS if each.name == "tax-payment-certificate")
    victims = ("agent", "department-tax")
    before = [system.children[name].pid for name in victims]
    citizen = citizen_of(system, errand)
    told: list[str] = []
    with Keeper(system, told.append) as keeper:
        keeper.begin()
        shown = citizen.go_to("check")
        for name in victims:
            system.kill(name)
        citizen.go_on(shown, "result")
        assert eventually(lambda: len(told) == len(victims), within_s=30)
        assert [system.children[name].is_running() for name in victims] == [True, True]
        assert [system.children[name].pid for name in victims] != before
        receipt = system.hand.receipts()[-1]
        assert receipt not in night.receipts.values()
        case_id = link_on(receipt).rsplit("/", 1)[1]
        assert eventually(lambda: case_id in Witness(system).cases(), within_s=60)
        keeper.rest()
        system.stop()
