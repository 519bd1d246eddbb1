"""Orders to kiosks: queued, sent, received, running, and how each ended."""
