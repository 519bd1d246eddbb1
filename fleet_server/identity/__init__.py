"""People: who may sign in, as what, and for how long."""
