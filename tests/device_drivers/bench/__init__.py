"""The bench: catalogue, API, page, and how the process ends."""
