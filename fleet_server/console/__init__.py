"""The operators' console (运维控制台): server-rendered pages over the domains' services."""
