"""Which processes there are, as the kernel tells (proc(5))."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Process:
    """One process at the moment of looking."""

    pid: int
    name: str
    parent: int
    group: int
    session: int


def all_processes() -> list[Process]:
    """Every process but zombies, which hold nothing and wait only to be counted."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            text = (folder / "stat").read_text("utf-8", errors="replace")
        except OSError:
            continue  # it ended while we looked
        name, _, rest = text.partition("(")[2].rpartition(")")
        state, parent, group, session = rest.split()[:4]
        if state != "Z":
            found.append(Process(int(folder.name), name, int(parent), int(group), int(session)))
    return found


def children_of(parent: int, name: str) -> list[int]:
    """Pids of its children of this name."""
    return [each.pid for each in all_processes() if each.parent == parent and each.name == name]


def family_of(pids: list[int]) -> list[Process]:
    """These processes, and all below them or in their sessions."""
    everybody = all_processes()
    known = set(pids)
    grown = True
    while grown:
        more = {
            each.pid for each in everybody if each.parent in known or each.session in known
        } - known
        known |= more
        grown = bool(more)
    return [each for each in everybody if each.pid in known]


def alive(family: list[Process]) -> list[str]:
    """Those of the family that are still there, for a person to read."""
    now = {each.pid: each for each in all_processes()}
    return [
        f"{each.name} {each.pid}"
        for each in family
        if each.pid in now and now[each.pid].name == each.name
    ]
