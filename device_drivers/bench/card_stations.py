"""The stations for cards: the ID card reader and the social security card reader."""

import asyncio
from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path

from device_drivers.bench.catalogue import Catalogue
from device_drivers.bench.refusal import Refused, chosen
from device_drivers.bench.serial_station import SerialStation
from device_drivers.bench.station import Action, Body, at_once, simply
from device_drivers.emulation.wire_fault import WireFault
from device_drivers.id_card_reader.emulator import SamVEmulator
from device_drivers.social_security_card.private_pcscd import (
    READER_NAME,
    PcscdFailed,
    PrivatePcscd,
)

RADIO_S = 0.12
"""A card gives its 1,280 bytes at 106 kbit/s (ISO 14443-3): 0.1 s, and a fifth for the protocol."""


class IdCardStation(SerialStation):
    """A SAM_V reader on a serial line, and ID cards."""

    def __init__(self, link: Path, catalogue: Catalogue) -> None:
        self._cards = catalogue.id_cards
        self._emulator = SamVEmulator(link, radio_s=RADIO_S)
        self._card: str | None = None
        super().__init__(self._emulator)

    @property
    def actions(self) -> Mapping[str, Action]:
        """Lay one card, take it away, cut and restore the cable."""
        return {"lay": self._lay, "take": at_once(self._take), **super().actions}

    def state(self) -> dict[str, object]:
        """The card on the reader, by its short name."""
        return {**super().state(), "card": self._card}

    async def _lay(self, body: Body) -> None:
        name = chosen(body, "card", self._cards)
        self._emulator.lay(self._cards[name])
        self._card = name

    def _take(self) -> None:
        self._emulator.take()
        self._card = None


class SocialSecurityCardStation:
    """A private pcscd with its virtual reader, and cards."""

    BANK_CARD = "bank-card"
    UPSIDE_DOWN = "upside-down"

    def __init__(self, directory: Path, catalogue: Catalogue) -> None:
        self._cards = catalogue.social_security_cards
        self._pcscd = PrivatePcscd(directory)
        self._card: str | None = None
        self._is_plugged = True
        self._fault = WireFault.NONE
        self._is_served = False

    @property
    def port(self) -> str:
        """The reader by pcscd's name; reached only with `environment`."""
        return f"pcsc:{READER_NAME}"

    @property
    def environment(self) -> dict[str, str]:
        """What a client of this pcscd needs in its environment."""
        return self._pcscd.environment

    @property
    def actions(self) -> Mapping[str, Action]:
        """Insert and remove a card, spoil its contacts, cut the cable, stop and start pcscd."""
        return {
            "insert": self._insert,
            "remove": simply(self._remove),
            "disturb": self._disturb,
            "unplug": simply(self._unplug),
            "plug": simply(self._plug),
            "stop_service": simply(self._stop_service),
            "start_service": simply(self._start_service),
        }

    def state(self) -> dict[str, object]:
        """The card in the slot by its short name, what is wrong, and whether pcscd runs."""
        return {
            "plugged": self._is_plugged,
            "card": self._card,
            "service": self._is_served,
            "fault": self._fault.value,
        }

    async def start(self) -> None:
        """Start pcscd. Raises PcscdFailed."""
        await asyncio.to_thread(self._pcscd.start)
        self._is_served = True

    async def stop(self) -> None:
        """End pcscd."""
        await asyncio.to_thread(self._pcscd.close)

    async def _insert(self, body: Body) -> None:
        name = chosen(body, "card", (*self._cards, self.BANK_CARD, self.UPSIDE_DOWN))
        if self._card is not None:
            raise Refused(HTTPStatus.CONFLICT, "slot_taken", "there is a card in the slot")
        if not (self._is_plugged and self._is_served):
            raise Refused(HTTPStatus.CONFLICT, "unplugged", "the reader is unplugged or stopped")
        if name == self.BANK_CARD:
            await self._do(self._pcscd.insert_foreign_card)
        elif name == self.UPSIDE_DOWN:
            await self._do(self._pcscd.insert_mute_card)
        else:
            await self._do(lambda: self._pcscd.insert_card(self._cards[name]))
        self._card = name

    async def _disturb(self, body: Body) -> None:
        fault = WireFault(chosen(body, "fault", WireFault))
        await self._do(lambda: self._pcscd.disturb(fault))
        self._fault = fault

    async def _remove(self) -> None:
        await self._do(self._pcscd.remove_card)
        self._card = None

    async def _unplug(self) -> None:
        await self._do(self._pcscd.unplug_reader)
        self._is_plugged = False

    async def _plug(self) -> None:
        await self._do(self._pcscd.plug_reader)
        self._is_plugged = True

    async def _stop_service(self) -> None:
        await self._do(self._pcscd.stop_service)
        self._is_served = False

    async def _start_service(self) -> None:
        await self._do(self._pcscd.start_service)
        self._is_served = True

    @staticmethod
    async def _do(call: Callable[[], None]) -> None:
        try:
            await asyncio.to_thread(call)
        except PcscdFailed as error:
            raise Refused(HTTPStatus.INTERNAL_SERVER_ERROR, "pcscd_failed", str(error)) from error
