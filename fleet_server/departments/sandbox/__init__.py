"""Four believable department systems that speak the contract, each its own process.

They hold invented data only (`assets/sandbox`). A county replaces each by its own system.
"""
