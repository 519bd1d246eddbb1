"""Drivers and wire-level emulators of the kiosk's devices; knows nothing of kiosk or server."""
