"""Fixtures of this folder."""

from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher

from fleet_server.identity import passwords


@pytest.fixture
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Argon2id all the same, for hardly any time and memory: its price is tested apart."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with monkeypatch.context() as patched:
        patched.setattr(passwords, "_hasher", lambda: quick)
        passwords._nobodys_hash.cache_clear()
        yield
    passwords._nobodys_hash.cache_clear()
