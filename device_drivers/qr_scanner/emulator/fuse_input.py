"""An input device as the kernel would show it, without `uinput`: a file served over FUSE.

Run as a process of its own, since who reads an input device holds Python's lock meanwhile:
`python -m device_drivers.qr_scanner.emulator.fuse_input FILE` mounts on FILE, says `ready`, and
takes commands on its standard input, a line each. A JSON list of `[type, code, value, at_s]` is
handed out as events; `"status"` is answered with the number of openers and whether one has grabbed
it; the end of input unplugs it. Written from linux/fuse.h (protocol 7.31) and linux/input.h.
"""

import contextlib
import ctypes
import errno
import json
import os
import select
import struct
import sys
from collections import deque
from collections.abc import Callable
from pathlib import Path

_LIBC = "libc.so.6"
_MS_NOSUID, _MS_NODEV, _MNT_DETACH = 2, 4, 2
_S_IFREG = 0o100000
_MOST_BYTES = 1 << 17

# linux/fuse.h, enum fuse_opcode
_FORGET, _GETATTR, _SETATTR, _OPEN, _READ, _RELEASE, _FLUSH, _INIT = 2, 3, 4, 14, 15, 18, 25, 26
_INTERRUPT, _DESTROY, _IOCTL, _POLL, _BATCH_FORGET = 36, 38, 39, 40, 42
_NOTIFY_POLL = 1
_DIRECT_IO, _NONSEEKABLE, _STREAM = 1 << 0, 1 << 2, 1 << 4
_SCHEDULE_NOTIFY = 1
_POLLIN, _POLLERR, _POLLHUP = 0x01, 0x08, 0x10

_EVENT = struct.Struct("<qqHHi")

# linux/input.h: the ioctls by number; their sizes vary
_EVIOCGVERSION, _EVIOCGID, _EVIOCGREP, _EVIOCGNAME, _EVIOCGBIT, _EVIOCGRAB = (
    0x01, 0x02, 0x03, 0x06, 0x20, 0x90,
)  # fmt: skip
_BUS_USB, _VENDOR, _PRODUCT = 3, 0x1EAB, 0x0003
_NAME = b"Emulated Barcode Scanner\0"
_KEYS = range(1, 128)


def _bits(numbers: "range | tuple[int, ...]") -> bytes:
    return sum(1 << number for number in numbers).to_bytes(96, "little")


class FuseInput:
    """Serves one file. All in one thread."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._libc = ctypes.CDLL(_LIBC, use_errno=True)
        self._fuse = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
        self._queues: dict[int, deque[bytes]] = {}
        """Events by opener."""
        self._waiting: dict[int, int] = {}
        """Who wants to hear of events: opener → kernel's handle."""
        self._blocked: dict[int, tuple[int, int]] = {}
        """Readers asleep: opener → request and size."""
        self._grabber: int | None = None
        self._openers = 0
        self._answers: dict[int, Callable[[bytes, int, int], None]] = {
            _INIT: self._init,
            _GETATTR: self._attributes,
            _SETATTR: self._attributes,
            _OPEN: self._open,
            _READ: self._read,
            _IOCTL: self._ioctl,
            _POLL: self._poll,
            _RELEASE: self._release,
            _FLUSH: lambda body, unique, _: self._reply(unique),
            _INTERRUPT: self._interrupt,
            _FORGET: lambda *_: None,
            _BATCH_FORGET: lambda *_: None,
        }

    def mount(self) -> None:
        """Put it in the place of the target, a file. Raises OSError."""
        options = f"fd={self._fuse},rootmode={_S_IFREG | 0o600:o},user_id=0,group_id=0,allow_other"
        done = self._libc.mount(
            b"input", bytes(self._target), b"fuse", _MS_NOSUID | _MS_NODEV, options.encode()
        )
        if done != 0:
            raise OSError(ctypes.get_errno(), "mount")

    def unplug(self) -> None:
        """Whoever has it open sees it gone, as with a cable pulled."""
        self._libc.umount2(bytes(self._target), _MNT_DETACH)
        os.close(self._fuse)

    def serve(self) -> None:
        """Until standard input ends."""
        poll = select.poll()
        poll.register(self._fuse, select.POLLIN)
        poll.register(0, select.POLLIN)
        said = b""
        while True:
            ready = dict(poll.poll())
            if self._fuse in ready and not self._request():
                return
            if 0 in ready:
                came = os.read(0, 1 << 16)
                if not came:
                    return
                *lines, said = (said + came).split(b"\n")
                for line in lines:
                    self._obey(line)

    def _obey(self, line: bytes) -> None:
        command = json.loads(line)
        if command == "status":
            state = {"openers": self._openers, "grabbed": self._grabber is not None}
            sys.stdout.write(json.dumps(state) + "\n")
            sys.stdout.flush()
            return
        for kind, code, value, at_s in command:
            event = _EVENT.pack(int(at_s), int(at_s % 1 * 1e6), kind, code, value)
            for opener, queue in self._queues.items():
                if self._grabber in {None, opener}:
                    queue.append(event)
        for opener in list(self._queues):
            self._wake(opener)

    def _wake(self, opener: int) -> None:
        if not self._queues[opener]:
            return
        if opener in self._blocked:
            unique, size = self._blocked.pop(opener)
            self._hand_out(unique, opener, size)
        handle = self._waiting.pop(opener, None)
        if handle is not None:
            notice = struct.pack("<IiQQ", 24, _NOTIFY_POLL, 0, handle)
            with contextlib.suppress(OSError):  # the waiter has gone
                os.write(self._fuse, notice)

    def _request(self) -> bool:
        try:
            request = os.read(self._fuse, _MOST_BYTES + 4096)
        except OSError as error:
            return error.errno in {errno.EINTR, errno.EAGAIN, errno.ENOENT}
        _, opcode, unique = struct.unpack_from("<IIQ", request)
        if opcode == _DESTROY:
            return False
        answer = self._answers.get(opcode)
        if answer is None:
            self._refuse(unique, errno.ENOSYS)
        else:
            answer(request[40:], unique, opcode)
        return True

    def _reply(self, unique: int, data: bytes = b"") -> None:
        with contextlib.suppress(FileNotFoundError):  # interrupted meanwhile
            os.write(self._fuse, struct.pack("<IiQ", 16 + len(data), 0, unique) + data)

    def _refuse(self, unique: int, number: int) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.write(self._fuse, struct.pack("<IiQ", 16, -number, unique))

    def _init(self, body: bytes, unique: int, _: int) -> None:
        (readahead,) = struct.unpack_from("<I", body, 8)
        self._reply(
            unique,
            struct.pack("<IIIIHHIIHHI28x", 7, 31, readahead, 0, 16, 12, _MOST_BYTES, 1, 0, 0, 0),
        )

    def _attributes(self, body: bytes, unique: int, _: int) -> None:
        del body
        attributes = struct.pack(
            "<QQQQQQIIIIIIIIII", 1, 0, 0, 0, 0, 0, 0, 0, 0, _S_IFREG | 0o600, 1, 0, 0, 0, 4096, 0
        )
        self._reply(unique, struct.pack("<QII", 60, 0, 0) + attributes)

    def _open(self, body: bytes, unique: int, _: int) -> None:
        del body
        opener = unique
        self._queues[opener] = deque()
        self._openers += 1
        self._reply(unique, struct.pack("<QIi", opener, _DIRECT_IO | _NONSEEKABLE | _STREAM, 0))

    def _read(self, body: bytes, unique: int, _: int) -> None:
        opener, _offset, size, _read_flags, _owner, flags = struct.unpack_from("<QQIIQI", body)
        if size < _EVENT.size:
            self._refuse(unique, errno.EINVAL)
        elif self._queues[opener]:
            self._hand_out(unique, opener, size)
        elif flags & os.O_NONBLOCK:
            self._refuse(unique, errno.EAGAIN)
        else:
            self._blocked[opener] = (unique, size)

    def _hand_out(self, unique: int, opener: int, size: int) -> None:
        queue = self._queues[opener]
        count = min(len(queue), size // _EVENT.size)
        self._reply(unique, b"".join(queue.popleft() for _ in range(count)))

    def _interrupt(self, body: bytes, unique: int, _: int) -> None:
        del unique
        (interrupted,) = struct.unpack_from("<Q", body)
        for opener, (request, _size) in list(self._blocked.items()):
            if request == interrupted:
                del self._blocked[opener]
                self._refuse(request, errno.EINTR)

    def _poll(self, body: bytes, unique: int, _: int) -> None:
        opener, handle, flags = struct.unpack_from("<QQI", body)
        if flags & _SCHEDULE_NOTIFY:
            self._waiting[opener] = handle
        self._reply(unique, struct.pack("<II", _POLLIN if self._queues[opener] else 0, 0))

    def _release(self, body: bytes, unique: int, _: int) -> None:
        (opener,) = struct.unpack_from("<Q", body)
        self._queues.pop(opener, None)
        self._waiting.pop(opener, None)
        self._openers -= 1
        if self._grabber == opener:
            self._grabber = None
        self._reply(unique)

    def _ioctl(self, body: bytes, unique: int, _: int) -> None:
        opener, _flags, command, _argument, _in_size, size = struct.unpack_from("<QIIQII", body)
        number = command & 0xFF
        if number == _EVIOCGRAB:
            if self._grabber not in {None, opener}:
                self._refuse(unique, errno.EBUSY)
                return
            # FUSE passes what the argument points to; the kernel would look at the pointer itself
            (is_grab,) = struct.unpack_from("<i", body, 32)
            self._grabber = opener if is_grab else None
            self._reply(unique, struct.pack("<iIII", 0, 0, 0, 0))
            return
        found = self._facts(number)
        if found is None:
            self._refuse(unique, errno.EINVAL)
            return
        data = found[:size].ljust(size, b"\0") if number >= _EVIOCGBIT else found[:size]
        self._reply(unique, struct.pack("<iIII", len(data), 0, 0, 0) + data)

    @staticmethod
    def _facts(number: int) -> bytes | None:
        """What the device says of itself."""
        told = {
            _EVIOCGVERSION: struct.pack("<i", 0x010001),
            _EVIOCGID: struct.pack("<HHHH", _BUS_USB, _VENDOR, _PRODUCT, 0x0111),
            _EVIOCGREP: struct.pack("<II", 250, 33),
            _EVIOCGNAME: _NAME,
            _EVIOCGBIT: _bits((0, 1, 4)),  # EV_SYN, EV_KEY, EV_MSC
            _EVIOCGBIT + 1: _bits(_KEYS),
        }
        if number in told:
            return told[number]
        return bytes(96) if _EVIOCGBIT <= number < 0x40 or number in {0x84} else None


def main() -> int:
    """Mount, serve, unplug."""
    node = FuseInput(Path(sys.argv[1]))
    node.mount()
    try:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        node.serve()
    finally:
        node.unplug()
    return 0


if __name__ == "__main__":
    sys.exit(main())
