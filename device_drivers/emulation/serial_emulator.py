"""The cable of an emulated serial device: what every one of them has, whatever it says."""

from typing import Self

from device_drivers.emulation.pty_line import PtyLine


class SerialEmulator:
    """A device at the end of `line`, unplugged at first; all from any thread.

    Whoever plugs it in must `close` it; as a context manager it is plugged in meanwhile.
    """

    def __init__(self, line: PtyLine) -> None:
        self._line = line

    def __enter__(self) -> Self:
        self.plug()
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @property
    def port(self) -> str:
        """What stands in a configuration to reach this device."""
        return f"serial:{self._line.link}"

    @property
    def is_plugged(self) -> bool:
        """Is the cable in?"""
        return self._line.is_plugged

    def plug(self) -> None:
        """Plug the cable in; nothing happens when it is in."""
        self._line.plug()

    def unplug(self) -> None:
        """Pull the cable; nothing happens when it is out."""
        self._line.unplug()

    def close(self) -> None:
        """Pull the cable for good. Safe to call twice."""
        self.unplug()
        self._line.close()
