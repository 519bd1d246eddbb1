-- Version 1. Times are milliseconds since 1970, UTC. No table can hold personal data in the clear.

CREATE TABLE outbox_identity (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    inst TEXT NOT NULL CHECK (length(inst) = 32)
) STRICT;
INSERT INTO outbox_identity VALUES (1, lower(hex(randomblob(16))));

-- AUTOINCREMENT: a number is never used twice, even after the row is gone.
CREATE TABLE outbox (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    droppable INTEGER NOT NULL CHECK (droppable IN (0, 1)),
    body TEXT NOT NULL,
    acked_at INTEGER
) STRICT;
CREATE INDEX outbox_unacked ON outbox (n) WHERE acked_at IS NULL;
CREATE INDEX outbox_acked ON outbox (acked_at) WHERE acked_at IS NOT NULL;

CREATE TABLE journal (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    facts TEXT NOT NULL
) STRICT;
CREATE INDEX journal_at ON journal (at);

CREATE TABLE case_out (
    case_id TEXT PRIMARY KEY CHECK (length(case_id) = 32),
    submitted_at INTEGER NOT NULL,
    stage TEXT NOT NULL CHECK (stage IN ('waiting', 'delivered', 'replied', 'turned_away')),
    envelope TEXT,
    receipt TEXT,
    sealed_reply BLOB,
    turned_away_code TEXT,
    stage_at INTEGER NOT NULL
) STRICT;
CREATE INDEX case_out_stage ON case_out (stage, submitted_at);

CREATE TABLE case_paper (
    case_id TEXT NOT NULL REFERENCES case_out (case_id) ON DELETE CASCADE,
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
    ciphertext BLOB NOT NULL,
    PRIMARY KEY (case_id, sha256)
) STRICT;

CREATE TABLE paper (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    case_id TEXT NOT NULL,
    title TEXT NOT NULL,
    copy_number INTEGER NOT NULL,
    stage TEXT NOT NULL CHECK (
        stage IN ('intent', 'sent', 'presented', 'taken', 'unconfirmed', 'not_printed')
    )
) STRICT;
CREATE INDEX paper_case ON paper (case_id, title);

CREATE TABLE paper_step (
    paper_id INTEGER NOT NULL REFERENCES paper (id) ON DELETE CASCADE,
    stage TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;

CREATE TABLE command (
    id TEXT PRIMARY KEY,
    number INTEGER NOT NULL UNIQUE,
    body TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (
        state IN ('received', 'running', 'succeeded', 'failed', 'expired', 'interrupted')
    ),
    detail TEXT NOT NULL DEFAULT '',
    state_at INTEGER NOT NULL
) STRICT;

CREATE TABLE shared_state (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;
