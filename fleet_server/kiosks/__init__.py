"""Kiosks: who they are, what they said, and whether they can be believed to be serving."""
