"""The kiosk's devices: made from the configuration, watched, and lent to the flow."""
