"""The document printer: decoders, states, the driver at the real wire, commands."""
