"""The site file: what is in it reaches kiosk.toml, and what cannot be is refused by name."""

import tomllib
from pathlib import Path

import pytest

from provisioning.hall import EXAMPLE, BadSite, read_site, render_config


def test_the_example_is_written_out_as_it_stands() -> None:
    site = read_site(None, {})
    written = tomllib.loads(render_config(site, kiosk_id="hz0042", server={"broker_port": 8883}))
    example = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))
    assert {name: written[name] for name in example} == example
    assert (written["id"], written["server"]) == ("hz0042", {"broker_port": 8883})


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("surprise = 1", "surprise"),
        ("place = 1", "place must be a section"),
        ("[devices]\nqr_scanner = 'tcp:a:1'", r"devices\.qr_scanner"),
        ("[place", r"site\.toml"),
    ],
)
def test_what_is_no_site_is_refused_by_name(tmp_path: Path, text: str, named: str) -> None:
    path = tmp_path / "site.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadSite, match=named):
        read_site(path, {})
