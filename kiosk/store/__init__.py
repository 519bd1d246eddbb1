"""Everything a kiosk keeps: one SQLite file in which app and agent meet."""
