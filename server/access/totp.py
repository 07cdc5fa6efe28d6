"""Second factors: six digits that change every 30 seconds (RFC 6238), and codes for when the telephone is gone.

1. A code of the step before, of now, or of the step after is taken: clocks differ by up to 30 seconds.
2. A code is used once: a step that is not after the last one used is refused (RFC 6238 §5.2). Where the server's clock
   goes back, codes are refused until it has come to where it was.
3. A recovery code is 16 letters and digits (80 random bits), good once, kept as its SHA-256.
"""

import base64
import hmac
import secrets
from hashlib import sha256

import pyotp

STEP_MS = 30_000
DRIFT_STEPS = 1
DIGITS = 6
RECOVERY_CODES = 10
ISSUER = "Tram"


def new_secret() -> str:
    """160 random bits, base32 (RFC 4226 §4 R6)."""
    return pyotp.random_base32(32)


def uri(secret: str, name: str) -> str:
    """What an authenticator app reads from a QR code."""
    return pyotp.TOTP(secret, digits=DIGITS, interval=STEP_MS // 1000).provisioning_uri(name=name, issuer_name=ISSUER)


def step_of(secret: str, code: str, now_ms: int, after_step: int) -> int | None:
    """The step that this code is of, if it is good now and above `after_step`. Compared in constant time."""
    if len(code) != DIGITS or not (code.isascii() and code.isdigit()):
        return None
    made = pyotp.HOTP(secret, digits=DIGITS)
    now_step = now_ms // STEP_MS
    found = None
    for step in range(max(0, now_step - DRIFT_STEPS), now_step + DRIFT_STEPS + 1):
        if hmac.compare_digest(made.at(step), code) and step > after_step and found is None:
            found = step
    return found


def new_recovery_codes() -> list[str]:
    """Shown once."""
    return [_grouped(base64.b32encode(secrets.token_bytes(10)).decode().lower()) for _ in range(RECOVERY_CODES)]


def recovery_digest(code: str) -> str:
    """How one is kept; spaces, dashes and case do not matter."""
    return sha256("".join(letter for letter in code.lower() if letter.isalnum()).encode()).hexdigest()


def spend(kept: list[str], code: str) -> list[str] | None:
    """The digests that are left when this code is used; None: it is none of them."""
    asked = recovery_digest(code)
    left = [one for one in kept if not hmac.compare_digest(one, asked)]
    return left if len(left) < len(kept) else None


def _grouped(code: str) -> str:
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))
