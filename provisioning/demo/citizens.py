"""Scripted citizens: each does one service from the idle page to the receipt in hand.

They see only what is on the screen and use only what stands at the kiosk: fingers, cards, a
paper, a phone with a QR code, and the printer's mouth.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from device_drivers.bench.hand import Hand
from provisioning.demo.fingers import Fingers, Lost, Shown

_PAPER_WITHIN_S: Final = 15.0
"""A receipt of 30 cm or an A4 page needs 2 s; the rest is a busy machine."""

_MOST_PAGES: Final = 60
"""Three times the longest service."""


@dataclass(frozen=True, slots=True)
class Errand:
    """What one citizen comes for and what they bring."""

    name: str
    """Service id."""
    department: str
    """Word on the department's card."""
    service: str
    """Word on the service's row."""
    id_card: str = ""
    social_security_card: str = ""
    code: str = ""
    pages: tuple[str, ...] = ()
    """Of the paper they brought, in the order they lay them down."""
    digits: str = ""
    answer: str = ""
    """Word on the option they choose where one is offered; else the first of each list."""


ERRANDS: Final = (
    Errand(
        "police-no-criminal-record",
        "公安",
        "无犯罪记录",
        id_card="zhang-mingyuan",
        pages=("employer_letter", "application_form"),
        digits="13905330018",
        answer="求职",
    ),
    Errand("real-estate-registration-result", "不动产", "不动产", id_card="zhang-mingyuan"),
    Errand("tax-payment-certificate", "税务", "完税", code="TAX1:370321:20261100042317"),
    Errand(
        "social-insurance-participation",
        "社会保障",
        "参保",
        social_security_card="zhang-mingyuan",
    ),
)


class Citizen:
    """One person on one errand."""

    def __init__(
        self,
        errand: Errand,
        fingers: Fingers,
        hand: Hand,
        *,
        on_page: Callable[[Shown], None] = lambda _shown: None,
    ) -> None:
        self._errand = errand
        self._fingers = fingers
        self._hand = hand
        self._on_page = on_page
        self._pages_kept = 0
        self._cards_down: list[Callable[[], None]] = []

    def run(self) -> bytes:
        """Do the whole errand; the receipt or A4 page taken away at the end, as PNG.

        Raises Lost where the screen does not lead to a paper.
        """
        before = len(self._hand.receipts()), len(self._hand.a4_pages())
        try:
            self._reach_end()
        finally:
            self.take_cards()
        return self._take_paper(*before)

    def go_to(self, page: str) -> Shown:
        """From the idle page do what each page asks until `page` is shown. Raises Lost."""
        return self.go_on(self._fingers.wait_for("idle", within_s=60), page)

    def go_on(self, shown: Shown, page: str) -> Shown:
        """From the page shown do what each asks until `page` is shown. Raises Lost."""
        for _ in range(_MOST_PAGES):
            if shown.page == page:
                return shown
            self._on_page(shown)
            self._act(shown)
            shown = self._next_page(shown)
        raise Lost(f"{self._errand.name}: no {page} after {_MOST_PAGES} pages")

    def take_cards(self) -> None:
        """Take back what was laid down."""
        while self._cards_down:
            self._cards_down.pop()()

    def _reach_end(self) -> None:
        shown = self._fingers.wait_for("idle", within_s=60)
        for _ in range(_MOST_PAGES):
            self._on_page(shown)
            self._act(shown)
            shown = self._next_page(shown)
            if shown.page == "idle":
                return
        raise Lost(f"{self._errand.name}: no end after {_MOST_PAGES} pages")

    def _next_page(self, before: Shown) -> Shown:
        """Wait for another page, or for the same kind of page with other answers on it."""
        return self._fingers.wait_until(
            lambda shown: (
                shown.page != before.page
                or (shown.page == "choice" and shown.buttons != before.buttons)
            ),
            f"a page after “{before.page}”",
        )

    def leave(self) -> None:
        """Give up: end the session so that the next citizen finds the idle page."""
        with suppress(Lost):
            self._fingers.press("Quit", within_s=3)

    def _act(self, shown: Shown) -> None:
        """Do what this page asks for."""
        actions: dict[str, Callable[[Shown], None]] = {
            "idle": lambda _s: self._fingers.press("Begin"),
            "home": lambda _s: self._fingers.press(
                "DepartmentChosen", label=self._errand.department
            ),
            "service_list": lambda _s: self._fingers.press(
                "ServiceChosen", label=self._errand.service
            ),
            "guide": lambda _s: self._fingers.press("Continue"),
            "device": self._give,
            "choice": self._answer,
            "digits": lambda _s: self._type(),
            "camera": lambda _s: self._lay_paper(),
            "page_review": self._keep_page,
            "pages": lambda _s: self._fingers.press("KeepPage"),
            "check": lambda _s: self._fingers.press("Continue"),
            "sign": self._sign,
            "working": lambda _s: None,
            "result": lambda _s: self._finish(),
            "rating": lambda _s: self._fingers.press("Rated", index=0),
        }
        if shown.page not in actions:
            raise Lost(f"{self._errand.name}: the screen shows “{shown.page}”")
        actions[shown.page](shown)

    def _give(self, _shown: Shown) -> None:
        """Lay the card, insert the card, or hold up the phone."""
        if self._errand.code:
            self._hand.show_code(self._errand.code)
        elif self._errand.social_security_card:
            self._hand.insert_social_security_card(self._errand.social_security_card)
            self._cards_down.append(self._hand.remove_social_security_card)
        elif not self._cards_down:
            self._hand.lay_id_card(self._errand.id_card)
            self._cards_down.append(self._hand.take_id_card)

    def _answer(self, shown: Shown) -> None:
        answer = self._errand.answer
        is_offered = any(answer in button.label for button in shown.buttons)
        self._fingers.press("Answered", label=answer if is_offered else "")

    def _type(self) -> None:
        for digit in self._errand.digits:
            self._fingers.press(f"pad:digit{digit}")
        self._fingers.press("pad:submit_digits")

    def _lay_paper(self) -> None:
        """The next page of what they brought."""
        self._hand.put_paper(self._errand.pages[self._pages_kept])

    def _keep_page(self, _shown: Shown) -> None:
        self._hand.take_paper()
        self._pages_kept += 1
        is_last = self._pages_kept == len(self._errand.pages)
        self._fingers.press("KeepPage" if is_last else "AddPage")

    def _sign(self, shown: Shown) -> None:
        if shown.signature is None:
            raise Lost("no signature pad on the signing page")
        self._fingers.sign(shown.signature)
        self._fingers.press("pad:submit_ink")

    def _finish(self) -> None:
        """Take the card back, as the page says, and go."""
        self.take_cards()
        self._fingers.press("Continue")

    def _take_paper(self, receipts_before: int, pages_before: int) -> bytes:
        deadline = time.monotonic() + _PAPER_WITHIN_S
        while time.monotonic() < deadline:
            receipts = self._hand.receipts()
            if len(receipts) > receipts_before:
                self._hand.tear_off()
                return receipts[-1]
            pages = self._hand.a4_pages()
            if len(pages) > pages_before:
                self._hand.act("document_printer", "take")
                return pages[-1]
            time.sleep(0.1)
        raise Lost(f"{self._errand.name}: no paper came out")
