"""What emulators of several devices share below their drivers: the wire itself."""
