"""Constants that no contract notices when they break, each with its reason; golden bytes hold them.

By module of frames, then by reason. A constant that is not listed and that a contract does not
notice fails `make nightly`.
"""

from collections.abc import Mapping
from typing import NamedTuple


class ByDay(NamedTuple):
    """What `make test` tries of a module: one constant, and tests that are quick to miss it."""

    key: str
    tests: str
    """An expression for pytest's `-k`."""


BY_DAY: Mapping[str, ByDay] = {
    "id_card_reader/frames.py": ByDay('READ_CARD "3001"', "sees_a_card"),
    "social_security_card/apdu.py": ByDay('_READ_RECORD "00B2"', "sees_a_card or habits"),
    "qr_scanner/framing/ssi.py": ByDay("SCAN_ENABLE 0xE9", "reads_what and SSI"),
    "receipt_printer/status_bits.py": ByDay("PrinterBits.OFFLINE 0x08", "is_online"),
    "document_printer/ipp.py": ByDay("GroupTag.OPERATION 0x01", "tells_paper"),
    "cabinet/frames.py": ByDay("_ECHO_BYTES 8", "light_at_each_slot"),
    "power_supply/variables.py": ByDay('UNKNOWN_SUPPLY "UNKNOWN-UPS"', "does_not_know"),
}

UNCONTRACTED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "id_card_reader/frames.py": {
        "a bound: one byte more would be let through": ("LONGEST 0x090A",),
        "the driver has no need to send it": ('RESET_SAM "10FF"',),
        "the module refuses so on a noisy line, and the contract's is quiet": (
            "Status.CHECKSUM_ERROR 0x10",
            "Status.LENGTH_ERROR 0x11",
            "Status.COMMAND_ERROR 0x21",
        ),
        "no promise hangs on it: a refusal the driver does not know means the same": (
            "Status.UNKNOWN_ERROR 0x24",
            "Status.READ_FAILED 0x41",
            "Status.NO_SUCH_ITEM 0x91",
        ),
    },
    "social_security_card/apdu.py": {
        "a card that is asked with a wrong Le names the right one, and is asked again": (
            "PUBLIC_FILES 16",
            "PUBLIC_FILES 4",
            "PUBLIC_FILES 4 #2",
            "PUBLIC_FILES 4 #3",
            "PUBLIC_FILES 9",
            "PUBLIC_FILES 18",
            "PUBLIC_FILES 30",
            "PUBLIC_FILES 20",
            "PUBLIC_FILES 1 #3",
            "PUBLIC_FILES 1 #4",
            "PUBLIC_FILES 4 #4",
            "PUBLIC_FILES 4 #5",
        ),
        "with right lengths no card has a reason to answer 6C": (
            "_SW1_MORE 0x6C",
            "_CASE_2_BYTES 5",
        ),
        "the emulated cards pad with NUL and fill with nothing": (
            "_FILLERS 0xFF",
            '_PADDING b"\\x00\\x20\\xff"',
        ),
        "other cards refuse so; the emulated ones do with 6982, 6985, 6A82 and 6A86": (
            "NOT_THIS_WAY 0x6A81",
            "NOT_THIS_WAY 0x6A82",
            "NOT_THIS_WAY 0x6A83",
            "NOT_THIS_WAY 0x6B00",
        ),
        "an answer to reset is far longer": ("_ATR_HEAD_BYTES 2",),
    },
    "qr_scanner/framing/arrival.py": {
        "a bound far above any code": ("LONGEST_CODE 8192",),
        "a bad contact is the wire's fault, and the contract's is good": ('_GLITCH b"\\x00\\xff"',),
    },
    "qr_scanner/framing/honeywell.py": {
        "flash wears: the driver never sends it": ('_PERMANENT b"."',),
    },
    "qr_scanner/framing/newland.py": {
        "no scanner in order refuses what the driver sends": ('NAK b"\\x15"',),
        "flash wears: the driver never sends it": ('_PERMANENT b"@"',),
        "a scanner leaves its settings by itself after 5 s; nothing is ever set": (
            'LEAVE_SETTING b"%%%%"',
            'LEFT b"^^^^"',
            '_OLD_BEGIN b"#"',
            '_OLD_BEGIN b";"',
        ),
        "an answer within a burst of codes is a matter of chance": (
            r'_FRAMED rb"\x02\x010000[^\x02\x03]{0,64}?[\x05\x06\x15];\x03"',
            r'_OLD_ANSWER rb"(?P<accepted>@@@@|\^\^\^\^|![0-9]{8};)|\?[0-9.]{0,10};"',
        ),
    },
    "qr_scanner/framing/ssi.py": {
        "the driver has no need to send it": (
            "FLUSH_QUEUE 0xD2",
            "SCAN_DISABLE 0xEA",
            "PARAM_SEND 0xC6",
        ),
        "a scanner does not look at the status of the host": ("_NO_STATUS 0x00",),
        "the emulated scanner sends again for whatever reason it is asked": ("_RESEND 0x01",),
        "an AIM identifier, by which the emulated scanner goes, does not tell them apart": (
            "SYMBOLOGIES 0x08",
            "SYMBOLOGIES 0x31",
            "SYMBOLOGIES 0x32",
            'SYMBOLOGIES "databar" #2',
            'SYMBOLOGIES "databar" #3',
        ),
    },
    "qr_scanner/keys.py": {
        "the kernel drops keys of a flood only, and the contract makes none": (
            "_EV_SYN 0x00",
            "_SYN_DROPPED 3",
        ),
        "the other key of two that do the same; a scanner types with one": (
            "_ENTERS 96",
            "_SHIFTS 54",
            "_CONTROLS 97",
            "_ALTS 100",
        ),
        "the emulated scanner types no control characters and no keys without text": (
            "_CONTROLS 29",
            "_HARMLESS 58",
            "_HARMLESS 69",
            "_HARMLESS 125",
            "_CONTROL_BITS 0x1F",
        ),
        "keypad keys that no ALT number is written with": (
            "_KEYPAD 74",
            "_KEYPAD 78",
            "_KEYPAD 83",
            "_KEYPAD 98",
            "_KEYPAD 55",
        ),
        "the contract's scanner is set to the American layout, as Chinese ones are": (
            '_KEYS "de"',
        ),
        "ALT numbers of the other kind, and bounds no character comes near": (
            "_ONE_BYTE 0xFF",
            "_ONE_BYTE 0xFFFFFFFF",
            "_LAST_CODE_POINT 0x10FFFF",
            "_SURROGATES 0xD800",
            "_SURROGATES 0xE000",
        ),
    },
    "receipt_printer/code_128.py": {
        "widths go in steps of 11 modules, and on neither paper does one fall in between": (
            "_SYMBOL_MODULES 13",
            "QUIET_MODULES 10",
        ),
        "no paper is wide enough for a code that holds so much": ("_MOST_BYTES 255",),
    },
    "receipt_printer/escpos.py": {
        "no gap is so high": ("_MOST_FED_DOTS 255",),
        "the layout refuses what no paper is wide enough for; it never comes to this bound": (
            "_QR_DATA_BYTES 7092",
            "_QR_DATA_BYTES 3",
        ),
        "what is wide is always tall as well": ("_SIZE_WIDE 0x10",),
        "bands of one row less, and as many NULs fewer or more, are as good": (
            "_BAND_ROWS 255",
            "_WIDEST_BYTES 72",
        ),
    },
    "document_printer/ipp.py": {
        "a bound far above any answer": ("MAX_MESSAGE_BYTES 256", "MAX_MESSAGE_BYTES 1024"),
        "CUPS withdraws the job too, by its own means": ("Operation.CANCEL_JOB 0x0008",),
        "nothing of this syntax is among the attributes asked for": (
            "ValueTag.BOOLEAN 0x22",
            "ValueTag.RANGE 0x33",
            "ValueTag.TEXT_WITH_LANGUAGE 0x35",
            "ValueTag.NAME_WITH_LANGUAGE 0x36",
            "ValueTag.BEGIN_COLLECTION 0x34",
            "ValueTag.END_COLLECTION 0x37",
            "ValueTag.TEXT 0x41",
            "ValueTag.MIME_TYPE 0x49",
            "ValueTag.MEMBER_NAME 0x4A",
            '_FALSE b"\\x00"',
        ),
        "this printer asks nobody's name": ("ValueTag.NAME 0x42", '_USER b"kiosk"'),
        "bounds between tags that are in use": (
            "_FIRST_VALUE_TAG 0x10",
            "_OUT_OF_BAND 0x10",
            "_OUT_OF_BAND 0x20",
            "_STRINGS 0x41",
            "_STRINGS 0x4A",
        ),
        "one status more would be called a success, and no printer sends it": (
            "_FIRST_ERROR 0x0100",
        ),
        "the printer answers in the only language it has": ('_CHARSET b"en"',),
    },
    "document_printer/states.py": {
        "asked for, and told by nothing the contract's printer can be brought to": (
            'PRINTER_ATTRIBUTES "printer-is-accepting-jobs"',
            'JOB_ATTRIBUTES "job-state-reasons"',
            'JOB_ATTRIBUTES "job-media-sheets-completed"',
        ),
        "words that `ippeveprinter` does not use": (
            '_SEVERITIES "-error"',
            '_OUT "input-tray-missing"',
            '_TONER_OUT "marker-supply-empty"',
            '_TONER_OUT "marker-supply-missing"',
            '_TONER_LOW "marker-supply-low"',
            '_OPEN "door-open"',
            '_OPEN "interlock-open"',
            '_AWAY "offline"',
            '_AWAY "shutdown"',
            '_AWAY "timed-out"',
            '_AWAY "connecting-to-device"',
            '_STOPPED_BY_HAND "paused"',
            '_STOPPED_BY_HAND "moving-to-paused"',
        ),
        "comes with another word that says the same": (
            '_OUT "media-needed"',
            '_SEVERITIES "-warning"',
        ),
        "states that a job passes too quickly to be seen in, or never": (
            "_JOB_STATES 3",
            "_JOB_STATES 4",
            "_JOB_STATES 6",
            "_JOB_STATES 8",
        ),
    },
    "cabinet/frames.py": {
        "a bound: one byte more would be kept": ("LONGEST_FRAME 256",),
        "an echo would be read, and not compared": ("_WRITES 6",),
    },
    "cabinet/register_map.py": {
        "the board at hand has no coils": ('Table.COIL "coil"',),
        "one bit more of a number that is below zero as well": ("_SIGN 0x8000",),
        "how questions are put together; each way gets the same answers": (
            "LONGEST_SPAN 32",
            "WIDEST_GAP 4",
        ),
    },
    "power_supply/variables.py": {
        "nobody asks upsd for what it would refuse": ('REFUSED "ACCESS-DENIED"',),
    },
}
