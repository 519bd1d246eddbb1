"""The driver of a supply that NUT's upsd knows, through the client library aionut."""

import asyncio
from collections.abc import Mapping

from aionut import (
    AIONUTClient,
    NUTCommandError,
    NUTConnectionClosedError,
    NUTError,
    NUTLoginError,
    NUTOSError,
    NUTTimeoutError,
)

from device_drivers.errors import (
    DeviceBroken,
    DeviceFault,
    DeviceGarbled,
    DeviceMissing,
    DeviceSilent,
    FaultCode,
    ServiceDown,
)
from device_drivers.ports import Port, Scheme
from device_drivers.power_supply.interface import PowerSupplyStatus
from device_drivers.power_supply.variables import (
    DRIVER_AWAY,
    REFUSED,
    STALE,
    UNKNOWN_SUPPLY,
    error_word,
    status_of,
)
from device_drivers.status import DeviceKind, DeviceStatus

_DEVICE = DeviceKind.POWER_SUPPLY.value

ANSWER_S = 0.9
"""upsd answers from its memory, in milliseconds; `status` promises an answer within 1 s."""


class NutPowerSupply:
    """A `PowerSupply` at `nut:<supply>@<host>:<port>`.

    Each question is a connection of its own (`DECISIONS.md` 1): nothing is held between them, so
    there is nothing to lose when upsd is started again.
    """

    def __init__(self, port: Port) -> None:
        if port.scheme is not Scheme.NUT:
            raise ValueError(f"{port} is no supply of NUT")
        self._supply, _, address = port.address.partition("@")
        host, _, number = address.rpartition(":")
        self.capabilities: Mapping[str, str] = {
            "status_source": "nut",
            "supply": self._supply,
        }
        """Fixed by model and settings, see `Device`."""
        self._client = AIONUTClient(host=host, port=int(number), timeout=ANSWER_S, persistent=False)
        self._port = port

    async def connect(self) -> None:
        """See that the supply can be asked. Raises DeviceFault."""
        await self._variables()

    async def close(self) -> None:
        """Let go. Safe to call twice, and after a fault."""
        self._client.disconnect()

    async def status(self) -> PowerSupplyStatus:
        """Ask the supply now; answers within 1 s. Never raises: absence is a status."""
        try:
            return status_of(await self._variables())
        except DeviceFault as fault:
            return PowerSupplyStatus(
                device=_status_word(fault), fault=fault.code, detail=fault.detail
            )

    async def _variables(self) -> dict[str, str]:
        """What upsd has of the supply now. Raises DeviceFault."""
        try:
            async with asyncio.timeout(ANSWER_S):
                return await self._client.list_vars(self._supply)
        except (NUTCommandError, NUTLoginError) as error:
            raise self._refused(error_word(str(error))) from error
        except (NUTOSError, NUTConnectionClosedError) as error:
            raise ServiceDown(_DEVICE, f"upsd at {self._port}: {error}") from error
        except (TimeoutError, NUTTimeoutError) as error:
            raise DeviceSilent(_DEVICE, f"upsd gave no answer within {ANSWER_S} s") from error
        except (NUTError, ValueError, IndexError, EOFError, asyncio.LimitOverrunError) as error:
            # the last three pass through aionut 4.3.4 as they are
            raise DeviceGarbled(_DEVICE, "what answers does not speak NUT's protocol") from error

    def _refused(self, word: str) -> DeviceFault:
        if word == UNKNOWN_SUPPLY:
            return DeviceMissing(_DEVICE, f"upsd knows no supply {self._supply!r}")
        if word == STALE:
            return DeviceSilent(_DEVICE, "upsd has no fresh data of the supply")
        if word == DRIVER_AWAY:
            return ServiceDown(_DEVICE, "the supply's driver does not run")
        if word == REFUSED:
            return DeviceBroken(_DEVICE, "upsd denies access", FaultCode.MISUSED)
        return DeviceBroken(_DEVICE, f"upsd refuses: {word or 'without a word'}")


def _status_word(fault: DeviceFault) -> DeviceStatus:
    if isinstance(fault, DeviceMissing):
        return DeviceStatus.NO_DEVICE
    if isinstance(fault, DeviceBroken):
        return DeviceStatus.HARDWARE_ERROR
    return DeviceStatus.OFFLINE
