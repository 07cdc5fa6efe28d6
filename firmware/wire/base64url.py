# base64url without padding (RFC 4648 chapter 5), in its only spelling: what does not encode back to itself is refused.

from binascii import a2b_base64, b2a_base64

from .errors import WireError


def encode(data: bytes) -> bytes:
    return b2a_base64(data).rstrip(b"=\n").replace(b"+", b"-").replace(b"/", b"_")


def decode(text: bytes) -> bytes:
    padded = text.replace(b"-", b"+").replace(b"_", b"/") + b"=" * (-len(text) % 4)
    try:
        data = a2b_base64(padded)
    except ValueError:
        raise WireError("field", "not base64url")
    if encode(data) != text:
        raise WireError("field", "not base64url")
    return data


def exactly(text: bytes, length: int) -> bytes:
    # the bytes that `text` stands for, if they are that many
    data = decode(text)
    if len(data) != length:
        raise WireError("field", "not %d bytes as base64url" % length)
    return data
