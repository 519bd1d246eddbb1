"""Passwords: hashed with Argon2id, checked in the same time whether the account exists or not."""

import secrets
import threading
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

SHORTEST: Final = 10
"""Characters; length counts, rules about classes of characters do not (NIST SP 800-63B 5.1.1)."""


_AT_ONCE: Final = threading.BoundedSemaphore(2)
"""One check fills 64 MiB: forty strangers at once must not fill the machine."""


def hash_password(password: str) -> str:
    """Argon2id with the library's parameters; takes about 50 ms on purpose."""
    with _AT_ONCE:
        return _hasher().hash(password)


def is_password(password_hash: str | None, password: str) -> bool:
    """Whether it is the one; None (no such account) takes as long and is never right."""
    wanted = password_hash or _nobodys_hash()
    try:
        with _AT_ONCE:
            _hasher().verify(wanted, password)
    except (VerifyMismatchError, InvalidHashError):
        return False
    return password_hash is not None


def one_time_password() -> str:
    """120 random bits, easy to copy."""
    return "-".join(secrets.token_hex(5) for _ in range(3))


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _nobodys_hash() -> str:
    return _hasher().hash(secrets.token_hex(16))
