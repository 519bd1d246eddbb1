"""Which literals of a module are broken, and into what."""

from pathlib import Path

import pytest

from tests.mutations.mutants import mutants_of


def broken(tmp_path: Path, literal: str) -> list[str]:
    """What a constant of this literal becomes, one after the other."""
    module = tmp_path / "frames.py"
    module.write_text(f"CONSTANT = {literal}\n", "utf-8")
    return [mutant.after for mutant in mutants_of(module)]


@pytest.mark.parametrize(
    ("literal", "after"),
    [
        ("0x0C", "0xd"),
        ('b"\\x10"', r"b'\x11'"),
        ('"00B2"', "'00B3'"),
        ('"00 B2"', "'00 B3'"),
        ('"00B2 "', "'00B3 '"),
        ('"OL"', "'OM'"),
    ],
)
def test_a_literal_is_broken_in_its_last_bit(tmp_path: Path, literal: str, after: str) -> None:
    assert broken(tmp_path, literal) == [after]


@pytest.mark.parametrize("literal", ["True", 'b""', '""', '" "', '"  "', '"    "', '"a sentence"'])
def test_what_holds_no_bit_of_a_protocol_is_left_alone(tmp_path: Path, literal: str) -> None:
    assert broken(tmp_path, literal) == []
