"""A TCP line between the agent and its peer that can go bad (`FLEET.md` section 8, row 6)."""

import contextlib
import socket
import struct
import threading
from typing import Literal

Mode = Literal["good", "black_hole", "reset", "one_way", "slow"]


class BadLine:
    """Forwards 127.0.0.1:`port` to another port, as well as its `mode` lets it."""

    def __init__(self, target_port: int) -> None:
        self.mode: Mode = "good"
        self._target_port = target_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.1)
        self.port: int = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def reset(self) -> None:
        """End every connection with RST, in the middle of whatever it was saying."""
        for line in self._open:
            with contextlib.suppress(OSError):
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            line.close()
        self._open.clear()

    def stop(self) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()
        for line in self._open:
            line.close()
        self._listener.close()

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                near, _ = self._listener.accept()
            except TimeoutError:
                continue
            far = socket.create_connection(("127.0.0.1", self._target_port))
            self._open += [near, far]
            for source, sink, is_up in ((near, far, True), (far, near, False)):
                thread = threading.Thread(target=self._forward, args=(source, sink, is_up))
                thread.start()
                self._threads.append(thread)

    def _forward(self, source: socket.socket, sink: socket.socket, is_up: bool) -> None:
        with contextlib.suppress(OSError):
            source.settimeout(0.1)
            while not self._stopping.is_set():
                try:
                    data = source.recv(65_536)
                except TimeoutError:
                    continue
                if not data:
                    break
                if not self._swallows(is_up):
                    self._send(sink, data)
            sink.shutdown(socket.SHUT_WR)

    def _swallows(self, is_up: bool) -> bool:
        return self.mode == "black_hole" or (self.mode == "one_way" and not is_up)

    def _send(self, sink: socket.socket, data: bytes) -> None:
        step = 200 if self.mode == "slow" else len(data)
        for at in range(0, len(data), step):
            sink.sendall(data[at : at + step])
            if self.mode == "slow":
                self._stopping.wait(0.02)
