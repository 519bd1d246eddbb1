"""How many constants a contract holds and how many it cannot, as the drivers' README states."""

from collections import Counter
from pathlib import Path

from tests.mutations.protocols import DRIVERS, PROTOCOLS
from tests.mutations.uncontracted import UNCONTRACTED

HEADING = "## Who knows that a constant is right"


def counted() -> list[str]:
    """The rows of the table, as they must be."""
    constants: Counter[str] = Counter()
    golden_only: Counter[str] = Counter()
    for protocol in PROTOCOLS:
        title = protocol.device.replace("_", " ").capitalize()
        listed = {key for keys in UNCONTRACTED.get(protocol.module, {}).values() for key in keys}
        for device in (title.replace("Id ", "ID ").replace("Qr ", "QR "), "All"):
            constants[device] += len(protocol.mutants())
            golden_only[device] += sum(each.key in listed for each in protocol.mutants())
    devices = [*(device for device in constants if device != "All"), "All"]
    return [
        f"| {device} | {all_} | {all_ - golden} | {golden} |"
        for device in devices
        for all_, golden in ((constants[device], golden_only[device]),)
    ]


def stated(readme: Path) -> list[str]:
    """The rows of the table, as they are."""
    section = readme.read_text("utf-8").partition(HEADING)[2].partition("\n## ")[0]
    return [line for line in section.splitlines() if line.startswith("| ")][1:]


def test_the_readme_counts_the_constants_as_they_are() -> None:
    assert stated(DRIVERS / "README.md") == counted()


def test_a_number_that_went_stale_is_seen(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    text = (DRIVERS / "README.md").read_text("utf-8")
    first = counted()[0]
    readme.write_text(text.replace(first, first.replace(" | ", " | 1", 1)), "utf-8")
    assert stated(readme) != counted()
