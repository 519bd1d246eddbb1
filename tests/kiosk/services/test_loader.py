"""Content is loaded whole or refused by name."""

import shutil
from pathlib import Path

import pytest

from kiosk.contract.findings import FindingCode
from kiosk.services.loader import ContentRefused, load_bundle_file, load_folder

ASSETS = Path(__file__).resolve().parents[3] / "assets"
TAX = "tax-payment-certificate"


@pytest.fixture
def assets(tmp_path: Path) -> Path:
    shutil.copytree(ASSETS / "services", tmp_path / "services")
    shutil.copy(ASSETS / "menu.yaml", tmp_path)
    return tmp_path


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_what_ships_is_loaded_and_a_bundle_file_is_the_same_content(
    assets: Path, tmp_path: Path
) -> None:
    bundle = load_folder(assets)
    path = tmp_path / f"{bundle.hash}.json"
    path.write_bytes(bundle.canonical())
    assert load_bundle_file(path) == bundle
    assert load_bundle_file(path).hash == bundle.hash


@pytest.mark.parametrize(
    ("name", "edit", "code", "named"),
    [
        ("service.yaml", ("then: check,", "then: chekc,"), FindingCode.UNDEFINED_STEP, "chekc"),
        ("service.yaml", ("kind: scan_code", "kind: sing"), FindingCode.MALFORMED, "steps/scan"),
        ("service.yaml", ("version: 1", "version: 1\nodd: 2"), FindingCode.MALFORMED, "odd"),
        ("service.yaml", ("tax_notice", "notes"), FindingCode.UNKNOWN_CODE_READER, "notes"),
        ("text.en.yaml", ("audience:", "audiense:"), FindingCode.MISSING_TEXT, "audience"),
        ("text.en.yaml", ("title: Tax payment", "title: 7 #"), FindingCode.MALFORMED, "text.en"),
        ("certificate.yaml", ("verify_url", "uri"), FindingCode.UNKNOWN_PLACEHOLDER, "uri"),
        ("certificate.yaml", ("blocks:", "blocks: ["), FindingCode.MALFORMED, "certificate.yaml"),
    ],
)
def test_a_mistake_is_refused_by_name(
    assets: Path, name: str, edit: tuple[str, str], code: FindingCode, named: str
) -> None:
    _edit(assets / "services" / TAX / name, *edit)
    with pytest.raises(ContentRefused) as refused:
        load_folder(assets)
    assert code in {each.code for each in refused.value.findings}
    assert named in str(refused.value)
    assert TAX in str(refused.value)


def test_a_menu_that_names_nothing_real_is_refused(assets: Path) -> None:
    _edit(assets / "menu.yaml", TAX, "tax-lottery")
    with pytest.raises(ContentRefused, match="tax-lottery"):
        load_folder(assets)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"menu": {}}', b"\x00\xff"])
def test_a_broken_bundle_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.json"
    path.write_bytes(content)
    with pytest.raises(ContentRefused, match=r"broken\.json"):
        load_bundle_file(path)


def test_a_bundle_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContentRefused, match=r"gone\.json"):
        load_bundle_file(tmp_path / "gone.json")
