"""Whatever arrives on a wire: every decoder of `device_drivers` answers with a typed result."""
