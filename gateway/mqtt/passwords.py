"""Passwords as mosquitto keeps them: $7$ = PBKDF2 with SHA-512, salted.

The passwords are random ones of 192 bits and more, so few rounds are enough; and the broker checks them while everybody
waits.
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets

ITERATIONS = 1_000
_SALT_BYTES = 12
_FORM = re.compile(r"\$7\$(\d{1,6})\$([A-Za-z0-9+/=]{8,64})\$([A-Za-z0-9+/=]{8,128})")


def hash_of(password: str) -> str:
    """Another one each time."""
    salt = secrets.token_bytes(_SALT_BYTES)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ITERATIONS)
    return f"$7${ITERATIONS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def matches(password: str, hashed: str) -> bool:
    """Whether this is the password of that hash; False for what is no hash."""
    parts = _FORM.fullmatch(hashed)
    if parts is None or not int(parts[1]):
        return False
    try:
        salt, wanted = base64.b64decode(parts[2], validate=True), base64.b64decode(parts[3], validate=True)
    except binascii.Error:
        return False
    return hmac.compare_digest(hashlib.pbkdf2_hmac("sha512", password.encode(), salt, int(parts[1])), wanted)


def is_hash(text: str) -> bool:
    return _FORM.fullmatch(text) is not None
