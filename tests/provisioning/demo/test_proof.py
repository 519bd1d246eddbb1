"""What the demo takes for proof that a receipt is good."""

import io
import threading
from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import segno

from provisioning.demo.__main__ import prove
from provisioning.demo.fingers import Lost
from provisioning.demo.gallery import codes_on


class _Server(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        known = self.path == "/v/known"
        self.send_response(HTTPStatus.OK if known else HTTPStatus.NOT_FOUND)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on the terminal."""


@pytest.fixture
def address() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Server) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        serving.join()


def picture_of(text: str) -> bytes:
    png = io.BytesIO()
    segno.make_qr(text).save(png, kind="png", scale=6)
    return png.getvalue()


def test_a_code_that_the_server_knows_is_proof(address: str) -> None:
    receipt = picture_of(f"{address}/v/known")
    assert codes_on(receipt) == [f"{address}/v/known"]
    prove(receipt, "tax-payment-certificate")


@pytest.mark.parametrize("path", ["/v/unknown", "/somewhere/else"])
def test_a_code_that_leads_nowhere_is_said_in_a_line(address: str, path: str) -> None:
    with pytest.raises(Lost, match="tax-payment-certificate"):
        prove(picture_of(f"{address}{path}"), "tax-payment-certificate")


def test_a_server_that_is_gone_is_said_in_a_line() -> None:
    with pytest.raises(Lost, match="leads nowhere"):
        prove(picture_of("http://127.0.0.1:9/v/known"), "tax-payment-certificate")
