"""The design system: pure widgets that take every colour and size from the `Look`."""
