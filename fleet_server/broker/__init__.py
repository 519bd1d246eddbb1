"""The supervised broker and the server's own connection to it."""
