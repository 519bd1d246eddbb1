"""What every kiosk shall be: the version that only grows, and what other domains put into it."""
