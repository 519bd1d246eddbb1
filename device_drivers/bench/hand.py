"""A hand at the bench for scripts: what a citizen, or a technician, does to the devices."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Self
from urllib.error import HTTPError
from urllib.request import Request, urlopen

ANSWER_LIMIT_S = 35.0
"""The bench gives an action 30 s."""


class HandRefused(Exception):
    """The bench did not do it; `code` is its word for why, such as `unknown_name`."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(f"{code}: {message}")


class Hand:
    """One hand. Names of cards, codes and papers are those of `catalogue()`.

    Each method returns when the thing is done; it raises HandRefused when the bench does not do
    it, and OSError when the bench is gone.
    """

    def __init__(self, page: str) -> None:
        self._page = page.rstrip("/")

    @classmethod
    def from_port_file(cls, path: Path) -> Self:
        """The hand at the bench that wrote this port file. Raises OSError, ValueError."""
        match json.loads(path.read_text("utf-8")):
            case {"page": str(page)}:
                return cls(page)
        raise ValueError(f"{path}: no port file")

    def state(self) -> Mapping[str, Mapping[str, object]]:
        """What there is to see at each device, by its kind."""
        state: Mapping[str, Mapping[str, object]] = json.loads(self._get("/api/state"))
        return state

    def catalogue(self) -> Mapping[str, object]:
        """What lies ready: `id_cards`, `social_security_cards`, `codes`, `papers`."""
        catalogue: Mapping[str, object] = json.loads(self._get("/api/catalogue"))
        return catalogue

    def lay_id_card(self, name: str) -> None:
        """Lay an ID card on the reader, in place of any other."""
        self.act("id_card_reader", "lay", card=name)

    def take_id_card(self) -> None:
        """Take the ID card away."""
        self.act("id_card_reader", "take")

    def insert_social_security_card(self, name: str) -> None:
        """Put a card in; `bank-card` and `upside-down` are cards nobody can serve."""
        self.act("social_security_card", "insert", card=name)

    def remove_social_security_card(self) -> None:
        """Take the card out."""
        self.act("social_security_card", "remove")

    def stop_card_service(self) -> None:
        """Stop pcscd."""
        self.act("social_security_card", "stop_service")

    def start_card_service(self) -> None:
        """Start pcscd again."""
        self.act("social_security_card", "start_service")

    def show_code(self, text: str) -> None:
        """Hold a QR code of this text before the scanner."""
        self.act("qr_scanner", "show", text=text)

    def show_prepared_code(self, name: str) -> None:
        """Hold one of the prepared codes before the scanner."""
        self.act("qr_scanner", "show", code=name)

    def change_scanner(self, language: str) -> None:
        """Put a scanner in place that speaks `line`, `newland`, `ssi`… as the station has them."""
        self.act("qr_scanner", "speak", language=language)

    def put_paper(self, name: str) -> None:
        """Put a paper under the camera, in place of any other."""
        self.act("document_camera", "put", paper=name)

    def take_paper(self) -> None:
        """Leave the desk under the camera empty."""
        self.act("document_camera", "take")

    def tear_off(self) -> None:
        """Take the paper that hangs from the printer."""
        self.act("receipt_printer", "tear_off")

    def out_of_paper(self) -> None:
        """Let the roll be at its end."""
        self.act("receipt_printer", "out_of_paper")

    def near_end_of_paper(self) -> None:
        """Let the roll be nearly at its end."""
        self.act("receipt_printer", "near_end")

    def refill(self) -> None:
        """Put in a new roll."""
        self.act("receipt_printer", "refill")

    def open_cover(self) -> None:
        """Open the printer's cover."""
        self.act("receipt_printer", "open_cover")

    def close_cover(self) -> None:
        """Close it."""
        self.act("receipt_printer", "close_cover")

    def jam_cutter(self) -> None:
        """Block the knife."""
        self.act("receipt_printer", "jam_cutter")

    def free_cutter(self) -> None:
        """Free the knife."""
        self.act("receipt_printer", "free_cutter")

    def a4_pages(self) -> list[bytes]:
        """Every page the document printer has printed as PNG, oldest first."""
        printed = self.state()["document_printer"]["papers"]
        if not isinstance(printed, list):
            raise HandRefused("bad_answer", "the bench lists no papers")
        return [
            self._get(f"/papers/{int(paper['number'])}-{page}.png")
            for paper in printed
            for page in range(1, int(paper["pages"]) + 1)
        ]

    def unplug(self, device: str) -> None:
        """Pull the cable of the device of this kind, such as `qr_scanner`."""
        self.act(device, "unplug")

    def plug(self, device: str) -> None:
        """Put its cable back."""
        self.act(device, "plug")

    def receipts(self) -> list[bytes]:
        """Every receipt printed so far as PNG, oldest first (the last fifty)."""
        printed = self.state()["receipt_printer"]["receipts"]
        if not isinstance(printed, list):
            raise HandRefused("bad_answer", "the bench lists no receipts")
        return [self._get(f"/receipts/{int(receipt['number'])}.png") for receipt in printed]

    def disturb(self, device: str, fault: str) -> None:
        """Let `fault` (`slow`, `noisy`, `silent`, `wrong`, `none`) be wrong with a device."""
        self.act(device, "disturb", fault=fault)

    def act(self, device: str, action: str, **body: str) -> Mapping[str, object]:
        """Do one thing by its words; what there is to see at the device afterwards."""
        request = Request(
            f"{self._page}/api/{device}/{action}",
            json.dumps(body).encode("utf-8"),
            {"Content-Type": "application/json"},
        )
        state: Mapping[str, object] = json.loads(self._fetch(request))["state"]
        return state

    def _get(self, path: str) -> bytes:
        return self._fetch(Request(self._page + path))

    @staticmethod
    def _fetch(request: Request) -> bytes:
        try:
            with urlopen(request, timeout=ANSWER_LIMIT_S) as answer:
                data: bytes = answer.read()
                return data
        except HTTPError as error:
            with error:
                refusal = json.loads(error.read())
            raise HandRefused(refusal["code"], refusal["error"]) from None
