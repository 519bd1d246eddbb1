"""The gateway against a real sandbox: what goes wrong on the wire becomes one kind of trouble."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime

import pytest

from device_drivers.emulation.free_port import free_port
from fleet_server.departments.contract.models import Completed, HandedCase
from fleet_server.departments.gateway import Gateway, GatewayError, Trouble
from fleet_server.settings import DepartmentSettings
from kiosk.contract.cases import Applicant
from tests.fleet_server.small_hall import TAX_NOTICE, cases_at, sandbox, set_fault

pytestmark = pytest.mark.slow


def _case(number: int, notice: str = TAX_NOTICE) -> HandedCase:
    return HandedCase(
        case_id=f"{number:032x}",
        case_number=f"370321-20261123-{number:06d}",
        service_id="tax-payment-certificate",
        service_version=1,
        received_at=datetime(2026, 11, 23, tzinfo=UTC),
        purpose="完税证明打印",
        applicant=Applicant(number=notice, number_kind="tax_notice"),
    )


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    found = free_port()
    with sandbox("tax", found, tmp_path_factory.mktemp("tax")):
        yield found


@pytest.fixture
async def gateway(port: int) -> AsyncIterator[Gateway]:
    set_fault(port, "ok")
    async with _gateway(port) as found:
        yield found


def _gateway(port: int, *, api_key: str = "sandbox", department: str = "tax") -> Gateway:
    settings = DepartmentSettings(
        base_url=f"http://127.0.0.1:{port}", api_key=api_key, answer_timeout_s=0.5
    )
    return Gateway(department, settings)


async def test_a_case_is_handed_over_and_answered(gateway: Gateway) -> None:
    assert isinstance(await gateway.hand_over(_case(1), maybe_known=False), Completed)


async def test_handing_over_twice_is_one_case_with_one_answer(gateway: Gateway, port: int) -> None:
    first = await gateway.hand_over(_case(2), maybe_known=False)
    before = cases_at(port)
    assert await gateway.hand_over(_case(2), maybe_known=False) == first
    assert cases_at(port) == before


async def test_a_case_that_may_be_known_is_asked_for_before_it_is_sent(gateway: Gateway) -> None:
    first = await gateway.hand_over(_case(3), maybe_known=False)
    other = _case(3, "TAX1:370321:20261100042325")  # sending this would be a conflict
    assert await gateway.hand_over(other, maybe_known=True) == first
    with pytest.raises(GatewayError) as refused:
        await gateway.hand_over(other, maybe_known=False)
    assert refused.value.trouble is Trouble.REJECTED


@pytest.mark.parametrize(
    ("mode", "trouble"),
    [("down", Trouble.UNREACHABLE), ("error", Trouble.ERROR), ("slow", Trouble.TIMEOUT)],
)
async def test_each_fault_has_its_name(
    gateway: Gateway, port: int, mode: str, trouble: Trouble
) -> None:
    set_fault(port, mode, delay_s=3)
    with pytest.raises(GatewayError) as raised:
        await gateway.hand_over(_case(4), maybe_known=False)
    assert raised.value.trouble is trouble
    with pytest.raises(GatewayError):
        await gateway.probe()


async def test_nobody_listening_is_unreachable() -> None:
    async with _gateway(free_port()) as gateway:
        with pytest.raises(GatewayError) as raised:
            await gateway.probe()
    assert raised.value.trouble is Trouble.UNREACHABLE


async def test_a_wrong_key_is_rejected_and_opens_no_breaker(port: int) -> None:
    set_fault(port, "ok")
    async with _gateway(port, api_key="wrong") as gateway:
        for number in range(5):
            with pytest.raises(GatewayError) as raised:
                await gateway.hand_over(_case(5), maybe_known=False)
            assert raised.value.trouble is Trouble.REJECTED, number
        assert gateway.held_for_s == 0


async def test_another_departments_system_is_not_taken_for_ours(port: int) -> None:
    set_fault(port, "ok")
    async with _gateway(port, department="police") as gateway:
        with pytest.raises(GatewayError):
            await gateway.probe()


async def test_three_failures_open_the_breaker_and_a_good_probe_closes_it(
    gateway: Gateway, port: int
) -> None:
    set_fault(port, "error")
    for _ in range(3):
        with pytest.raises(GatewayError):
            await gateway.hand_over(_case(6), maybe_known=False)
    with pytest.raises(GatewayError) as held:
        await gateway.hand_over(_case(6), maybe_known=False)
    assert held.value.trouble is Trouble.OPEN
    assert held.value.retry_after_s > 0
    set_fault(port, "ok")
    await gateway.probe()
    assert isinstance(await gateway.hand_over(_case(6), maybe_known=False), Completed)


@asynccontextmanager
async def _endless(piece: bytes, pause_s: float) -> AsyncIterator[tuple[int, Counter[str]]]:
    """A department whose answers never end; counts the bytes that were taken from it."""
    sent: Counter[str] = Counter()

    ended: list[asyncio.Event] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ended.append(end := asyncio.Event())
        with suppress(OSError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
            while True:
                writer.write(piece)
                await writer.drain()
                sent["bytes"] += len(piece)
                await asyncio.sleep(pause_s)
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        end.set()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], sent
    finally:
        server.close()
        await asyncio.gather(*(end.wait() for end in ended))  # the gateway has hung up by now


async def test_an_answer_without_end_is_cut_short() -> None:
    async with _endless(b"x" * 65_536, 0) as (port, sent), _gateway(port) as gateway:
        for ask in (gateway.probe(), gateway.hand_over(_case(8), maybe_known=False)):
            with pytest.raises(GatewayError) as raised:
                await ask
            assert (raised.value.trouble, raised.value.detail) == (Trouble.ERROR, "answer too long")
    assert sent["bytes"] < 3 * 2_000_000 + 8_000_000  # three calls, and what sockets buffer


async def test_an_answer_that_only_trickles_is_late() -> None:
    async with _endless(b"x", 0.1) as (port, _), _gateway(port) as gateway:
        began = time.monotonic()
        with pytest.raises(GatewayError) as raised:
            await gateway.hand_over(_case(9), maybe_known=False)
    assert raised.value.trouble is Trouble.TIMEOUT
    assert time.monotonic() - began < 20  # it would trickle for ever


async def test_no_personal_data_in_what_the_gateway_raises(gateway: Gateway, port: int) -> None:
    set_fault(port, "error")
    with pytest.raises(GatewayError) as raised:
        await gateway.hand_over(_case(7), maybe_known=False)
    assert TAX_NOTICE not in f"{raised.value!r} {raised.value.__cause__!r}"
