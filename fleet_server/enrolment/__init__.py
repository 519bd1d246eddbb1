"""How a kiosk gets its identity, and loses it."""
