"""Cases, their timeline, day counters, refused envelopes."""

import sqlalchemy as sa
from alembic import op

revision = "0101"
down_revision = None
branch_labels = ("cases",)
depends_on = "0001"


def upgrade() -> None:
    """Create the tables of `fleet_server.cases`."""
    op.create_table(
        "citizen_case",
        sa.Column("case_id", sa.Text, primary_key=True),
        sa.Column("case_number", sa.Text, nullable=False, unique=True),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("kiosk_id", sa.Text, nullable=False, index=True),
        sa.Column("department", sa.Text, nullable=False),
        sa.Column("service_id", sa.Text, nullable=False),
        sa.Column("service_version", sa.Integer, nullable=False),
        sa.Column("service_title", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("submitted_at", sa.BigInteger, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False, index=True),
        sa.Column("masked_name", sa.Text, nullable=False),
        sa.Column("masked_number", sa.Text, nullable=False),
        sa.Column("suite", sa.Text, nullable=False),
        sa.Column("sealed_key", sa.LargeBinary, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.Column("reply_key", sa.LargeBinary, nullable=False),
        sa.Column("papers", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("due_at", sa.BigInteger),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("trouble", sa.Text, nullable=False),
        sa.Column("answered_at", sa.BigInteger),
        sa.Column("department_number", sa.Text, nullable=False),
        sa.Column("limit_working_days", sa.Integer, nullable=False),
        sa.Column("decide_by", sa.Text, nullable=False),
        sa.Column("refusal_code", sa.Text, nullable=False),
        sa.Column("answer", sa.LargeBinary),
        sa.Column("sealed_reply", sa.LargeBinary),
    )
    op.create_index(
        "citizen_case_due", "citizen_case", ["due_at"], sqlite_where=sa.text("due_at IS NOT NULL")
    )
    op.create_table(
        "case_event",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "case_id", sa.Text, sa.ForeignKey("citizen_case.case_id"), nullable=False, index=True
        ),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
    )
    op.create_table(
        "case_counter",
        sa.Column("day", sa.Text, primary_key=True),
        sa.Column("last", sa.Integer, nullable=False),
    )
    op.create_table(
        "refused_envelope",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("kiosk_id", sa.Text, nullable=False),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
    )
