"""What a citizen sees and touches."""
