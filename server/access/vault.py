"""What the server's key file is good for: secrets of second factors sealed, the record of looks signed.

1. One key of 32 random bytes; from it, by HKDF-SHA256 with a label each: a key that seals (ChaCha20-Poly1305, RFC 8439,
   a random nonce of 12 bytes, the user's id as associated data), one that signs (Ed25519, RFC 8032), one that hides
   whose log-in failed (HMAC-SHA256).
2. The key is in a file beside the database's folder and never in it: a copy of the database opens no second factor
   and forges no entry. Where the key is lost, second factors are set up again and the old entries are believed by
   their public key, which `audit export` prints.
"""

import hmac
import secrets
from hashlib import sha256

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from server.errors import Unavailable

NONCE_BYTES = 12


class Keys:
    """Public keys whose signatures are believed, by their id."""

    def __init__(self, *public_keys: bytes) -> None:
        self._known = {key_id(one): Ed25519PublicKey.from_public_bytes(one) for one in public_keys}

    def verify(self, key_id: str, data: bytes, signature: bytes) -> bool | None:
        """None: no such key is known."""
        key = self._known.get(key_id)
        if key is None:
            return None
        try:
            key.verify(signature, data)
        except InvalidSignature:
            return False
        return True


class Vault(Keys):
    """Made from the key; `repr` shows none of it."""

    def __init__(self, key: bytes) -> None:
        self._sealing = ChaCha20Poly1305(_derive(key, b"tram access seal"))
        self._signing = Ed25519PrivateKey.from_private_bytes(_derive(key, b"tram access sign"))
        self._hiding = _derive(key, b"tram access hide")
        self.public_key = self._signing.public_key().public_bytes_raw()
        self.key_id = key_id(self.public_key)
        super().__init__(self.public_key)

    def __repr__(self) -> str:
        return f"Vault({self.key_id})"

    def seal(self, user_id: str, secret: str) -> bytes:
        """A secret as the database may hold it."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._sealing.encrypt(nonce, secret.encode(), user_id.encode())

    def open(self, user_id: str, sealed: bytes) -> str:
        """Raises `Unavailable`: `access_key` where this key did not seal it, or not for this user."""
        try:
            return self._sealing.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], user_id.encode()).decode()
        except InvalidTag as err:
            raise Unavailable("access_key", "the server's key file does not open this second factor") from err

    def sign(self, data: bytes) -> bytes:
        """64 bytes."""
        return self._signing.sign(data)

    def hide(self, text: str) -> str:
        """32 hexadecimal digits that tell nothing of the text."""
        return hmac.new(self._hiding, text.encode("utf-8", "surrogateescape"), sha256).hexdigest()[:32]


def key_id(public_key: bytes) -> str:
    """What an entry names a key by."""
    return sha256(public_key).hexdigest()[:16]


def _derive(key: bytes, label: bytes) -> bytes:
    return HKDF(SHA256(), 32, None, label).derive(key)
