"""Social security cards (社保卡) through PC/SC."""
