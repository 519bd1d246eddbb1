"""State in, page out: one module per phase of a visit; all pure."""
