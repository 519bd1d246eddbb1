"""HTTP as a printer listens to it (RFC 8010, 4), at a socket in the file system.

Which printer is meant, the question says (RFC 8011, 4.1.5); the path of HTTP is nobody's.
"""

from collections.abc import Callable
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingUnixStreamServer
from threading import Thread
from typing import Any

_MEDIA_TYPE = "application/ipp"
_LOOK_S = 0.01
"""How soon it notices that it shall end."""


class IppDoor:
    """Hands every question to `answer`, in a thread a connection, until it is closed."""

    def __init__(self, socket: Path, answer: Callable[[bytes], bytes]) -> None:
        socket.unlink(missing_ok=True)
        self._socket = socket
        self._server = _Server(str(socket), partial(_Listener, answer))
        self._thread = Thread(
            target=self._server.serve_forever, args=(_LOOK_S,), name="ipp-door", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Take no more connections; those that are open end with their question."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._socket.unlink(missing_ok=True)


class _Server(ThreadingUnixStreamServer):
    daemon_threads = True
    block_on_close = False


class _Listener(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    """It also says "100 Continue" to who asks for it, as CUPS does."""

    def __init__(self, answer: Callable[[bytes], bytes], *connection: Any) -> None:
        self._answer = answer
        super().__init__(*connection)  # which listens until the connection ends

    def do_POST(self) -> None:
        question = self._chunks() if "Transfer-Encoding" in self.headers else self._whole()
        if self.headers.get("Content-Type") != _MEDIA_TYPE:
            self.send_error(415)
            return
        answer = self._answer(question)
        self.send_response(200)
        self.send_header("Content-Type", _MEDIA_TYPE)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def _whole(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", "0")))

    def _chunks(self) -> bytes:
        """RFC 9112, 7.1: a size in hexadecimal digits, so many bytes, until a size of nothing."""
        whole = b""
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            whole += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return whole

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  its own word
        del format, args
