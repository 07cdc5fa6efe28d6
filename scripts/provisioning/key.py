"""The fleet's key: who holds it decides which set-up codes and which firmware a box takes.

It is an RSA key of 2048 bits in a PKCS#8 file (RFC 5958), which only its owner may read, and which a passphrase locks.
A box has its public half, the modulus, in /fleet.key: 512 hexadecimal digits (firmware/provision/check.py).
"""

import base64
import hashlib
import os
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from scripts.provisioning.locked import locked_pem

KEY_BITS = 2048
KEY_BYTES = KEY_BITS // 8
EXPONENT = 65537


class Locked(ValueError):
    """The file is locked with a passphrase. `is_wrong`: one was given, and it is another one."""

    def __init__(self, is_wrong: bool) -> None:
        super().__init__("the passphrase is wrong" if is_wrong else "the key is locked with a passphrase")
        self.is_wrong = is_wrong


class FleetKey:
    """The private key of a fleet: signs provisioning codes and firmware manifests."""

    def __init__(self, key: rsa.RSAPrivateKey) -> None:
        self._key = key

    def __repr__(self) -> str:
        return f"FleetKey({self.fingerprint[:16]}, ***)"

    @classmethod
    def make(cls) -> "FleetKey":
        """A new one, known to nobody else."""
        return cls(rsa.generate_private_key(public_exponent=EXPONENT, key_size=KEY_BITS))

    @classmethod
    def load(cls, path: Path, passphrase: bytes | None = None) -> "FleetKey":
        """From a file that `save` wrote. Locked: it wants a passphrase, or another one. ValueError: no such key."""
        return cls.read(path.read_bytes(), passphrase)

    @classmethod
    def read(cls, content: bytes, passphrase: bytes | None = None) -> "FleetKey":
        """From the content of such a file."""
        is_locked = b"ENCRYPTED" in content
        if is_locked and not passphrase:
            raise Locked(is_wrong=False)
        try:
            key = serialization.load_pem_private_key(content, passphrase if is_locked else None)
        except ValueError:
            if is_locked and _is_whole(content):  # then it is what is inside that does not open
                raise Locked(is_wrong=True) from None
            raise
        except (TypeError, UnsupportedAlgorithm):
            raise ValueError("a private key of another kind") from None
        return cls(_checked(key))

    def save(self, path: Path, passphrase: bytes | None = None) -> None:
        """Into a file that only its owner reads. FileExistsError: there is one, and it is not written over."""
        content = self.content(passphrase)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        except OSError as bad:  # a half-written key is none; and who reads of it wants to know where
            path.unlink(missing_ok=True)
            bad.filename = bad.filename or str(path)
            raise

    def content(self, passphrase: bytes | None = None) -> bytes:
        """What `save` writes."""
        if passphrase:
            return locked_pem(self._der(), passphrase)
        plain = serialization.NoEncryption()
        return self._key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)

    def _der(self) -> bytes:
        plain = serialization.NoEncryption()
        return self._key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, plain)

    @classmethod
    def of_primes(cls, p: int, q: int) -> "FleetKey":
        """From what `primes` says. ValueError: they make no key of this kind."""
        try:
            d = pow(EXPONENT, -1, (p - 1) * (q - 1))
            crt = rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q)
            key = rsa.RSAPrivateNumbers(p, q, d, *crt, rsa.RSAPublicNumbers(EXPONENT, p * q)).private_key()
        except (ValueError, ArithmeticError):
            raise ValueError("these are not the primes of a key") from None
        return cls(_checked(key))

    @property
    def primes(self) -> tuple[int, int]:
        """All that is secret in the key, in its shortest form: for the backup."""
        numbers = self._key.private_numbers()
        return numbers.p, numbers.q

    @property
    def modulus(self) -> bytes:
        """The public half, as a box checks with it: 256 bytes."""
        return self._key.public_key().public_numbers().n.to_bytes(KEY_BYTES, "big")

    @property
    def fingerprint(self) -> str:
        """Which key this is: as `fingerprint_of`."""
        return fingerprint_of(self.modulus)

    def sign(self, data: bytes) -> bytes:
        """PKCS#1 v1.5 with SHA-256."""
        return self._key.sign(data, padding.PKCS1v15(), hashes.SHA256())


def _checked(key: object) -> rsa.RSAPrivateKey:
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size != KEY_BITS:
        raise ValueError(f"no RSA key of {KEY_BITS} bits")
    if key.public_key().public_numbers().e != EXPONENT:
        raise ValueError("an RSA key with another exponent than boxes check with")
    return key


def _is_whole(pem: bytes) -> bool:
    """Whether the outer form of a PEM file is there from its beginning to its end."""
    lines = pem.split(b"\n")
    try:
        der = base64.b64decode(b"".join(line.strip() for line in lines if line and not line.startswith(b"-")))
    except ValueError:
        return False
    return der[:2] == b"\x30\x82" and len(der) == 4 + int.from_bytes(der[2:4], "big")


def fingerprint_of(modulus: bytes) -> str:
    """What names a fleet's key: the SHA-256 of its public half, in hexadecimal."""
    return hashlib.sha256(modulus).hexdigest()


def modulus_of(text: str) -> bytes:
    """The content of a fleet.key -> 256 bytes. ValueError: it is not one."""
    modulus = bytes.fromhex(text.strip())
    if len(modulus) != KEY_BYTES or not modulus[0] & 0x80 or not modulus[-1] & 1:
        raise ValueError(f"not the public half of an RSA key of {KEY_BITS} bits")
    return modulus
