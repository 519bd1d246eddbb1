"""The uninterruptible power supply (不间断电源), asked through Network UPS Tools (NUT)."""
