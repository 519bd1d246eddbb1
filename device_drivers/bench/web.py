"""The bench over HTTP on 127.0.0.1: one page for people, a small JSON API for scripts."""

import asyncio
import io
import json
import logging
import threading
from collections.abc import Callable, Coroutine, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TypeVar
from urllib.parse import parse_qs, urlsplit

import segno

from device_drivers.bench.desk import Desk
from device_drivers.bench.refusal import Refused, text_of
from device_drivers.bench.scanner_station import QR_CAPACITY_BYTES

_log = logging.getLogger(__name__)

PAGE = Path(__file__).with_name("page.html")
SCRIPTS = {name: Path(__file__).with_name(name) for name in ("bench.js", "cabinet.js", "faults.js")}
MAX_BODY_BYTES = 65_536
ACT_LIMIT_S = 30.0
"""The slowest action draws a paper, about a second; a stopped event loop must not hold us."""
OWN_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
"""A page of another site that resolves its name to us says its own name in Host."""

T = TypeVar("T")


class BenchServer:
    """Serves `desk`, which lives in `loop`, from threads of its own until `close`."""

    def __init__(self, desk: Desk, loop: asyncio.AbstractEventLoop, number: int) -> None:
        """Listen at port `number`, 0 for a free one. Raises OSError when it is taken."""
        self._server = _Server(desk, loop, number)
        self._thread = threading.Thread(target=self._server.serve_forever, name="bench-web")

    @property
    def page(self) -> str:
        """The page's address."""
        return f"http://127.0.0.1:{self._server.server_port}/"

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def close(self) -> None:
        """Stop answering; blocks until the listening thread has ended (half a second)."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, desk: Desk, loop: asyncio.AbstractEventLoop, number: int) -> None:
        self.desk = desk
        self._loop = loop
        super().__init__(("127.0.0.1", number), _Handler)

    def ask(self, make: Callable[[], Coroutine[None, None, T]]) -> T:
        """Run something of the desk's in its loop."""
        return asyncio.run_coroutine_threadsafe(make(), self._loop).result(ACT_LIMIT_S)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    server_version = "bench"
    timeout = 20

    def do_GET(self) -> None:
        self._answer(self._get)

    def do_POST(self) -> None:
        self._answer(self._post)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: what scripts do to the bench is seen on the page."""

    def _answer(self, work: Callable[[], None]) -> None:
        try:
            self._refuse_foreign_host()
            work()
        except Refused as refusal:
            self._send_json({"code": refusal.code, "error": str(refusal)}, refusal.status)
        except ConnectionError:
            self.close_connection = True
        except Exception:
            _log.exception("the bench failed at %s", urlsplit(self.path).path)
            fault = {"code": "bench_failed", "error": "see the bench's standard error"}
            self._send_json(fault, HTTPStatus.INTERNAL_SERVER_ERROR)

    def _refuse_foreign_host(self) -> None:
        host = self.headers.get("Host", "").rsplit(":", 1)[0]
        if host not in OWN_NAMES:
            raise Refused(HTTPStatus.FORBIDDEN, "foreign_host", f"no host {host!r} here")

    def _get(self) -> None:
        url = urlsplit(self.path)
        desk = self.server.desk
        match url.path.strip("/").split("/"):
            case [""]:
                self._send(PAGE.read_bytes(), "text/html; charset=utf-8")
            case [name] if name in SCRIPTS:
                self._send(SCRIPTS[name].read_bytes(), "text/javascript; charset=utf-8")
            case ["api", "state"]:
                self._send_json(self.server.ask(lambda: _now(desk.state)))
            case ["api", "catalogue"]:
                self._send_json(desk.catalogue())
            case ["camera.jpg"]:
                self._send(self.server.ask(desk.camera.view), "image/jpeg")
            case ["receipts", name] if name.endswith(".png"):
                self._send(self._receipt(name.removesuffix(".png")), "image/png")
            case ["papers", name] if name.endswith(".png"):
                self._send(self._paper(name.removesuffix(".png")), "image/png")
            case ["code.svg"]:
                texts = {key: values[0] for key, values in parse_qs(url.query).items()}
                self._send(_drawn_code(texts), "image/svg+xml")
            case _:
                raise Refused(HTTPStatus.NOT_FOUND, "no_such_page", f"no {url.path} here")

    def _post(self) -> None:
        match urlsplit(self.path).path.strip("/").split("/"):
            case ["api", device, action]:
                body = self._body()
                self.server.ask(lambda: self.server.desk.act(device, action, body))
                state = self.server.ask(lambda: _now(self.server.desk.state))
                self._send_json({"done": f"{device}/{action}", "state": state[device]})
            case _:
                raise Refused(HTTPStatus.NOT_FOUND, "no_such_page", f"no {self.path} to post to")

    def _body(self) -> Mapping[str, object]:
        # a form of another site cannot set this type without asking first (CORS)
        if self.headers.get_content_type() != "application/json":
            raise Refused(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "not_json", "send application/json, please"
            )
        length = self.headers.get("Content-Length", "")
        if not length.isdigit():
            raise Refused(HTTPStatus.LENGTH_REQUIRED, "no_length", "Content-Length is missing")
        if int(length) > MAX_BODY_BYTES:
            raise Refused(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_long", f"at most {MAX_BODY_BYTES} bytes"
            )
        try:
            body = json.loads(self.rfile.read(int(length)) or b"{}")
        except ValueError as error:
            raise Refused(HTTPStatus.BAD_REQUEST, "bad_json", f"not JSON: {error}") from error
        if not isinstance(body, dict):
            raise Refused(HTTPStatus.BAD_REQUEST, "bad_json", "the body must be a JSON object")
        return body

    def _receipt(self, name: str) -> bytes:
        receipts = self.server.ask(lambda: _now(self.server.desk.printer.receipts))
        if not name.isdigit() or int(name) not in receipts:
            raise Refused(HTTPStatus.NOT_FOUND, "no_such_receipt", "no such receipt is kept")
        return receipts[int(name)].png

    def _paper(self, name: str) -> bytes:
        number, _, page = name.partition("-")
        if not (number.isdecimal() and page.isdecimal()):
            raise Refused(HTTPStatus.NOT_FOUND, "no_such_paper", "no such paper is kept")
        return self.server.desk.document_printer.page(int(number), int(page))

    def _send_json(self, value: Mapping[str, object], status: HTTPStatus = HTTPStatus.OK) -> None:
        data = json.dumps(value, ensure_ascii=False).encode("utf-8")
        self._send(data, "application/json; charset=utf-8", status)

    def _send(self, data: bytes, kind: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(data)


async def _now(look: Callable[[], T]) -> T:
    return look()


def _drawn_code(query: Mapping[str, object]) -> bytes:
    drawn = io.BytesIO()
    text = text_of(query, "text", max_bytes=QR_CAPACITY_BYTES)
    segno.make_qr(text, error="l").save(drawn, kind="svg", scale=4, border=2)
    return drawn.getvalue()
