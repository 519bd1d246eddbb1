"""The bytes a printer has got and not yet understood, and where in the stream they stand."""


class NeedMore(Exception):
    """The command goes on beyond the bytes that have come."""


class Cursor:
    """Reads forward through one command at a time.

    `begin` marks a command's first byte; `taken` is what was read of it so far; `back` unreads to
    the mark. Bytes of finished commands are let go at the next `append`.
    """

    def __init__(self) -> None:
        self._buffer = b""
        self._start = 0
        self._at = 0
        self._dropped = 0

    def append(self, data: bytes) -> None:
        """More has come."""
        self._dropped += self._start
        self._buffer = self._buffer[self._start :] + data
        self._at -= self._start
        self._start = 0

    @property
    def has_more(self) -> bool:
        """Is there a byte that was not read?"""
        return self._at < len(self._buffer)

    @property
    def offset(self) -> int:
        """Where the command under way begins, counted from the stream's first byte."""
        return self._dropped + self._start

    @property
    def taken(self) -> bytes:
        """The bytes of the command under way that were read."""
        return self._buffer[self._start : self._at]

    @property
    def place(self) -> int:
        """Where reading stands, for `back`."""
        return self._at

    def begin(self) -> None:
        """A command begins with the next byte."""
        self._start = self._at

    def back(self, place: int | None = None) -> None:
        """Unread: to the command's first byte, or to `place`."""
        self._at = self._start if place is None else place

    def rest(self) -> bytes:
        """Read all there is."""
        return self.take(len(self._buffer) - self._at)

    def peek(self) -> int:
        """The next byte, not read. Raises NeedMore."""
        if not self.has_more:
            raise NeedMore
        return self._buffer[self._at]

    def byte(self) -> int:
        """The next byte. Raises NeedMore."""
        value = self.peek()
        self._at += 1
        return value

    def take(self, count: int) -> bytes:
        """The next `count` bytes. Raises NeedMore."""
        if self._at + count > len(self._buffer):
            raise NeedMore
        self._at += count
        return self._buffer[self._at - count : self._at]

    def word(self) -> int:
        """Two bytes, the low one first. Raises NeedMore."""
        return int.from_bytes(self.take(2), "little")

    def until_nul(self, at_most: int) -> bytes | None:
        """The bytes before a NUL, which is read too; None where `at_most` bytes hold none."""
        end = self._buffer.find(b"\0", self._at, self._at + at_most + 1)
        if end < 0:
            if len(self._buffer) - self._at > at_most:
                self._at += at_most
                return None
            raise NeedMore
        found = self._buffer[self._at : end]
        self._at = end + 1
        return found
