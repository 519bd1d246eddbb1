-- Version 2. Papers are forgotten after their time, and their steps with them: found, not searched.

CREATE INDEX paper_step_paper ON paper_step (paper_id, at);
CREATE INDEX command_state ON command (state, state_at);
