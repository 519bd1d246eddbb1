"""The agent: its own process beside the app, the kiosk's only voice on the network."""
