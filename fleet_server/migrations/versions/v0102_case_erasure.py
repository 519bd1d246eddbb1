"""When a case's personal data was erased."""

import sqlalchemy as sa
from alembic import op

revision = "0102"
down_revision = "0101"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add `citizen_case.erased_at`, empty for every case there is."""
    op.add_column("citizen_case", sa.Column("erased_at", sa.BigInteger))
    op.create_index(
        "citizen_case_kept",
        "citizen_case",
        ["content", "service_id", "answered_at"],
        sqlite_where=sa.text("erased_at IS NULL"),
    )
