"""The ways bytes, cards and pictures reach a driver."""
