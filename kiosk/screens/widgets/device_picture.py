"""Our own drawings of what goes where: card to reader, card to slot, phone to scanner."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from kiosk.screens.drawing import Box, Motion, Moving, Rect, Sheet, Words
from kiosk.screens.look import Look
from kiosk.screens.theme import Colour
from kiosk.screens.widgets.card import draw_ground
from kiosk.screens.widgets.text import Icon

Kind = Literal["id_card", "social_security_card", "qr_code"]

PICTURE_HEIGHT = 460
_MOVE_S = 1.1
_REST_S = 1.7
"""Long enough to be understood, short enough to be seen at once: a look takes about 3 s."""


@dataclass(frozen=True, slots=True)
class AnimatedDevicePicture:
    """One device and the thing that goes to it; still when the device is reading."""

    kind: Kind
    moves: bool

    def height(self, look: Look, width: int) -> int:
        """The same on every page, so that nothing jumps."""
        return PICTURE_HEIGHT

    def draw(self, look: Look, sheet: Sheet, rect: Rect) -> None:
        """Centred in its place."""
        middle = rect.x + rect.width // 2
        {
            "id_card": self._card_to_reader,
            "social_security_card": self._card_to_slot,
            "qr_code": self._phone_to_scanner,
        }[self.kind](look, sheet, middle, rect.y)

    def _card_to_reader(self, look: Look, sheet: Sheet, middle: int, top: int) -> None:
        colours = look.colours
        reader = Rect(middle - 330, top + 190, 660, 260)
        _device(look, sheet, reader)
        area = reader.inset(28)
        draw_ground(sheet, area, ground=colours.sunken, edge=colours.edge, stroke=2, radius=16)
        waves = Rect(area.right - 130, area.y + area.height // 2 - 48, 96, 96)
        Icon("nfc", 96, colours.action).draw(look, sheet, waves)
        card = Rect(middle - 250, top + 200, 330, 208)
        self._moving(sheet, _id_card(look, card), Motion(0, -190, _MOVE_S, _REST_S))

    def _card_to_slot(self, look: Look, sheet: Sheet, middle: int, top: int) -> None:
        colours = look.colours
        card = Rect(middle - 165, top + 150, 330, 208)
        parts = _chip_card(look, card)
        self._moving(sheet, parts, Motion(0, 190, _MOVE_S, _REST_S))
        body = Rect(middle - 330, top + 10, 660, 236)
        _device(look, sheet, body)
        slot = Rect(middle - 210, body.bottom - 44, 420, 24)
        sheet.draw(Box(slot, colours.action, 12))
        arrow = Rect(middle - 60, body.y + 40, 120, 120)
        Icon("arrow-up", 120, colours.action).draw(look, sheet, arrow)

    def _phone_to_scanner(self, look: Look, sheet: Sheet, middle: int, top: int) -> None:
        colours = look.colours
        scanner = Rect(middle + 70, top + 60, 290, 340)
        _device(look, sheet, scanner)
        window = scanner.inset(48)
        sheet.draw(Box(window, colours.live, 16))
        Icon("scan", 130, colours.on_live).draw(look, sheet, window)
        phone = Rect(middle - 290, top + 40, 220, 380)
        self._moving(sheet, _phone(look, phone), Motion(-150, 0, _MOVE_S, _REST_S))

    def _moving(self, sheet: Sheet, parts: Sequence[Box | Words], motion: Motion) -> None:
        if self.moves:
            sheet.draw(Moving(tuple(parts), motion))
        else:
            for part in parts:
                sheet.draw(part)


def _device(look: Look, sheet: Sheet, rect: Rect) -> None:
    colours = look.colours
    draw_ground(sheet, rect, ground=colours.raised, edge=colours.edge, stroke=4, radius=32)


def _edged(rect: Rect, ground: Colour, edge: Colour, radius: int) -> list[Box]:
    return [Box(rect, ground, radius, edge, 3)]


def _icon(look: Look, name: str, rect: Rect, colour: Colour) -> Words:
    side = min(rect.width, rect.height)
    place = Rect(rect.x + (rect.width - side) // 2, rect.y + (rect.height - side) // 2, side, side)
    return Words(place, look.typeface.icon(name), side, "icon", colour)


def _id_card(look: Look, card: Rect) -> list[Box | Words]:
    colours = look.colours
    parts: list[Box | Words] = [*_edged(card, colours.tint, colours.ink, 20)]
    portrait = Rect(card.right - 122, card.y + 34, 92, 112)
    parts += [Box(portrait, colours.sunken, 8)]
    parts.append(_icon(look, "user", portrait, colours.on_tint))
    for line, width in enumerate((110, 70, 140)):
        parts.append(Box(Rect(card.x + 28, card.y + 42 + 36 * line, width, 14), colours.edge, 7))
    parts.append(Box(Rect(card.x + 28, card.bottom - 42, card.width - 56, 16), colours.edge, 8))
    return parts


def _chip_card(look: Look, card: Rect) -> list[Box | Words]:
    colours = look.colours
    parts: list[Box | Words] = [*_edged(card, colours.tint, colours.ink, 20)]
    chip = Rect(card.x + card.width // 2 - 44, card.y + 28, 88, 68)
    parts += _edged(chip, colours.warning_ground, colours.warning_mark, 12)
    parts.append(Box(Rect(chip.x, chip.y + 32, 88, 3), colours.warning_mark))
    parts.append(Box(Rect(chip.x + 42, chip.y, 3, 68), colours.warning_mark))
    parts.append(Box(Rect(card.x + 28, card.bottom - 76, 150, 14), colours.edge, 7))
    parts.append(Box(Rect(card.x + 28, card.bottom - 42, card.width - 56, 16), colours.edge, 8))
    return parts


def _phone(look: Look, phone: Rect) -> list[Box | Words]:
    colours = look.colours
    parts: list[Box | Words] = [*_edged(phone, colours.ink, colours.edge, 32)]
    glass = Rect(phone.x + 14, phone.y + 34, phone.width - 28, phone.height - 68)
    parts.append(Box(glass, colours.raised, 12))
    parts.append(_icon(look, "qrcode", glass.inset(8), colours.ink))
    return parts
