# A header line that ends in the length and the checksum of what follows it (SPEC §10, §11): shared by the forms that
# carry one piece of content.

import json
from binascii import crc32

from . import fields
from .errors import WireError


def encode(head: list[str], content: bytes) -> bytes:
    # `head`: version and word, then all fields but length and crc.
    line = (" ".join(head) + " " + str(len(content))).encode()
    return line + b" %08x\n" % (crc32(content, crc32(line)) & 0xFFFFFFFF) + content


def decode(data: bytes, word: bytes, count: int, most: int) -> tuple[list[bytes], bytes]:
    # -> (`count` fields, content of `most` bytes at most)
    head, start = fields.header_of(data, word)
    fields.expect(head, count + 2)
    length = fields.uint(head[count], most)
    content = data[start:]
    if len(content) != length:
        raise WireError("length", "not as long as the header says")
    # the checksum's own field is the last eight bytes of the header line, behind a space
    if crc32(content, crc32(data[: start - 10])) & 0xFFFFFFFF != fields.crc(head[count + 1]):
        raise WireError("crc", "checksum does not match")
    return head[:count], content


def object_of(content: bytes) -> dict:  # type: ignore[type-arg]
    if content[:1] != b"{" or content[-1:] != b"}":  # MicroPython's reader takes a text that is cut off for whole
        raise WireError("json", "not a JSON object")
    try:
        value = json.loads(content.decode())
    except (ValueError, RuntimeError):  # UnicodeError is a ValueError; RuntimeError: nested too deep
        raise WireError("json", "not JSON")
    if not isinstance(value, dict):
        raise WireError("json", "not a JSON object")
    return value
