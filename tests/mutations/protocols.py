"""The modules that hold a protocol's constants, and who knows whether they are right."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tests.mutations.mutants import Mutant, mutants_of

DRIVERS = Path(__file__).parents[2] / "device_drivers"


class Contract(NamedTuple):
    """The promises of a device, kept over an emulator that was written from the document."""

    modules: tuple[str, ...]
    """Below `tests/contract`."""
    tests: str = ""
    """An expression for pytest's `-k`, where they are about devices of several languages."""


@dataclass(frozen=True, slots=True)
class Protocol:
    """One module of frames."""

    module: str
    """Below `device_drivers`."""
    golden: str
    """The tests of its bytes, below `tests/device_drivers`: quick, and asked first."""
    contract: Contract

    @property
    def device(self) -> str:
        """The folder of its device."""
        return self.module.partition("/")[0]

    @property
    def path(self) -> Path:
        """Where it lies."""
        return DRIVERS / self.module

    def mutants(self) -> tuple[Mutant, ...]:
        """Every constant of it, broken."""
        return mutants_of(self.path)


_CARD = ("test_id_card_reader.py", "test_id_card_readers_in_trouble.py")
_SOCIAL = Contract(("test_social_security_card.py", "test_guarded_social_security_cards.py"))
_SCANNER = ("test_qr_scanner.py",)
_TRIGGERED = (
    *("test_qr_scanners_habits.py", "test_qr_scanners_with_a_trigger.py"),
    "test_qr_scanner.py",
)
_KEYBOARDS = ("test_qr_scanners_as_keyboards.py", "test_qr_scanner.py")
_PAPER = ("test_receipt_printers_paper.py",)
_PRINTER = ("test_receipt_printer.py", "test_receipt_printers_remains.py")
_DOCUMENT = Contract(("test_document_printers_words.py", "test_document_printer.py"))
_CABINET = Contract(("test_cabinet.py",))
_SUPPLY = Contract(("test_power_supply.py",))

PROTOCOLS = (
    Protocol("id_card_reader/frames.py", "id_card_reader/test_frames.py", Contract(_CARD)),
    Protocol(
        "id_card_reader/usb_frames.py", "id_card_reader/test_usb_pipes.py", Contract(_CARD, "usb")
    ),
    Protocol(
        "id_card_reader/card_text.py", "id_card_reader/test_card_text.py", Contract(_CARD, "reads")
    ),
    Protocol("social_security_card/apdu.py", "social_security_card/test_apdu.py", _SOCIAL),
    *(
        Protocol(f"qr_scanner/{module}", f"qr_scanner/{golden}", Contract(modules, tests))
        for module, golden, modules, tests in (
            ("framing/arrival.py", "framing/test_line.py", _SCANNER, "lines"),
            (
                "framing/automatic.py",
                "framing/test_automatic.py",
                _SCANNER,
                "found or auto or lines",
            ),
            ("framing/honeywell.py", "framing/test_honeywell.py", _TRIGGERED, "honeywell"),
            ("framing/line.py", "framing/test_line.py", _SCANNER, "line or suffix or STX"),
            ("framing/newland.py", "framing/test_newland.py", _TRIGGERED, "newland"),
            ("framing/ssi.py", "framing/test_ssi.py", _TRIGGERED, "(ssi or spoilt) and not found"),
            ("keys.py", "test_keys.py", _KEYBOARDS, "keyboard"),
            ("payload.py", "test_payload.py", _SCANNER, "kind_of_code or whichever"),
        )
    ),
    *(
        Protocol(f"receipt_printer/{module}", f"receipt_printer/{golden}", Contract(modules))
        for module, golden, modules in (
            ("code_128.py", "test_code_128.py", _PAPER),
            ("escpos.py", "test_escpos.py", _PAPER + _PRINTER),
            ("status_bits.py", "test_status_bytes.py", _PRINTER + _PAPER),
            ("status_bytes.py", "test_status_bytes.py", _PRINTER + _PAPER),
        )
    ),
    Protocol("document_printer/ipp.py", "document_printer/test_ipp.py", _DOCUMENT),
    Protocol("document_printer/states.py", "document_printer/test_states.py", _DOCUMENT),
    Protocol("cabinet/frames.py", "cabinet/test_frames.py", _CABINET),
    Protocol("cabinet/register_map.py", "cabinet/test_board_sheet.py", _CABINET),
    Protocol("power_supply/variables.py", "power_supply/test_variables.py", _SUPPLY),
)

WITHOUT_NUMBERS = (
    "receipt_printer/understanding.py",
    "receipt_printer/questions.py",
    "receipt_printer/presenter.py",
    "receipt_printer/remains.py",
    "social_security_card/driver.py",
    "id_card_reader/driver.py",
    "id_card_reader/sam_module.py",
)
"""Decide by the constants of others, and hold none of their own."""
