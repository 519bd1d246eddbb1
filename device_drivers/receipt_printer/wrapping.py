"""Breaks Chinese and Latin text into lines by display columns: a Chinese character takes two.

No line starts with closing punctuation or ends with opening punctuation (避头尾), and a Latin word
or a number is broken only where it is wider than the line itself.
"""

import re
import unicodedata

_CLOSING = frozenset("、。，．：；？！）］｝】〗》〉」』〕”’…—～·％‰℃,.;:?!)]}%°")
_OPENING = frozenset("（［｛【〖《〈「『〔“‘￥([{$￡")
_DASH_OF_A_RANGE = re.compile("(?<=[0-9])–(?=[0-9])")


def columns_of(text: str) -> int:
    """How many columns the text takes on the printer's grid."""
    return sum(character_columns(character) for character in text)


def character_columns(character: str) -> int:
    """2 for a full-width character, 0 for a combining mark, else 1.

    A character that GBK holds in two bytes is drawn full-width by the printer, also where Unicode
    calls its width ambiguous (—, “, ·).
    """
    if character.isascii():
        return 1
    if unicodedata.combining(character) or unicodedata.category(character) in ("Cf", "Mn"):
        return 0
    if unicodedata.east_asian_width(character) in "WF":
        return 2
    try:
        return len(character.encode("gbk"))
    except UnicodeEncodeError:
        return 1


def strip_controls(text: str) -> str:
    """The text without characters that could act instead of being seen; line breaks stay.

    Control, format (direction overrides, zero-width) and unpaired surrogate characters go, so that
    nothing a citizen typed can become a printer command or hide part of a line.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return "".join(
        character
        for character in text
        if character == "\n" or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co")
    )


def wrap(text: str, columns: int) -> list[str]:
    """Lines of at most `columns` columns; an empty text is one empty line."""
    lines: list[str] = []
    for paragraph in _paragraphs(text):
        lines.extend(_wrap_paragraph(paragraph, columns))
    return lines


def _paragraphs(text: str) -> list[str]:
    """The text by its line breaks, with the dash of a range, 9:00–17:00, as a hyphen.

    GBK has the dash as a full-width character, A843, which tears a gap between two numbers.
    """
    return _DASH_OF_A_RANGE.sub("-", strip_controls(text)).split("\n")


def _wrap_paragraph(paragraph: str, columns: int) -> list[str]:
    lines: list[str] = []
    line = ""
    for piece in _pieces(paragraph):
        if columns_of(line + piece.rstrip(" ")) <= columns:
            line += piece
            continue
        if line.strip():
            lines.append(line.rstrip(" "))
        line = piece.lstrip(" ")
        while columns_of(line.rstrip(" ")) > columns:
            head, line = _cut(line, columns)
            lines.append(head)
    lines.append(line.rstrip(" "))
    return _without_orphan(lines)


def _without_orphan(lines: list[str]) -> list[str]:
    """A last line of a single Chinese character gets company from the line before."""
    if len(lines) < 2 or len(lines[-1]) != 1 or not _is_chinese(lines[-1]):
        return lines
    *others, before, orphan = lines
    *kept, companion = _pieces(before)
    if len(kept) < 2 or not _is_chinese(companion[-1]):
        return lines
    return [*others, "".join(kept).rstrip(" "), companion + orphan]


def _is_chinese(character: str) -> bool:
    return character_columns(character) == 2


def widest_piece(text: str) -> int:
    """The columns of its widest part between which no line breaks: a number, a Latin word."""
    pieces = [piece.strip(" ") for line in _paragraphs(text) for piece in _pieces(line)]
    return max(map(columns_of, pieces), default=0)


def _pieces(paragraph: str) -> list[str]:
    """Parts between which a line may break."""
    pieces: list[str] = []
    for character in paragraph:
        if pieces and not _may_break(pieces[-1][-1], character):
            pieces[-1] += character
        else:
            pieces.append(character)
    return pieces


def _may_break(before: str, after: str) -> bool:
    if after == " " or after in _CLOSING or before in _OPENING or character_columns(after) == 0:
        return False
    if before == " ":
        return True
    return not (_is_latin(before) and _is_latin(after))


def _is_latin(character: str) -> bool:
    return character_columns(character) == 1 and character != " "


def _cut(text: str, columns: int) -> tuple[str, str]:
    """The longest head that fits and is not followed by closing punctuation, and the rest."""
    end = 0
    used = 0
    while end < len(text) and used + character_columns(text[end]) <= columns:
        used += character_columns(text[end])
        end += 1
    better = end
    while better > 1 and (text[better] in _CLOSING or text[better - 1] in _OPENING):
        better -= 1
    end = better if better > 1 else max(end, 1)
    return text[:end].rstrip(" "), text[end:].lstrip(" ")
