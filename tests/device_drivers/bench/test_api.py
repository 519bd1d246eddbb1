"""What the API answers to requests that make no sense, or come from elsewhere."""

import http.client
import json
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from device_drivers.bench.hand import Hand, HandRefused
from device_drivers.document_camera.emulator import DocumentCameraEmulator
from tests.device_drivers.bench.running_bench import RunningBench

pytestmark = pytest.mark.slow

JSON = {"Content-Type": "application/json"}
README = Path(__file__).parents[3] / "device_drivers" / "README.md"
ROW = re.compile(r"^\| `(?P<device>[a-z_]+)` \| (?P<actions>`.*`) \|$", re.MULTILINE)


def told(text: str) -> Mapping[str, list[str]]:
    """The actions of each device in the README's table, without what is said to them."""
    table = text.partition("| `DEVICE` | `ACTION` |")[2].partition("\n\n")[0]
    return {
        row["device"]: sorted(set(re.findall(r"`([a-z_]+)[^`]*`", row["actions"])))
        for row in ROW.finditer(table)
    }


def ask(
    bench: RunningBench,
    path: str,
    body: str | None = None,
    headers: dict[str, str] | None = None,
) -> tuple[int, dict[str, object]]:
    connection = http.client.HTTPConnection(urlsplit(bench.ports["page"]).netloc, timeout=10)
    try:
        connection.request(
            "GET" if body is None else "POST", path, body, headers if headers is not None else JSON
        )
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/api/fridge/open", "{}", 404, "no_such_action"),
        ("/api/id_card_reader/eat", "{}", 404, "no_such_action"),
        ("/api/id_card_reader/lay", '{"card": "nobody"}', 400, "unknown_name"),
        ("/api/id_card_reader/lay", "{}", 400, "unknown_name"),
        ("/api/id_card_reader/lay", '{"card": ["zhang-mingyuan"]}', 400, "unknown_name"),
        ("/api/id_card_reader/lay", "{card", 400, "bad_json"),
        ("/api/id_card_reader/lay", "[]", 400, "bad_json"),
        ("/api/document_camera/put", '{"paper": "../../etc/passwd"}', 400, "unknown_name"),
        ("/api/qr_scanner/show", '{"text": ""}', 400, "bad_text"),
        ("/api/qr_scanner/show", '{"text": "two\\nlines"}', 400, "bad_text"),
        ("/api/qr_scanner/show", json.dumps({"text": "税" * 1000}), 400, "text_too_long"),
        ("/api/qr_scanner/show", json.dumps({"text": "1" * 70_000}), 413, "too_long"),
        ("/somewhere", "{}", 404, "no_such_page"),
        ("/somewhere", None, 404, "no_such_page"),
        ("/receipts/99.png", None, 404, "no_such_receipt"),
        ("/receipts/..%2F.png", None, 404, "no_such_receipt"),
        ("/papers/99-1.png", None, 404, "no_such_paper"),
        ("/papers/..%2F-1.png", None, 404, "no_such_paper"),
        ("/papers/1.png", None, 404, "no_such_paper"),
        ("/code.svg", None, 400, "bad_text"),
    ],
)
def test_refuses_with_a_status_and_a_code(
    bench: RunningBench, path: str, body: str | None, status: int, code: str
) -> None:
    answered, refusal = ask(bench, path, body)
    assert (answered, refusal["code"]) == (status, code)
    assert refusal["error"]


def test_refuses_a_form_another_site_could_send(bench: RunningBench) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert ask(bench, "/api/id_card_reader/take", "a=b", form)[0] == 415


def test_refuses_a_name_another_site_could_have_pointed_at_us(bench: RunningBench) -> None:
    status, refusal = ask(bench, "/api/state", headers={"Host": "evil.example:80"})
    assert (status, refusal["code"]) == (403, "foreign_host")
    assert ask(bench, "/api/state", headers={"Host": "localhost:1"})[0] == 200


def test_takes_one_card_at_a_time(bench: RunningBench) -> None:
    bench.hand.insert_social_security_card("zhang-mingyuan")
    with pytest.raises(HandRefused) as refused:
        bench.hand.insert_social_security_card("wang-yating")
    assert refused.value.code == "slot_taken"
    assert bench.hand.state()["social_security_card"]["card"] == "zhang-mingyuan"
    bench.hand.remove_social_security_card()


def test_answers_an_action_with_the_new_state(bench: RunningBench) -> None:
    status, answer = ask(bench, "/api/id_card_reader/lay", '{"card": "zhang-mingyuan"}')
    assert status == 200
    assert answer["state"] == {
        "port": bench.ports["id_card_reader"],
        "plugged": True,
        "fault": "none",
        "card": "zhang-mingyuan",
    }
    bench.hand.take_id_card()


def test_offers_what_lies_ready(bench: RunningBench) -> None:
    catalogue = bench.hand.catalogue()
    assert catalogue["papers"] == list(DocumentCameraEmulator.PAPERS)
    assert {"id_cards", "social_security_cards", "codes", "actions"} <= catalogue.keys()


def test_the_readme_names_every_action_of_every_device(bench: RunningBench) -> None:
    assert told(README.read_text("utf-8")) == bench.hand.catalogue()["actions"]


def test_an_action_nobody_wrote_down_would_be_seen() -> None:
    table = "| `DEVICE` | `ACTION` |\n|---|---|\n| `cabinet` | `come` `lay card=…` · `go` |\n\nEnd"
    assert told(table) == {"cabinet": ["come", "go", "lay"]}


def test_says_so_when_the_bench_is_gone() -> None:
    with pytest.raises(OSError, match="refused"):
        Hand("http://127.0.0.1:9/").state()
