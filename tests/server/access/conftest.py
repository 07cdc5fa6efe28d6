"""Users who log in, without the time that real hashing takes."""

import pytest
from argon2 import PasswordHasher, Type

from server.access import passwords


@pytest.fixture(autouse=True)
def fast_hashing(monkeypatch):
    """The rules of hashing are tested in test_passwords; elsewhere it is only in the way."""
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(1, 8, 1, 32, 16, type=Type.ID))
    passwords._nobodys.cache_clear()
    yield
    passwords._nobodys.cache_clear()
