"""One kiosk: the citizen's app, the agent beside it, and the messages both speak."""
