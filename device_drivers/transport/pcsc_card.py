"""One PC/SC slot: what is in it now, and APDU exchange with the card.

It speaks to `smartcard.scard` directly: pyscard's monitors die with pcscd for good and its
connections share one global context (`DEVICES.md` section 3.2). Here every context is our own and
is made anew after pcscd was away.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from smartcard import scard

from device_drivers.errors import DeviceMissing
from device_drivers.transport.port_thread import PortThread

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SlotEmpty:
    """The reader is there and holds no card."""

    events: int
    """pcscd's count of insertions and removals; a change means that a card was moved."""


@dataclass(frozen=True, slots=True)
class CardInSlot:
    """A card that answered the reset."""

    events: int
    atr: bytes


@dataclass(frozen=True, slots=True)
class CardMute:
    """A card that does not answer the reset: upside down, dirty, or dead."""

    events: int


@dataclass(frozen=True, slots=True)
class SlotMissing:
    """pcscd runs and knows no reader of this name."""


@dataclass(frozen=True, slots=True)
class CardServiceDown:
    """pcscd does not answer."""


SlotState = SlotEmpty | CardInSlot | CardMute | SlotMissing | CardServiceDown


class CardLost(Exception):
    """The exchange with the card broke off.

    PC/SC's code does not say why: it is 0 for a card pulled during a command (`DEVICES.md` 3.2).
    Ask `PcscSlot.state` again.
    """


class PcscSlot:
    """The slot pcscd calls `reader_name`. Used by one task at a time; opens nothing until asked.

    A card that never answers holds a PC/SC call for as long as it stays in the slot, and
    libpcsclite waits for ever where one thread uses a context that another gives back: hence one
    thread, which `close` does not wait for.
    """

    def __init__(self, reader_name: str, *, device: str) -> None:
        self._reader = reader_name
        self._device = device
        self._thread = PortThread(device, name=f"pcsc {reader_name}")
        self._opening: object | None = None
        """Drawn at the first use after `close`, so that who held a card before knows of it."""
        self._context: int | None = None
        self._card: int | None = None
        self._protocol = scard.SCARD_PCI_T0

    async def state(self) -> SlotState:
        """What is in the slot now; a few milliseconds, unless pcscd or a card holds the thread."""
        self._open()
        return await self._call(self._look)

    @asynccontextmanager
    async def card(self, *, within_s: float) -> AsyncIterator["PcscSlot"]:
        """Power the card up for exclusive use, and let go of it at the end, cancelled or not.

        Raises CardLost, TimeoutError for a card not powered within `within_s` seconds, and
        DeviceMissing while another program holds it.
        """
        opening = self._open()
        try:
            async with asyncio.timeout(within_s):
                await self._call(self._take_card)
            yield self
        finally:
            if self._opening is opening:  # else `close` has let go of the card
                # Not awaited: it queues behind a command that still waits for the card.
                self._thread.submit(self._leave_card)

    async def transmit(self, command: bytes) -> bytes:
        """The card's answer to one APDU: data and the two status bytes. Raises CardLost."""
        if self._opening is None:
            raise CardLost("the slot was closed")
        return await self._call(lambda: self._transmit(command))

    def close(self) -> None:
        """Give the context back. Safe to call twice; the slot may be used again afterwards.

        Who holds the card loses it with its next command. A call under way ends by itself first,
        and what comes after waits for it.
        """
        if self._opening is not None:
            self._opening = None
            self._thread.let_go(self._leave_all)

    def _open(self) -> object:
        if self._opening is None:
            self._opening = object()
        return self._opening

    async def _call(self, call: Callable[[], T]) -> T:
        return await self._thread.run(call)

    # What follows runs on the slot's thread only.

    def _look(self) -> SlotState:
        for _ in range(2):  # a context from before a restart of pcscd is worth a second try
            if self._context is None and not self._establish_context():
                return CardServiceDown()
            result, answers = scard.SCardGetStatusChange(
                self._context, 0, [(self._reader, scard.SCARD_STATE_UNAWARE)]
            )
            if result == scard.SCARD_S_SUCCESS:
                _, flags, atr = answers[0]
                return self._slot_state(int(flags), bytes(atr))
            if result == scard.SCARD_E_UNKNOWN_READER:
                return SlotMissing()
            self._drop_context()
        return CardServiceDown()

    @staticmethod
    def _slot_state(flags: int, atr: bytes) -> SlotState:
        events = flags >> 16
        if flags & (scard.SCARD_STATE_UNKNOWN | scard.SCARD_STATE_UNAVAILABLE):
            return SlotMissing()
        if not flags & scard.SCARD_STATE_PRESENT:
            return SlotEmpty(events)
        if flags & scard.SCARD_STATE_MUTE or not atr:
            return CardMute(events)
        return CardInSlot(events, atr)

    def _establish_context(self) -> bool:
        result, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
        if result != scard.SCARD_S_SUCCESS:
            return False
        self._context = context
        return True

    def _leave_all(self) -> None:
        self._leave_card()
        self._drop_context()

    def _drop_context(self) -> None:
        context, self._context = self._context, None
        if context is not None:
            scard.SCardReleaseContext(context)

    def _take_card(self) -> None:
        if self._context is None and not self._establish_context():
            raise CardLost("pcscd does not answer")
        result, card, protocol = scard.SCardConnect(
            self._context,
            self._reader,
            scard.SCARD_SHARE_EXCLUSIVE,
            scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1,
        )
        if result == scard.SCARD_E_SHARING_VIOLATION:
            raise DeviceMissing(self._device, f"another program holds the card in {self._reader}")
        if result != scard.SCARD_S_SUCCESS:
            raise CardLost(f"connect: 0x{result:08X}")
        self._card = card
        is_t1 = protocol == scard.SCARD_PROTOCOL_T1
        self._protocol = scard.SCARD_PCI_T1 if is_t1 else scard.SCARD_PCI_T0

    def _leave_card(self) -> None:
        card, self._card = self._card, None
        if card is not None:
            # Not SCARD_UNPOWER_CARD: where the card has just been pulled, powering it down fails,
            # and pcscd 1.9.9 then takes the slot for empty until the *next* card is pulled, too.
            # Left alone, it powers an unused card down by itself after 5 s.
            scard.SCardDisconnect(card, scard.SCARD_LEAVE_CARD)

    def _transmit(self, command: bytes) -> bytes:
        if self._card is None:
            raise CardLost("no card is powered")
        result, answer = scard.SCardTransmit(self._card, self._protocol, list(command))
        if result != scard.SCARD_S_SUCCESS:
            raise CardLost(f"transmit: 0x{result:08X}")
        if len(answer) < 2:
            raise CardLost("transmit: an answer without status bytes")
        return bytes(answer)
