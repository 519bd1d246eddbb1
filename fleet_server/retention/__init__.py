"""How long the server keeps what: each table has an end."""
