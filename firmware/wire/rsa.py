# RSA-2048 signatures, PKCS#1 v1.5 with SHA-256: checked with nothing but whole numbers (SPEC §12).
# Source: RFC 8017 chapters 8.2.2 and 9.2. The padding is rebuilt and compared whole, never parsed.

KEY_BYTES = 256
_EXPONENT = 65537
_DIGEST_INFO = b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"


def verify(modulus: bytes, digest: bytes, signature: bytes) -> bool:
    # `modulus`: the public key, 256 bytes, big end first. `digest`: SHA-256 of what was signed.
    if len(modulus) != KEY_BYTES or len(signature) != KEY_BYTES or len(digest) != 32 or not modulus[0] & 0x80:
        return False
    n = int.from_bytes(modulus, "big")
    s = int.from_bytes(signature, "big")
    if s >= n:
        return False
    padding = b"\xff" * (KEY_BYTES - 3 - len(_DIGEST_INFO) - len(digest))
    wanted = b"\x00\x01" + padding + b"\x00" + _DIGEST_INFO + digest
    return pow(s, _EXPONENT, n).to_bytes(KEY_BYTES, "big") == wanted
