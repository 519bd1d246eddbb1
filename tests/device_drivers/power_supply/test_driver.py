"""What answers in place of upsd, and what is left over: the driver against the wire."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from device_drivers.ports import Port
from device_drivers.power_supply.driver import NutPowerSupply
from device_drivers.status import DeviceStatus

GOOD = (
    b"BEGIN LIST VAR kiosk\n"
    b'VAR kiosk battery.charge "99"\n'
    b'VAR kiosk ups.status "OL"\n'
    b"END LIST VAR kiosk\n"
)
"""docs/net-protocol.txt of NUT 2.8.0, section "LIST VAR"."""

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def answering(serve: Serve) -> AsyncIterator[NutPowerSupply]:
    """A supply whose upsd is this."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    number = server.sockets[0].getsockname()[1]
    supply = NutPowerSupply(Port.parse(f"nut:kiosk@127.0.0.1:{number}"))
    try:
        yield supply
    finally:
        await supply.close()
        server.close()
        await server.wait_closed()


def saying(answer: bytes) -> Serve:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(answer)
        await writer.drain()

    return serve


async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def for_ever(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"VAR kiosk x " + b"y" * 4096)
        await writer.drain()


async def test_reads_what_the_protocol_prints() -> None:
    async with answering(saying(GOOD)) as supply:
        seen = await supply.status()
    assert (seen.device, seen.charge_percent) == (DeviceStatus.ONLINE, 99.0)


@pytest.mark.parametrize(
    ("serve", "code", "device"),
    [
        (saying(b""), "D104", DeviceStatus.OFFLINE),
        (never, "D102", DeviceStatus.OFFLINE),
        (for_ever, "D103", DeviceStatus.OFFLINE),
        (saying(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "D103", DeviceStatus.OFFLINE),
        (saying("你好\n".encode()), "D103", DeviceStatus.OFFLINE),
        (saying(GOOD[:60]), "D103", DeviceStatus.OFFLINE),
        (saying(GOOD.replace(b'ups.status "OL"', b"ups.status")), "D103", DeviceStatus.OFFLINE),
        (saying(b"ERR DATA-STALE\n"), "D102", DeviceStatus.OFFLINE),
        (saying(b"ERR DRIVER-NOT-CONNECTED\n"), "D104", DeviceStatus.OFFLINE),
        (saying(b"ERR UNKNOWN-UPS\n"), "D101", DeviceStatus.NO_DEVICE),
        (saying(b"ERR ACCESS-DENIED\n"), "D401", DeviceStatus.HARDWARE_ERROR),
        (saying(b"ERR\n"), "D205", DeviceStatus.HARDWARE_ERROR),
    ],
)
async def test_whatever_answers_in_place_of_upsd_is_a_typed_fault(
    serve: Serve, code: str, device: DeviceStatus
) -> None:
    async with answering(serve) as supply:
        seen = await asyncio.wait_for(supply.status(), 30)
    assert (seen.fault, seen.device) == (code, device)
    assert set(seen.parts().values()) == {"unknown"}


async def test_nothing_is_left_over_after_many_questions() -> None:
    async with answering(saying(GOOD)) as supply:
        await supply.status()
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(300):
            assert (await supply.status()).device is DeviceStatus.ONLINE
        await asyncio.sleep(0)
        after = len(os.listdir("/proc/self/fd"))
    assert after <= before + 2  # the last connection's two ends may still be closing


async def test_a_question_that_was_cancelled_leaves_nothing_for_the_next() -> None:
    async with answering(saying(GOOD)) as supply:
        for _ in range(50):
            asking = asyncio.create_task(supply.status())
            await asyncio.sleep(0)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
        assert (await supply.status()).device is DeviceStatus.ONLINE


@pytest.mark.parametrize("port", ["tcp:127.0.0.1:3493", "serial:/dev/ttyS0"])
def test_a_port_that_is_no_supply_is_refused(port: str) -> None:
    with pytest.raises(ValueError, match="no supply of NUT"):
        NutPowerSupply(Port.parse(port))
