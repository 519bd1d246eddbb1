"""The languages scanners speak on a serial line (`DEVICES.md` section 5.1): pure, bytes only."""
