"""`python -m device_drivers social-security-card read`: what a card in the slot holds."""

import argparse
import asyncio
from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from typing import TYPE_CHECKING, assert_never

from device_drivers.command_line import (
    RESULT,
    BadArguments,
    port_argument,
    say,
    seconds_argument,
    write_line,
)
from device_drivers.ports import Scheme
from device_drivers.social_security_card.driver import PcscSocialSecurityCardReader
from device_drivers.social_security_card.interface import (
    CardReading,
    CardUnreadable,
    NeedsAuthentication,
    NoCard,
    SocialSecurityCard,
    UnsupportedCard,
)

if TYPE_CHECKING:
    from device_drivers.command_line import Subparsers


def add_commands(subparsers: "Subparsers") -> None:
    """Add `social-security-card read`."""
    device = subparsers.add_parser("social-security-card", help="social security cards (社保卡)")
    commands = device.add_subparsers(required=True, metavar="COMMAND")
    read = commands.add_parser("read", help="wait for a card and print what it holds")
    read.add_argument("--port", type=port_argument, required=True, metavar="pcsc:READER")
    read.add_argument("--within-s", type=seconds_argument, default=30.0, metavar="SECONDS")
    read.set_defaults(run=_read)


def describe(reading: CardReading) -> Mapping[str, object]:
    """The reading as `DESIGN.md` section 8 prints it; `read` holds what was free to read."""
    match reading:
        case SocialSecurityCard():
            return {"result": "card", **_values(reading)}
        case NeedsAuthentication(read):
            readable = {name: value for name, value in _values(read).items() if value}
            return {"result": "needs_authentication", "read": readable}
        case UnsupportedCard(atr_hex):
            return {"result": "unsupported_card", "atr": atr_hex, "read": {}}
        case CardUnreadable(why):
            return {"result": "unreadable", "why": why, "read": {}}
        case NoCard():
            return {"result": "no_card", "read": {}}
        case _:
            assert_never(reading)


def _values(card: SocialSecurityCard) -> dict[str, object]:
    values = {each.name: getattr(card, each.name) for each in fields(card)}
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in values.items()
    }


def _read(arguments: argparse.Namespace) -> int:
    if arguments.port.scheme is not Scheme.PCSC:
        raise BadArguments(f"{arguments.port}: a social security card is at pcsc:<reader name>")
    reader = PcscSocialSecurityCardReader(arguments.port)
    say("insert the social security card")
    write_line(describe(asyncio.run(_read_once(reader, arguments.within_s))))
    return RESULT


async def _read_once(reader: PcscSocialSecurityCardReader, within_s: float) -> CardReading:
    await reader.connect()
    try:
        return await reader.read_card(within_s=within_s)
    finally:
        await reader.close()
