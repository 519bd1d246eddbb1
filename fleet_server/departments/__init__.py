"""Department systems: the contract they speak, gateways to them, and four sandboxes."""
