"""Passwords: which are taken, and how they are kept.

1. Kept by Argon2id (RFC 9106) with 64 MiB, 2 passes, 1 lane, 16 bytes of salt, 32 of hash: above the least that OWASP's
   "Password Storage Cheat Sheet" asks for (19 MiB, 2 passes, 1 lane). Where these numbers change, a password is hashed
   anew at its next good log-in.
2. Taken by NIST SP 800-63B §5.1.1.2 and its successor §3.1.1.2: at least 12 characters, at most 256, every character
   allowed, nothing asked of their mixture, NFKC; refused are the commonest, runs and repetitions, and the user's name.
   No password ends by itself.
3. A name that is not known costs as much time as a wrong password: `verify` takes None.
"""

import unicodedata
from functools import cache
from importlib import resources

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from server.errors import Refused

LEAST, MOST = 12, 256
HASHER = PasswordHasher(time_cost=2, memory_cost=65_536, parallelism=1, hash_len=32, salt_len=16, type=Type.ID)
RUNS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789",
    "qwertyuiopasdfghjklzxcvbnm",
    "zyxwvutsrqponmlkjihgfedcba",
)
RUN_LENGTH = 8


def judge(password: str, name: str) -> str:
    """The password as it is hashed. Raises `Refused`: `password_short`, `password_long`, `password_common`."""
    made = unicodedata.normalize("NFKC", password)
    if len(made) < LEAST:
        raise Refused("password_short", f"at least {LEAST} characters")
    if len(made) > MOST:
        raise Refused("password_long", f"at most {MOST} characters")
    if _is_common(made.casefold(), name.casefold()):
        raise Refused("password_common", "too easily guessed")
    return made


def make(password: str) -> str:
    """How a judged password is kept. About 100 ms of one core: never on the event loop."""
    return HASHER.hash(password)


def verify(kept: str | None, password: str) -> bool:
    """Whether it is this one; None: nobody's, after the same time."""
    made = unicodedata.normalize("NFKC", password[: MOST + 1])
    try:
        HASHER.verify(kept or _nobodys(), made)
    except (VerifyMismatchError, VerificationError, InvalidHashError):
        return False
    return kept is not None


def is_outdated(kept: str) -> bool:
    """Whether it was made with other numbers than those above."""
    return HASHER.check_needs_rehash(kept)


def _is_common(password: str, name: str) -> bool:
    if password in _commonest() or len(set(password)) < 4:
        return True
    if len(name) >= 4 and len(password.replace(name, "")) < LEAST - 6:
        return True
    for length in range(1, len(password) // 2 + 1):
        piece = password[:length]
        if len(set(piece)) < LEAST // 2 and (piece * len(password)).startswith(password):
            return True
    stem = password.rstrip("0123456789!@#$.")
    return any(password[:RUN_LENGTH] in run or (stem and len(stem) >= RUN_LENGTH and stem in run) for run in RUNS)


@cache
def _commonest() -> frozenset[str]:
    text = resources.files("server.access").joinpath("commonest.txt").read_text("utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))


@cache
def _nobodys() -> str:
    return HASHER.hash("nobody's password")
