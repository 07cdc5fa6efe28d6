# Control codes: a poster that turns the direction of a box for a while.
#
# 1. It is the text TRAMC1:<verb>:<tag>, and verb is in, out, or default (back at once).
# 2. The tag is the first 32 hexadecimal digits, in small letters, of HMAC-SHA256(control key, "TRAMC1:" + verb). It is
#    compared in constant time. Without a key every control code is refused.
# 3. It lies in the keeper's pocket and does not expire: who copied it can turn the box, for `toggle_s`, until the key
#    is changed. It says nothing else and opens nothing else.

from binascii import hexlify, unhexlify
from hashlib import sha256

VERBS = ("in", "out", "default")

_PREFIX = b"TRAMC1:"
_BLOCK_BYTES = 64
_KEY_DIGITS = _TAG_DIGITS = 32


def read(code, key_hex):
    # -> (verb, ""), or (None, the reason for refusing it: form, no_key, tag)
    parts = code.strip(b" \t\r\n\0").split(b":", 3)
    if len(parts) != 3 or parts[0] != _PREFIX[:-1] or len(parts[2]) != _TAG_DIGITS:
        return None, "form"
    verbs = [verb for verb in VERBS if verb.encode() == parts[1]]
    if not verbs:
        return None, "form"
    if len(key_hex) != _KEY_DIGITS:
        return None, "no_key"
    if not _same(parts[2], _tag(unhexlify(key_hex), verbs[0])):
        return None, "tag"
    return verbs[0], ""


def make(key_hex, verb):
    # -> the text to print: for the tools
    key = unhexlify(key_hex)
    if len(key_hex) != _KEY_DIGITS or verb not in VERBS:
        raise ValueError("key or verb")
    return (_PREFIX + verb.encode() + b":" + _tag(key, verb)).decode()


def _tag(key, verb):
    # HMAC as in RFC 2104: MicroPython has none
    inner = sha256(_padded(key, 0x36) + _PREFIX + verb.encode()).digest()
    return hexlify(sha256(_padded(key, 0x5C) + inner).digest())[:_TAG_DIGITS]


def _padded(key, byte):
    return bytes([at ^ byte for at in key + bytes(_BLOCK_BYTES - len(key))])


def _same(given, wanted):
    # looks at every byte, wherever the first difference is
    different = len(given) ^ len(wanted)
    for one, other in zip(given, wanted):
        different |= one ^ other
    return different == 0
