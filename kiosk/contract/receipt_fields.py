"""What a receipt template may name in `{braces}`: the publish gate knows these and no others."""

from typing import Final

TEXT_FIELDS: Final = frozenset(
    {
        "applicant_name",
        "applicant_number",
        "case_number",
        "certificate_issued_at",
        "certificate_issuer",
        "certificate_note",
        "certificate_number",
        "certificate_title",
        "county",
        "decide_by",
        "department",
        "hall",
        "help_phone",
        "local_number",
        "owner",
        "place",
        "printed_at",
        "promised_days",
        "received_at",
        "service_title",
        "staffed_hours",
        "verify_url",
    }
)
"""Words inside a text; names and numbers of people come masked."""

BLOCK_FIELDS: Final = frozenset(
    {"answer_rows", "certificate_rows", "certificate_table", "signature_png"}
)
"""Whole rows, tables or pictures: the field must be all there is in its place."""

RECEIPT_FIELDS: Final = TEXT_FIELDS | BLOCK_FIELDS
