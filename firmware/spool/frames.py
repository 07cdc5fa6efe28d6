# What lies on the flash, as bytes (FORMAT.md): pure, no I/O.
#
# 1. A record is a wire record, unchanged. `measure` checks one by its own length and checksum.
# 2. Everything else is sealed: `<word> 1 <field> … <length> <crc>\n<body>`, the crc over the header up to the space
#    before it, then the body. What does not match its crc does not exist.
# 3. Whatever is found must name this box: other bytes may lie on a flash, from another life of it.

from binascii import crc32

MAX_HEADER_BYTES = 256
MAX_RECORD_BYTES = 3328
_NEWLINE = 10


def scan_prefix(box_id, epoch=None):
    # what every scan of this box (and epoch) begins with
    return ("1 scan %s " % box_id if epoch is None else "1 scan %s %s " % (box_id, epoch)).encode()


def measure(data, start, end):
    # -> the bytes of the scan record that begins at `start`; 0: it goes on beyond `end`; -1: there is none
    stop = data.find(b"\n", start, min(end, start + MAX_HEADER_BYTES))
    if stop < 0:
        return 0 if end - start < MAX_HEADER_BYTES else -1
    fields = data[start:stop].split(b" ")
    if len(fields) != 12 or fields[0] != b"1" or fields[1] != b"scan" or len(fields[11]) != 8:
        return -1
    try:
        length = int(fields[10])
    except ValueError:
        return -1
    total = stop + 1 - start + length + 1
    if length < 1 or total > MAX_RECORD_BYTES:
        return -1
    if start + total > end:
        return 0
    if data[start + total - 1] != _NEWLINE:
        return -1
    view = memoryview(data)
    return total if _sum(view[start : stop - 9], view[stop + 1 : start + total - 1]) == fields[11] else -1


def _sum(head, body):
    return b"%08x" % (crc32(body, crc32(head)) & 0xFFFFFFFF)


def number(text):
    return int(text) if text.isdigit() and len(text) <= 10 else -1


def identity(data, start):
    # -> (epoch, seq, boot) of the scan record at `start`, as its header says: measured before, or not to be trusted
    fields = data[start : start + 128].split(b" ", 6)
    if len(fields) < 7:
        return None, -1, -1
    try:
        return fields[3].decode(), number(fields[4]), number(fields[5])
    except UnicodeError:
        return None, -1, -1


def seal(word, fields, body=b""):
    head = " ".join([word, "1"] + [str(field) for field in fields] + [str(len(body))]).encode()
    return head + b" " + _sum(head, body) + b"\n" + body


def unseal(data, word, start=0):
    # -> (fields as bytes, body), or None where nothing of that word lies whole at `start`
    stop = data.find(b"\n", start, start + MAX_HEADER_BYTES * 2)
    if stop < 0 or stop - start < 16:
        return None
    fields = data[start:stop].split(b" ")
    if fields[0] != word.encode() or fields[1] != b"1" or len(fields[-1]) != 8:
        return None
    try:
        length = int(fields[-2])
    except ValueError:
        return None
    body = data[stop + 1 : stop + 1 + length]
    if length < 0 or len(body) != length:
        return None
    return (fields[2:-2], body) if _sum(memoryview(data)[start : stop - 9], body) == fields[-1] else None
