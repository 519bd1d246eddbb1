"""The kiosk's program on a machine: just the files of this tree, and a word for which they are.

Standard library only: it runs before anything is installed.
"""

import hashlib
import shutil
import tomllib
from pathlib import Path
from typing import Final

SOURCE: Final = Path(__file__).resolve().parent.parent
PARTS: Final = ("device_drivers", "kiosk", "provisioning", "assets", "requirements")
"""Of this tree; the server's code never needs to be on a machine in a hall (STYLE.md 2)."""
MADE_HERE: Final = frozenset({"__pycache__", "demo", "fonts"})
"""Folders that are not copied, and not touched where they were made on the machine."""
VERSION: Final = Path("kiosk/version.txt")
"""`kiosk.version` reads it."""


def version_of(source: Path = SOURCE) -> str:
    """`v0.1.0-3f2a-91bc`: the project's version and the beginning of the SHA-256 over every file.

    In fours, so that the journal takes it for a code and never for a number of a person.
    """
    found = tomllib.loads((source / "pyproject.toml").read_text(encoding="utf-8"))
    digest = hashlib.sha256()
    for relative in sorted(_files(source)):
        digest.update(f"{relative}\0".encode())
        digest.update(hashlib.sha256((source / relative).read_bytes()).digest())
    begins = digest.hexdigest()
    return f"v{found['project']['version']}-{begins[:4]}-{begins[4:8]}"


def missing_program(program: Path, source: Path = SOURCE) -> str:
    """The first file that is not there, is another, or should be gone; empty where all is well."""
    wanted = _files(source)
    for relative in sorted(wanted):
        there = program / relative
        if not there.is_file() or there.read_bytes() != (source / relative).read_bytes():
            return str(relative)
    surplus = sorted(_files(program) - wanted - {VERSION})
    if surplus:
        return f"{surplus[0]} is of another version"
    written = program / VERSION
    known = written.read_text(encoding="utf-8").strip() if written.exists() else ""
    return "" if known == version_of(source) else str(VERSION)


def copy_program(program: Path, source: Path = SOURCE) -> None:
    """Copy the parts a kiosk needs and remove what is no longer in them.

    The version is taken away first and written last: a run that was killed is seen.
    """
    (program / VERSION).unlink(missing_ok=True)
    wanted = _files(source)
    for relative in sorted(wanted):
        target = program / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source / relative, target)
    for relative in _files(program) - wanted:
        (program / relative).unlink()
        _remove_empty(program, (program / relative).parent)
    (program / VERSION).write_text(version_of(source) + "\n", encoding="utf-8")


def _files(tree: Path) -> set[Path]:
    """Files of the program in a tree, relative to it."""
    found = (path for part in PARTS for path in (tree / part).rglob("*") if path.is_file())
    relative = {path.relative_to(tree) for path in found if path.suffix != ".pyc"}
    return {path for path in relative if not MADE_HERE & set(path.parts[:-1])}


def _remove_empty(program: Path, folder: Path) -> None:
    """A folder without modules would still be imported as a namespace package."""
    while folder != program and all(path.name == "__pycache__" for path in folder.iterdir()):
        shutil.rmtree(folder)
        folder = folder.parent
