"""What happens in a session: states, events, effects, and the runner that moves hands."""
