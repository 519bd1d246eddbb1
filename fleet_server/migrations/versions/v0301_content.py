"""Drafts, publications, signed metadata."""

import sqlalchemy as sa
from alembic import op

revision = "0301"
down_revision = None
branch_labels = ("content",)
depends_on = "0001"


def upgrade() -> None:
    """Create the tables of `fleet_server.content`."""
    op.create_table(
        "draft_part",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
        sa.Column("changed_by", sa.Text, nullable=False),
    )
    op.create_table(
        "publication",
        sa.Column("release", sa.Integer, primary_key=True),
        sa.Column("hash", sa.Text, nullable=False, index=True),
        sa.Column("bundle", sa.Text, nullable=False),
        sa.Column("published_at", sa.BigInteger, nullable=False),
        sa.Column("published_by", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("restored_from", sa.Integer, sa.ForeignKey("publication.release")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "published_part",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.UniqueConstraint("name", "fingerprint"),
    )
    op.create_table(
        "signed_role",
        sa.Column("role", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("metadata", sa.LargeBinary, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
    )
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER publication_no_{verb.lower()} BEFORE {verb} ON publication "
            "BEGIN SELECT RAISE(ABORT, 'publications are never changed'); END"
        )
