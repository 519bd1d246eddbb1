"""Finds the constants of a module of frames and turns one bit of one of them over."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import hexdigits

_WORD = re.compile(r"[A-Za-z0-9.-]*[A-Za-z]")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One constant in one file, as it stands and broken."""

    path: Path
    name: str
    """The constant's own, for people; several literals may stand below one name."""
    line: int
    column: int
    before: str
    after: str
    turn: int = 1
    """The how manieth below its name that reads so."""

    @property
    def key(self) -> str:
        """Which constant it is, wherever it stands in its file."""
        again = f" #{self.turn}" if self.turn > 1 else ""
        return f"{self.name} {self.before}{again}"

    @property
    def title(self) -> str:
        """Which constant became what."""
        return f"{self.name}:{self.line} {self.before} -> {self.after}"

    def applied_to(self, source: str) -> str:
        """The source with this one literal broken."""
        lines = source.splitlines(keepends=True)
        line = lines[self.line - 1].encode()
        assert line[self.column :].startswith(self.before.encode())
        end = self.column + len(self.before.encode())
        lines[self.line - 1] = (line[: self.column] + self.after.encode() + line[end:]).decode()
        return "".join(lines)


@dataclass(frozen=True, slots=True)
class Unbroken:
    """A file as it stands, brought in on the way its mutants come: the control of that way."""

    path: Path

    def applied_to(self, source: str) -> str:
        """The source."""
        return source


@cache
def mutants_of(path: Path) -> tuple[Mutant, ...]:
    """One for each number, byte string, hexadecimal text and word that a module's constants hold.

    Constants are names in capitals, at the top or in a class; what functions hold is logic. Words
    are those a protocol or a sheet is written with; sentences are for people. A mask, which is a
    member of an `IntFlag`, is moved along: one more bit, if it is always clear, breaks nothing.
    """
    source = path.read_text("utf-8")
    lines = [line.encode() for line in source.splitlines()]
    found: list[Mutant] = []
    for name, value, is_mask in _constants(ast.parse(source)):
        for node in ast.walk(value):
            broken = _moved(node) if is_mask else _broken(node)
            if broken is not None and isinstance(node, ast.Constant):
                literal = lines[node.lineno - 1][node.col_offset : node.end_col_offset].decode()
                turn = 1 + sum((each.name, each.before) == (name, literal) for each in found)
                at = (node.lineno, node.col_offset)
                found.append(Mutant(path, name, *at, literal, broken, turn))
    return tuple(found)


def _constants(tree: ast.Module) -> Iterator[tuple[str, ast.expr, bool]]:
    for statement in tree.body:
        body, is_mask, prefix = [statement], False, ""
        if isinstance(statement, ast.ClassDef):
            body, prefix = statement.body, f"{statement.name}."
            is_mask = "IntFlag" in {
                base.id for base in statement.bases if isinstance(base, ast.Name)
            }
        for inner in body:
            match inner:
                case ast.Assign(targets=[target], value=value):
                    names = [each.id for each in ast.walk(target) if isinstance(each, ast.Name)]
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                    names = [name]
                case _:
                    continue
            if names and all(name.isupper() for name in names):
                yield prefix + names[0], value, is_mask


def _broken(node: ast.AST) -> str | None:
    match node:
        case ast.Constant(value=bool()):
            return None
        case ast.Constant(value=int() as number):
            return hex(number ^ 1)
        case ast.Constant(value=bytes() as data) if data:
            return repr(data[:-1] + bytes([data[-1] ^ 1]))
        case ast.Constant(value=str() as text) if len(text) >= 2 and _is_hexadecimal(text):
            digits = text.rstrip(" ")
            return repr(digits[:-1] + f"{int(digits[-1], 16) ^ 1:X}" + text[len(digits) :])
        case ast.Constant(value=str() as text) if _WORD.fullmatch(text):
            return repr(text[:-1] + chr(ord(text[-1]) ^ 1))
        case _:
            return None


def _moved(node: ast.AST) -> str | None:
    """The mask beside it in its byte, as wide."""
    match node:
        case ast.Constant(value=int() as mask):
            moved = mask << mask.bit_count()
            return hex(moved & 0xFF | moved >> 8)
        case _:
            return None


def _is_hexadecimal(text: str) -> bool:
    compact = text.replace(" ", "")
    is_even = len(compact) % 2 == 0
    return compact != "" and is_even and all(each in hexdigits for each in compact)
