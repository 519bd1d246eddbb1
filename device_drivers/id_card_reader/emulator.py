"""A SAM_V card reader on a pty, written from `DEVICES.md` sections 1.1 to 1.4 and nothing else."""

import threading
from collections.abc import Callable, Mapping
from enum import Enum
from pathlib import Path

from device_drivers.emulation.pty_line import PtyLine
from device_drivers.emulation.serial_emulator import SerialEmulator, Wire
from device_drivers.id_card_reader.emulated_card import EmulatedCard, make_card

_START = b"\xaa\xaa\xaa\x96\x69"
_MODULE_ID = bytes.fromhex("05000300f80233017b000000d2029649")  # the example of 1.6
_BYTES_PER_S_115200 = 11520.0
_SPEEDS = (115200, 57600, 38400, 19200, 9600)  # 60 00 to 60 04 (1.2)
_BITS_A_BYTE = 10  # 8N1 (1.1)
_OF_CARDS = (b"\x20", b"\x30")  # find, select, read (1.2)


class Worn(Enum):
    """Cards that cannot be read, by the answer they cause (1.3)."""

    SELECT_FAILS = 0x81
    READ_FAILS = 0x41
    REJECTS = 0x31
    REJECTED = 0x32
    NOT_VERIFIED = 0x33
    UNKNOWN_KIND = 0x40


class Ailment(Enum):
    """What is wrong with the module itself, by its answer to `SAM status` (1.3)."""

    NONE = 0x90
    UNKNOWN = 0x24
    NO_RANDOM_NUMBER = 0x47
    SELF_TEST_FAILED = 0x60
    UNLICENSED = 0x66


class Disturbance(Enum):
    """What befalls the next reply on the line."""

    BYTE_FLIPPED = "byte flipped"
    CUT_SHORT = "cut short"
    NOISE_BEFORE = "noise before"
    LATE = "late"
    """It comes together with the reply to the next command."""
    SWALLOWED = "swallowed"


class Mishearing(Enum):
    """What befalls the next command on the line, before the module hears it."""

    BIT_TURNED = "bit turned"
    BITS_TURNED_IN_STEP = "two bits turned that the checksum does not tell from none"
    LENGTH_TURNED = "bit of the length turned"
    NONE = "none"


class SamVEmulator(SerialEmulator):
    """One reader. Lay cards on it, take them away, cut its cable; all from any thread.

    A read card is not found again until it was lifted; find, select and read must follow one
    another (1.3). `bytes_per_s` is the pace of the line, None for no pace; `radio_s` is how long
    the module talks to a card before it answers a read. `baud` is the speed the module talks at
    when it is switched on; to a program at any other it is noise. `answers_at_new_speed` decides
    what the document leaves open: at which speed the answer to a change of speed leaves (1.1).
    `make_wire` hangs the module on another line than a pty.
    """

    def __init__(
        self,
        link: Path | None = None,
        *,
        bytes_per_s: float | None = _BYTES_PER_S_115200,
        radio_s: float = 0.0,
        baud: int = 115200,
        answers_at_new_speed: bool = False,
        make_wire: Callable[[Callable[[bytes], None]], Wire] | None = None,
    ) -> None:
        self._is_paced = bytes_per_s is not None
        if self._is_paced and baud != _SPEEDS[0]:
            bytes_per_s = baud / _BITS_A_BYTE
        super().__init__(
            make_wire(self._take_bytes)
            if make_wire is not None
            else PtyLine(link, self._take_bytes, bytes_per_s=bytes_per_s)
        )
        self._radio_s = radio_s
        self._first_baud = baud
        self._baud = baud
        self._answers_at_new_speed = answers_at_new_speed
        self._next_baud = baud
        self._second_card = False
        self._late = b""
        self._taken_after = 0
        self._changed = threading.Condition()
        self._card: EmulatedCard | None = None
        self._worn: Worn | None = None
        self._step = "nothing"
        self._was_read = False
        self._is_cut = True
        self._is_reading = False
        self._ailment = Ailment.NONE
        self._is_mended_by_reset = False
        self._radio_hangs = False
        self._mishearings: list[Mishearing] = []
        self._disturbances: list[Disturbance] = []
        self._kept = b""

    def plug(self) -> None:
        """Plug the cable in: the module starts anew. Nothing happens when it is in."""
        if self.is_plugged:
            return
        with self._changed:
            self._kept, self._step, self._was_read, self._is_cut = b"", "nothing", False, False
            self._set_baud(self._first_baud)
        super().plug()

    def unplug(self) -> None:
        """Pull the cable."""
        with self._changed:
            self._is_cut = True
            self._changed.notify_all()
        super().unplug()

    def lay(self, card: Mapping[str, str], *, worn: Worn | None = None) -> None:
        """Lay a card with these fields on the reader, in place of any other."""
        made = make_card(card)
        with self._changed:
            self._card, self._worn = made, worn
            self._step, self._was_read = "nothing", False
            self._changed.notify_all()

    def lay_second(self) -> None:
        """Lay another card beside the one that lies there: neither can be selected."""
        with self._changed:
            self._second_card, self._step, self._was_read = True, "nothing", False
            self._changed.notify_all()

    def take_second(self) -> None:
        """Take that other card away again."""
        with self._changed:
            self._second_card = False

    def take_after(self, replies: int) -> None:
        """Take every card away as soon as the module has answered so many more commands."""
        self._taken_after = replies

    def take(self) -> None:
        """Take every card away; nothing happens when there is none."""
        with self._changed:
            self._card, self._step, self._was_read = None, "nothing", False
            self._second_card = False
            self._changed.notify_all()

    def ail(self, ailment: Ailment, *, until_reset: bool = False) -> None:
        """Let the module itself be broken from now on."""
        self._ailment, self._is_mended_by_reset = ailment, until_reset

    def hang(self) -> None:
        """Let its radio hang: it says nothing to what concerns a card, until it is reset."""
        self._radio_hangs = True

    def mishear(self, *commands: Mishearing) -> None:
        """Spoil as many of the next commands on their way, one each."""
        self._mishearings += commands

    def disturb(self, *replies: Disturbance) -> None:
        """Disturb as many of the next replies, one each."""
        self._disturbances += replies

    def wait_until_reading(self, within_s: float) -> bool:
        """Wait until the module talks to the card; False when it did not within the time."""
        with self._changed:
            return self._changed.wait_for(lambda: self._is_reading, within_s)

    @property
    def baud(self) -> int:
        """The speed the module talks at now."""
        return self._baud

    def _set_baud(self, baud: int) -> None:
        self._baud = self._next_baud = baud
        if self._is_paced and self._line.bytes_per_s != baud / _BITS_A_BYTE:
            self._line.bytes_per_s = baud / _BITS_A_BYTE

    def _take_bytes(self, data: bytes) -> None:
        """Answer every whole frame in the stream; what cannot begin one is passed over."""
        if self._line.baud != self._baud:  # sampled at the wrong speed, no byte is itself
            data = bytes(byte ^ 0x5A for byte in data)
        self._kept += data
        while (begin := self._kept.find(_START)) >= 0:
            frame = self._kept[begin + len(_START) :]
            if len(frame) < 2 or len(frame) < 2 + (size := int.from_bytes(frame[:2], "big")):
                self._kept = self._kept[begin:]
                return
            self._kept = frame[2 + size :]
            heard = self._heard(frame[:2], frame[2 : 2 + size])
            if not (self._radio_hangs and heard[1][:1] in _OF_CARDS):
                self._reply(*self._answer(*heard))
        self._kept = self._kept[-len(_START) + 1 :]

    def _heard(self, size: bytes, body: bytes) -> tuple[bytes, bytes]:
        """What reaches the module of one frame, behind its start."""
        match self._mishearings.pop(0) if self._mishearings else Mishearing.NONE:
            case Mishearing.BIT_TURNED:
                return size, body[:1] + bytes([body[1] ^ 0x20]) + body[2:]
            case Mishearing.BITS_TURNED_IN_STEP:
                turned = bytes([body[0] ^ 0x04])
                return size, turned + body[1:-1] + bytes([body[-1] ^ 0x04])
            case Mishearing.LENGTH_TURNED:  # the byte too many is passed over
                return bytes([size[0], size[1] ^ 0x01]), body[:-1]
            case Mishearing.NONE:
                return size, body

    def _answer(self, counted_size: bytes, body: bytes) -> tuple[int, bytes]:
        if len(body) < 3:
            return 0x11, b""
        check = 0
        for byte in counted_size + body:
            check ^= byte
        if check != 0:  # the checksum cancels itself out
            return 0x10, b""
        commands: Mapping[bytes, Callable[[], tuple[int, bytes]]] = {
            b"\x10\xff": self._reset,
            b"\x11\xff": self._status,
            b"\x12\xff": lambda: (0x90, _MODULE_ID),
            b"\x20\x01": self._find,
            b"\x20\x02": self._select,
            b"\x30\x01": lambda: self._read(with_fingerprints=False),
            b"\x30\x10": lambda: self._read(with_fingerprints=True),
            b"\x30\x03": self._read_appended_address,
        }
        if body[0] == 0x60 and body[1] < len(_SPEEDS) and len(body) == 3:
            self._next_baud = _SPEEDS[body[1]]
            return 0x90, b""
        command = commands.get(body[:2])
        if command is None or len(body) != 3:
            return 0x21, b""
        with self._changed:
            return command()

    def _reset(self) -> tuple[int, bytes]:
        self._step, self._was_read, self._radio_hangs = "nothing", False, False
        if self._is_mended_by_reset:
            self._ailment = Ailment.NONE
        return self._status()

    def _status(self) -> tuple[int, bytes]:
        return self._ailment.value, b""

    def _find(self) -> tuple[int, bytes]:
        if self._ailment is not Ailment.NONE:
            return self._ailment.value, b""
        if self._card is None or self._was_read:
            return 0x80, b""
        self._step = "found"
        return 0x9F, bytes(4)

    def _select(self) -> tuple[int, bytes]:
        if (
            self._card is None
            or self._step != "found"
            or self._second_card
            or self._worn is Worn.SELECT_FAILS
        ):
            self._step = "nothing"
            return 0x81, b""
        self._step = "selected"
        return 0x90, bytes(8)

    def _read(self, *, with_fingerprints: bool) -> tuple[int, bytes]:
        if self._card is None or self._step != "selected":
            return 0x41, b""
        card = self._card
        self._is_reading = True
        self._changed.notify_all()
        broken_off = self._changed.wait_for(
            lambda: self._card is not card or self._is_cut, self._radio_s
        )
        self._is_reading = False
        if broken_off:
            return 0x41, b""
        if self._worn is not None:
            self._step = "nothing"
            return self._worn.value, b""
        self._step, self._was_read = "nothing", True
        blocks = [card.text, card.photo]
        if with_fingerprints:
            blocks.append(card.fingerprints)
        sizes = b"".join(len(block).to_bytes(2, "big") for block in blocks)  # 1.4
        return 0x90, sizes + b"".join(blocks)

    def _read_appended_address(self) -> tuple[int, bytes]:
        if self._card is None or not (self._step == "selected" or self._was_read):
            return 0x41, b""
        if self._card.appended_address is None:
            return 0x91, b""
        return 0x90, self._card.appended_address

    def _reply(self, status: int, data: bytes) -> None:
        body = bytes([0, 0, status]) + data
        counted = (len(body) + 1).to_bytes(2, "big") + body
        check = 0
        for byte in counted:
            check ^= byte
        frame = _START + counted + bytes([check])
        match self._disturbances.pop(0) if self._disturbances else None:
            case Disturbance.BYTE_FLIPPED:
                frame = frame[:-2] + bytes([frame[-2] ^ 0x04]) + frame[-1:]
            case Disturbance.CUT_SHORT:
                frame = frame[: len(frame) // 2]
            case Disturbance.NOISE_BEFORE:
                frame = b"\x00\xff\xaa\xaa\xaa\x96\x69\x7f" + frame
            case Disturbance.SWALLOWED:
                frame = b""
            case Disturbance.LATE:
                self._late += frame
                return
            case None:
                pass
        self._send(frame)

    def _send(self, frame: bytes) -> None:
        """Send, with what is late before it, and do what was to be done after it."""
        late, self._late = self._late, b""
        if self._next_baud != self._baud and self._answers_at_new_speed:
            self._set_baud(self._next_baud)
        if self._line.baud != self._baud:
            frame = bytes(byte ^ 0x5A for byte in frame)
        if late:
            self._line.send(late)
        self._line.send(frame)
        if self._next_baud != self._baud:
            self._set_baud(self._next_baud)
        if self._taken_after:
            self._taken_after -= 1
            if not self._taken_after:
                self.take()
