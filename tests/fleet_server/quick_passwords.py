"""Passwords that cost next to nothing: what a real one costs is tested apart."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from argon2 import PasswordHasher

from fleet_server.identity import passwords


@contextmanager
def quick_passwords() -> Iterator[None]:
    """Argon2id all the same, for hardly any time and memory."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with patch.object(passwords, "_hasher", lambda: quick):
        passwords._nobodys_hash.cache_clear()
        yield
    passwords._nobodys_hash.cache_clear()
