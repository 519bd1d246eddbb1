"""From what a reader or scanner said to an applicant, or to the reason why there is none."""

from datetime import date
from typing import Final

from device_drivers.id_card_reader import interface as id_card
from device_drivers.qr_scanner.interface import NothingShown, Scan, ScanReading
from device_drivers.social_security_card import interface as social
from kiosk.contract.cases import Applicant
from kiosk.contract.identifiers import NumberKind, check_number
from kiosk.services.rules import CODE_READERS, PERSON_RULES, Person

_NUMBER_KINDS: Final = {
    id_card.CardKind.RESIDENT: NumberKind.RESIDENT_ID,
    id_card.CardKind.HK_MACAU_TAIWAN: NumberKind.RESIDENCE_PERMIT,
    id_card.CardKind.FOREIGNER_2017: NumberKind.FOREIGNER_2017,
    id_card.CardKind.FOREIGNER_2023: NumberKind.FOREIGNER_2023,
}

_ID_CARD_REASONS: Final = frozenset({"lifted", "rejected", "unknown_kind", "damaged"})
_SOCIAL_REASONS: Final = frozenset({"removed", "damaged", "mute"})

OLD_CARD: Final = "social_security_card.old_card"
"""The card in the slot was there before this citizen came."""


def from_id_card(reading: id_card.CardReading, *, rule: str, today: date) -> Applicant | str:
    """The applicant, or a text key below `trouble.` that says why not."""
    match reading:
        case id_card.NoCard():
            return "id_card.no_card"
        case id_card.CardUnreadable(why):
            return f"id_card.{why if why in _ID_CARD_REASONS else 'damaged'}"
        case id_card.IdCard():
            if not check_number(reading.number, today=today).valid:
                return "id_card.damaged"
            if reading.valid_until is not None and reading.valid_until < today:
                return "id_card.expired"
            person = Person(birth_date=reading.birth_date, today=today)
            if rule and not PERSON_RULES[rule](person):
                return f"rule.{rule}"
            return Applicant(
                name=reading.name or reading.english_name,
                number=reading.number,
                number_kind=_NUMBER_KINDS[reading.kind],
            )


def from_social_security_card(reading: social.CardReading, *, today: date) -> Applicant | str:
    """The applicant, or a text key below `trouble.` that says why not."""
    match reading:
        case social.NoCard():
            return "social_security_card.no_card"
        case social.CardUnreadable(why):
            return f"social_security_card.{why if why in _SOCIAL_REASONS else 'damaged'}"
        case social.UnsupportedCard():
            return "social_security_card.unsupported"
        case social.NeedsAuthentication():
            return "social_security_card.needs_authentication"
        case social.SocialSecurityCard():
            checked = check_number(reading.social_security_number, today=today)
            if not checked.valid or checked.kind is NumberKind.UNKNOWN:
                return "social_security_card.damaged"
            if reading.valid_until is not None and reading.valid_until < today:
                return "social_security_card.expired"
            return Applicant(
                name=reading.name,
                number=reading.social_security_number,
                number_kind=checked.kind,
                card_number=reading.card_number,
            )


def from_code(reading: ScanReading, *, expects: str) -> Applicant | str:
    """The applicant a code names, or a text key below `trouble.` that says why not."""
    match reading:
        case NothingShown():
            return "qr_code.nothing_shown"
        case Scan():
            return CODE_READERS[expects](reading.text) or "qr_code.wrong_code"


TROUBLES: Final = frozenset(
    {f"id_card.{why}" for why in _ID_CARD_REASONS | {"no_card", "expired"}}
    | {
        f"social_security_card.{why}"
        for why in _SOCIAL_REASONS | {"no_card", "unsupported", "needs_authentication", "expired"}
    }
    | {"qr_code.nothing_shown", "qr_code.wrong_code", OLD_CARD}
    | {f"rule.{name}" for name in PERSON_RULES}
)
"""Every key these functions can answer: each has its sentences in `assets/text`."""
