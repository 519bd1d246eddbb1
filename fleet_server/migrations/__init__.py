"""Schema changes, run at start; see `env.py`."""
