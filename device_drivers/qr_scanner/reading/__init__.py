"""Codes in pictures: three engines, tries of preprocessing, and how their readings agree."""
