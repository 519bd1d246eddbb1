"""Reads social security cards through PC/SC: contact cards of versions 1.00 to 3.00."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from device_drivers.errors import DeviceMissing, DeviceSilent, FaultCode, ServiceDown
from device_drivers.ports import Port
from device_drivers.social_security_card import apdu
from device_drivers.social_security_card.interface import (
    CardReading,
    CardUnreadable,
    MediaStatus,
    NeedsAuthentication,
    NoCard,
    SlotStatus,
    UnsupportedCard,
)
from device_drivers.social_security_card.secure_module import (
    CHALLENGE_BYTES,
    Challenge,
    Proof,
    SecureModule,
)
from device_drivers.status import DeviceKind, DeviceStatus
from device_drivers.transport.pcsc_card import (
    CardInSlot,
    CardLost,
    CardMute,
    CardServiceDown,
    PcscSlot,
    SlotEmpty,
    SlotMissing,
    SlotState,
)

DEVICE = DeviceKind.SOCIAL_SECURITY_CARD.value

POLL_S = 0.1
"""A quarter of pcscd's own look at the slot, every 0.4 s (`DEVICES.md` 3.1)."""
ANSWER_LIMIT_S = 5.0
"""One command; slow cards were seen to take 3 s (`DEVICES.md` 3.2)."""
NOTICE_LIMIT_S = 1.5
"""How long pcscd may need to see that a card is gone: three of its looks and a margin."""
LOOK_LIMIT_S = 0.9
"""pcscd says what is in the slot within milliseconds, unless a card that hangs holds our thread;
and `status` promises an answer within 1 s."""
PROOF_LIMIT_S = 8.0
"""Whoever has the keys may be a server: two of its answers at `DESIGN.md` 7's pace, lost and asked
for again, and still less than a citizen stands before a card without a word."""
MAX_FOLLOW_UPS = 4
"""One 6Cxx and one 61xx are usual; a card that asks for more goes round in circles."""

_HELD = "a card or pcscd holds the reader and does not answer"
_LOG: Final = logging.getLogger(__name__)


@dataclass(slots=True)
class _Harvest:
    """What one card gave so far."""

    values: dict[int, bytes] = field(default_factory=dict)
    guarded: bool = False
    addressing: apdu.Addressing | None = None
    """The first way of READ RECORD that worked; no other is tried after it."""
    is_proven: bool | None = None
    """Did the card take our proof? None while it was not asked to; it is asked once at most, since
    a card counts the proofs that fail."""


class PcscSocialSecurityCardReader:
    """The slot named by `port` (`pcsc:<reader>`), as a `SocialSecurityCardReader`.

    A card that takes longer than `answer_limit_s` for one command counts as mute; until it is
    pulled it holds the reader, and the status is `deviceBusy`. `secure_module` opens guarded
    cards, given `proof_limit_s` for its answer; without one they need authentication.
    """

    def __init__(
        self,
        port: Port,
        *,
        answer_limit_s: float = ANSWER_LIMIT_S,
        secure_module: SecureModule | None = None,
        proof_limit_s: float = PROOF_LIMIT_S,
    ) -> None:
        self.capabilities: Mapping[str, str] = {
            "card_versions": "1 2" if secure_module is None else "1 2 3",
            "secure_module": "yes" if secure_module is not None else "no",
        }
        """Fixed by model and settings, see `Device`."""
        self._answer_limit_s = answer_limit_s
        self._secure_module = secure_module
        self._proof_limit_s = proof_limit_s
        self._reader_name = port.address
        self._slot = PcscSlot(port.address, device=DEVICE)
        self._closings = 0
        """A read begun before the last `close` goes no further."""

    async def connect(self) -> None:
        """See that pcscd runs and knows the reader. Raises ServiceDown, DeviceMissing.

        Raises DeviceSilent while a card that hangs holds the reader.
        """
        try:
            self._raise_if_unusable(await self._look(self._closings))
        except TimeoutError as error:
            raise DeviceSilent(DEVICE, _HELD) from error

    async def close(self) -> None:
        """Give the reader back. Safe to call twice, and after a fault; a read raises DeviceMissing.

        The thread that serves the reader ends when the command it waits for has ended.
        """
        self._closings += 1
        self._slot.close()

    async def status(self) -> SlotStatus:
        """Ask pcscd now; answers within 1 s. Never raises: absence is a status."""
        try:
            state = await self._look(self._closings)
        except TimeoutError:
            return SlotStatus(device=DeviceStatus.DEVICE_BUSY, detail=_HELD)
        match state:
            case SlotEmpty():
                return SlotStatus(device=DeviceStatus.ONLINE, media=MediaStatus.NOT_PRESENT)
            case CardInSlot() | CardMute():
                return SlotStatus(device=DeviceStatus.ONLINE, media=MediaStatus.PRESENT)
            case SlotMissing():
                return SlotStatus(
                    device=DeviceStatus.NO_DEVICE,
                    fault=FaultCode.DEVICE_MISSING,
                    detail=f"pcscd knows no reader {self._reader_name!r}",
                )
            case CardServiceDown():
                return SlotStatus(
                    device=DeviceStatus.OFFLINE,
                    fault=FaultCode.SERVICE_DOWN,
                    detail="pcscd does not answer",
                )

    async def read_card(self, *, within_s: float) -> CardReading:
        """Wait for a card and read its public files, in well under a second for a usual card.

        A card that hangs since an earlier read is `mute` after `LOOK_LIMIT_S`.
        Raises ServiceDown and DeviceMissing. Cancelling lets go of the card and leaves the
        reader idle; a command under way ends on its own first.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within_s
        closings = self._closings
        while True:
            try:
                state = await self._look(closings)
            except TimeoutError:
                return CardUnreadable("mute")
            self._raise_if_unusable(state)
            match state:
                case CardInSlot(events, atr):
                    return await self._read(events, atr, closings)
                case CardMute():
                    return CardUnreadable("mute")
            if loop.time() >= deadline:
                return NoCard()
            await asyncio.sleep(min(POLL_S, max(0.0, deadline - loop.time())))

    async def _look(self, closings: int) -> SlotState:
        """What is in the slot now, for somebody who began when we had been closed so many times.

        Raises TimeoutError while a card holds our thread, DeviceMissing when closed since.
        """
        if self._closings != closings:
            raise DeviceMissing(DEVICE, "the reader was closed")
        async with asyncio.timeout(LOOK_LIMIT_S):
            return await self._slot.state()

    def _raise_if_unusable(self, state: SlotState) -> None:
        match state:
            case CardServiceDown():
                raise ServiceDown(DEVICE, "pcscd does not answer")
            case SlotMissing():
                raise DeviceMissing(DEVICE, f"pcscd knows no reader {self._reader_name!r}")

    async def _read(self, events: int, atr: bytes, closings: int) -> CardReading:
        harvest = _Harvest()
        is_powered = False
        try:
            async with self._slot.card(within_s=self._answer_limit_s):
                is_powered = True
                if (await self._send(apdu.select_environment())).status != apdu.SW_OK:
                    return UnsupportedCard(atr.hex().upper())
                for file in apdu.PUBLIC_FILES:
                    await self._read_file(file, harvest, atr)
                if await self._look(closings) != CardInSlot(events, atr):
                    return CardUnreadable("removed")  # what was read may be of two cards
            card = apdu.decode_card(harvest.values)
        except TimeoutError:
            return CardUnreadable("mute")
        except CardLost:
            otherwise = "damaged" if is_powered else "mute"
            return await self._why_lost(events, closings, otherwise=otherwise)
        except ValueError:
            return CardUnreadable("damaged")
        if card.card_number and card.social_security_number and card.name:
            return card
        return NeedsAuthentication(card) if harvest.guarded else CardUnreadable("damaged")

    async def _read_file(self, file: apdu.File, harvest: _Harvest, atr: bytes) -> None:
        selected = await self._send(apdu.select_file(file.file_id, p1=apdu.P1_BELOW))
        if selected.status in apdu.NOT_THIS_WAY:
            selected = await self._send(apdu.select_file(file.file_id, p1=apdu.P1_BY_IDENTIFIER))
        if selected.status in apdu.GUARDED:
            harvest.guarded = True
        if selected.status != apdu.SW_OK:
            return
        for record in file.records:
            if not await self._read_record(file, record, harvest):
                if not await self._prove(harvest, atr):
                    continue
                if not await self._read_record(file, record, harvest):
                    harvest.guarded = True

    async def _prove(self, harvest: _Harvest, atr: bytes) -> bool:
        """Let whoever has the keys open the card, once; False where it stays guarded."""
        if self._secure_module is None or harvest.is_proven is not None:
            harvest.guarded = True
            return False
        harvest.is_proven = False
        drawn = await self._send(apdu.GET_CHALLENGE)
        if drawn.status == apdu.SW_OK and len(drawn.data) == CHALLENGE_BYTES:
            challenge = _challenge(harvest, atr, drawn.data)
            proof = await _proof(self._secure_module, challenge, within_s=self._proof_limit_s)
            if proof is not None:
                command = apdu.external_authenticate(proof.key, proof.cryptogram)
                harvest.is_proven = (await self._send(command)).status == apdu.SW_OK
        harvest.guarded = not harvest.is_proven
        return harvest.is_proven

    async def _read_record(self, file: apdu.File, record: apdu.Record, harvest: _Harvest) -> bool:
        """Read one value, if the card has it; False where the card guards it."""
        ways = (harvest.addressing,) if harvest.addressing else tuple(apdu.Addressing)
        for way in ways:
            reply = await self._send(apdu.read_record(file, record, way))
            if reply.status == apdu.SW_OK:
                harvest.addressing = way
                # by tag, whatever else the record holds; unknown tags are never looked at
                harvest.values.update(apdu.parse_values(reply.data))
                return True
            if reply.status in apdu.GUARDED:
                return False
            if reply.status not in apdu.NOT_THIS_WAY:
                break
        return True

    async def _send(self, command: bytes) -> apdu.Reply:
        reply = apdu.Reply(b"", 0)
        received = b""
        next_command: bytes | None = command
        for _ in range(1 + MAX_FOLLOW_UPS):
            if next_command is None:
                break
            async with asyncio.timeout(self._answer_limit_s):
                reply = apdu.Reply.parse(await self._slot.transmit(next_command))
            received += reply.data
            next_command = apdu.follow_up(next_command, reply)
        return apdu.Reply(received, reply.status)

    async def _why_lost(self, events: int, closings: int, *, otherwise: str) -> CardReading:
        """Tell a card pulled out from a reader or service gone; `otherwise` if it is still in."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + NOTICE_LIMIT_S
        while True:
            try:
                state = await self._look(closings)
            except TimeoutError:
                return CardUnreadable("mute")
            self._raise_if_unusable(state)
            match state:
                case SlotEmpty():
                    return CardUnreadable("removed")
                case CardInSlot() | CardMute() if state.events != events:
                    return CardUnreadable("removed")
            if loop.time() >= deadline:
                return CardUnreadable(otherwise)
            await asyncio.sleep(POLL_S)


async def _proof(
    secure_module: SecureModule, challenge: Challenge, *, within_s: float
) -> Proof | None:
    """The key holder's answer; None where it has none in time, or breaks down over it."""
    try:
        async with asyncio.timeout(within_s):
            return await secure_module.prove(challenge)
    except TimeoutError:
        _LOG.warning("the secure module did not answer within %s s", within_s)
    except Exception as error:  # noqa: BLE001 - a vendor's code: a card stays guarded, no more
        # its words may quote the challenge
        _LOG.warning("the secure module broke down: %s", type(error).__name__)
    return None


def _challenge(harvest: _Harvest, atr: bytes, random: bytes) -> Challenge:
    identification = harvest.values.get(apdu.IDENTIFICATION, b"")
    return Challenge(
        area=identification[:3].hex(),
        version=harvest.values.get(apdu.VERSION, b"").decode("ascii", "replace"),
        historical_bytes=apdu.historical_bytes(atr),
        identification_code=identification,
        random=random,
    )
