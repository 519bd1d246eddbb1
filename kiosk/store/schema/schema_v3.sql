-- Version 3. A paper that nobody took and the printer drew back in is `retracted`. SQLite cannot change a
-- CHECK, so the table is made anew; the steps are set aside, for they go with the papers they belong to.

CREATE TABLE paper_v3 (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    case_id TEXT NOT NULL,
    title TEXT NOT NULL,
    copy_number INTEGER NOT NULL,
    stage TEXT NOT NULL CHECK (
        stage IN ('intent', 'sent', 'presented', 'taken', 'retracted', 'unconfirmed', 'not_printed')
    )
) STRICT;
INSERT INTO paper_v3 (id, case_id, title, copy_number, stage)
    SELECT id, case_id, title, copy_number, stage FROM paper;
-- A number is never used twice, even after the row is gone.
DELETE FROM sqlite_sequence WHERE name = 'paper_v3';
INSERT INTO sqlite_sequence (name, seq) SELECT 'paper_v3', seq FROM sqlite_sequence WHERE name = 'paper';

CREATE TABLE paper_step_aside (paper_id INTEGER NOT NULL, stage TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
INSERT INTO paper_step_aside SELECT paper_id, stage, at FROM paper_step ORDER BY rowid;
DROP TABLE paper;
ALTER TABLE paper_v3 RENAME TO paper;
CREATE INDEX paper_case ON paper (case_id, title);
DELETE FROM paper_step;
INSERT INTO paper_step (paper_id, stage, at) SELECT paper_id, stage, at FROM paper_step_aside
    WHERE paper_id IN (SELECT id FROM paper) ORDER BY rowid;
DROP TABLE paper_step_aside;
