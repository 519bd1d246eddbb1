"""The cable of an emulated serial device: what every one of them has, whatever it says."""

from typing import Protocol, Self

from device_drivers.emulation.wire_fault import Disturber, WireFault


class Wire(Protocol):
    """The line an emulated device hangs on; `PtyLine` is one."""

    bytes_per_s: float | None
    """Its pace in both directions; None for no pace."""
    disturber: Disturber
    """What is wrong with it."""

    @property
    def port(self) -> str:
        """What stands in a configuration to reach its near end."""

    @property
    def baud(self) -> int:
        """The speed set at the near end; 0 while unplugged."""

    @property
    def is_plugged(self) -> bool:
        """Is it plugged in?"""

    def plug(self) -> None:
        """Plug it in; nothing happens when it is."""

    def unplug(self) -> None:
        """Pull it; nothing happens when it is out."""

    def send(self, data: bytes) -> None:
        """Send to the near end; lost where nobody listens."""

    def close(self) -> None:
        """Pull it for good. Safe to call twice."""


class SerialEmulator:
    """A device at the end of `line`, unplugged at first; all from any thread.

    Whoever plugs it in must `close` it; as a context manager it is plugged in meanwhile.
    """

    def __init__(self, line: Wire) -> None:
        self._line = line

    def __enter__(self) -> Self:
        self.plug()
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @property
    def port(self) -> str:
        """What stands in a configuration to reach this device."""
        return self._line.port

    @property
    def is_plugged(self) -> bool:
        """Is the cable in?"""
        return self._line.is_plugged

    @property
    def fault(self) -> WireFault:
        """What is wrong with the wire now."""
        return self._line.disturber.fault

    def disturb_wire(self, fault: WireFault) -> None:
        """Let this be wrong with the wire from now on."""
        self._line.disturber.set(fault)

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
