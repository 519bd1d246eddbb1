"""Kiosks, enrolment, commands, events, identity, audit."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = ("ground",)
depends_on = None


def upgrade() -> None:
    """Create the ground every other domain stands on."""
    _kiosks()
    _events()
    _people()
    op.create_table(
        "desired_version",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
    )
    op.execute("INSERT INTO desired_version (id, version) VALUES (1, 1)")
    op.create_table(
        "server_generation",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("generation", sa.BigInteger, nullable=False),
    )
    op.execute("INSERT INTO server_generation (id, generation) VALUES (1, 0)")


def _kiosks() -> None:
    op.create_table(
        "kiosk",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("hall", sa.Text, nullable=False),
        sa.Column("enrolled_at", sa.BigInteger, nullable=False),
        sa.Column("retired_at", sa.BigInteger),
    )
    op.create_table(
        "enrol_token",
        sa.Column("hash", sa.Text, primary_key=True),
        sa.Column("kiosk_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("hall", sa.Text, nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("used_at", sa.BigInteger),
    )
    op.create_table(
        "kiosk_certificate",
        sa.Column("serial", sa.Text, primary_key=True),
        sa.Column("kiosk_id", sa.Text, sa.ForeignKey("kiosk.id"), nullable=False, index=True),
        sa.Column("pem", sa.Text, nullable=False),
        sa.Column("issued_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("revoked_at", sa.BigInteger),
    )
    op.create_table(
        "presence",
        sa.Column("kiosk_id", sa.Text, sa.ForeignKey("kiosk.id"), primary_key=True),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("monotonic_ms", sa.BigInteger, nullable=False),
        sa.Column("word", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("why_facts", sa.JSON, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("heard_at", sa.BigInteger),
        sa.Column("due_at", sa.BigInteger, index=True),
        sa.Column("app_state", sa.Text, nullable=False),
        sa.Column("closed_reason", sa.Text, nullable=False),
        sa.Column("active_content", sa.Text),
        sa.Column("drawn_content", sa.Text),
        sa.Column("cases_waiting", sa.Integer, nullable=False),
        sa.Column("events_waiting", sa.Integer, nullable=False),
        sa.Column("software", sa.Text, nullable=False),
        sa.Column("clock", sa.Text, nullable=False),
        sa.Column("reported_version", sa.BigInteger),
        sa.Column("reported_content", sa.Text),
        sa.Column("reported_reason", sa.Text, nullable=False),
    )
    op.create_table(
        "kiosk_device",
        sa.Column("kiosk_id", sa.Text, sa.ForeignKey("kiosk.id"), primary_key=True),
        sa.Column("device", sa.Text, primary_key=True),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("fault", sa.Text),
        sa.Column("parts", sa.JSON, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "command",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("kiosk_id", sa.Text, sa.ForeignKey("kiosk.id"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("orders", sa.JSON, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("kiosk_id", "number"),
    )


def _events() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("kiosk_id", sa.Text, sa.ForeignKey("kiosk.id"), nullable=False),
        sa.Column("inst", sa.Text, nullable=False),
        sa.Column("upto", sa.BigInteger, nullable=False),
        sa.Column("lost", sa.JSON, nullable=False),
        sa.Column("absent", sa.JSON, nullable=False),
        sa.UniqueConstraint("kiosk_id", "inst"),
    )
    op.create_table(
        "event",
        sa.Column("outbox_id", sa.Integer, sa.ForeignKey("outbox.id"), primary_key=True),
        sa.Column("n", sa.BigInteger, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("happened_at", sa.BigInteger, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.Column("historical", sa.Boolean, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "dead_letter",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.Column("kiosk_id", sa.Text),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
    )


def _people() -> None:
    op.create_table(
        "account",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("must_change_password", sa.Boolean, nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("disabled_at", sa.BigInteger),
    )
    op.create_table(
        "sign_in_failures",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("not_before", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "account_session",
        sa.Column("hash", sa.Text, primary_key=True),
        sa.Column("account", sa.Text, sa.ForeignKey("account.name"), nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
        sa.Column("ends_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "audit",
        sa.Column("n", sa.Integer, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("previous", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
    )
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_no_{verb.lower()} BEFORE {verb} ON audit "
            "BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"
        )
