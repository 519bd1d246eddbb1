"""The card alone, without reader: the bytes of ISO 7816-4 as DEVICES.md section 2 quotes them."""

import pytest

from device_drivers.social_security_card.emulator import (
    CardFields,
    ForeignCardEmulator,
    SocialSecurityCardEmulator,
    proof_for,
)
from tests.device_drivers.social_security_card.virtual_slot import PERSON

SELECT_ENVIRONMENT = "00A404000F7378312E73682EC9E7BBE1B1A3D5CF"


def card(**changes: object) -> SocialSecurityCardEmulator:
    return SocialSecurityCardEmulator(CardFields.from_mapping({**PERSON, **changes}))


def ask(emulator: SocialSecurityCardEmulator, *commands: str) -> str:
    answer = b""
    for command in commands:
        answer = emulator.answer(bytes.fromhex(command))
    return answer.hex().upper()


def test_offers_the_select_answer_to_get_response() -> None:
    assert ask(card(), SELECT_ENVIRONMENT) == "6113"
    assert ask(card(), SELECT_ENVIRONMENT, "00C0000013") == (
        "6F11840F7378312E73682EC9E7BBE1B1A3D5CF9000"
    )


def test_gives_a_record_only_for_its_true_length() -> None:
    opened = (SELECT_ENVIRONMENT, "00A4020002EF05")
    assert ask(card(), *opened, "00B2070400") == "6C0B"
    assert ask(card(), *opened, "00B207040B") == "0709" + b"C37000001".hex() + "9000"


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("00B2010414", "6986"),
        ("00A4020002EF05", "6A82"),
        ("00A4000002EF05", "6A86"),
        ("00CA000008", "6D00"),
        ("8084000008", "6E00"),
        ("00B2", "6700"),
    ],
)
def test_refuses_what_comes_too_early_or_is_unknown(command: str, status: str) -> None:
    assert ask(card(), command) == status


def test_forgets_the_selected_file_at_reset() -> None:
    emulator = card()
    ask(emulator, SELECT_ENVIRONMENT, "00A4020002EF05")
    emulator.reset()
    assert ask(emulator, "00B207040B") == "6986"


def test_guards_number_and_person_in_version_3() -> None:
    emulator = card(version="3.00")
    assert ask(emulator, SELECT_ENVIRONMENT, "00A4020002EF05", "00B2030406").endswith("9000")
    assert ask(emulator, "00B207040B") == "6982"
    assert ask(emulator, "00A4020002EF06", "00B2010414") == "6982"


def test_has_no_environment_on_a_bank_card() -> None:
    assert ForeignCardEmulator().answer(bytes.fromhex(SELECT_ENVIRONMENT)) == b"\x6a\x82"


def test_opens_to_the_right_proof_only_and_counts_the_wrong_ones() -> None:
    secret = "00112233445566778899aabbccddeeff"
    guarded = card(version="3.00", secret=secret)
    for left in ("63C2", "63C1", "63C0"):
        ask(guarded, "0084000008")
        assert ask(guarded, "0082000010" + "00" * 16) == left
    challenge = bytes.fromhex(ask(guarded, "0084000008"))[:8]
    assert ask(guarded, "0082000010" + proof_for(secret, challenge).hex()) == "6983"
    fresh = card(version="3.00", secret=secret)
    assert ask(fresh, "0082000010" + "00" * 16) == "6985"
    challenge = bytes.fromhex(ask(fresh, "0084000008"))[:8]
    assert ask(fresh, "0082000010" + proof_for(secret, challenge).hex()) == "9000"
