"""Social security cards: pure parts, emulator, driver on a real pcscd."""
