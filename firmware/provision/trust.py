# Which authorities of its gateway a box trusts: a second one beside the first, and later the second one alone. So a
# gateway gets a new authority without anybody visiting its boxes.
#
# 1. MOST are trusted at once: for a third one the box has to be told first which of the two is to stay.
# 2. Only one that is proven may stay alone: the gateway of this very session has shown a certificate of its, or shows
#    one now, on a connection that trusts nothing else. Until then the others stay, and nobody is locked out.
# 3. It is one write of the identity: a cut leaves the old state or the new one. Told again, nothing is written.

from binascii import a2b_base64, b2a_base64
from hashlib import sha256

MOST = 2
_GOODBYE = b"\xe0\x00"  # something to say once the certificate has been checked: MQTT's DISCONNECT


def der_of(text):
    # -> the one certificate in it, by its outer form; None: it is none
    try:
        der = a2b_base64(text)
    except ValueError:
        return None
    is_whole = der[:2] == b"\x30\x82" and len(der) == 4 + int.from_bytes(der[2:4], "big")
    return der if is_whole and b2a_base64(der).strip() == text.encode() else None


async def settle(cas, der, is_only, signer, door, limit_ms):
    # -> (what to trust from now on, None), or (None, why not). `cas`: what is trusted; `signer`: the SHA-256 of the one
    # that has signed what this session's gateway has shown; `door`: link/door.py, at the port where sessions are.
    if is_only:
        if sha256(der).digest() != signer and not await _shows(door, der, limit_ms):
            return None, "not_proven"
        return (der,), None
    if der in cas:
        return cas, None
    if len(cas) >= MOST:
        return None, "two_already"
    return cas + (der,), None


async def _shows(door, der, limit_ms):
    connection = None
    try:
        connection = await door.open((der,))
        await connection.send([_GOODBYE], limit_ms)
    except door.Failed:
        return False
    finally:
        if connection is not None:
            connection.close()
    return True
