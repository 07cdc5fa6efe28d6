"""Whole records found in raw bytes, wherever they lie: every record carries its identity and its own checksum.

What is carved was received from a box once, bit for bit; it may have been delivered, or even never committed. Taking
it in again does no harm: the server knows what it has. A record that was split over several pages is not found this
way.
"""

import re
from collections.abc import Callable, Iterator
from mmap import mmap

from firmware.wire import record
from firmware.wire.errors import WireError

_HEAD = re.compile(
    rb"1 scan ([a-z0-9-]{3,32}) ([0-9a-f]{12}) ([1-9][0-9]{0,9}) [^\n]{1,400} ([1-9][0-9]{0,3}) [0-9a-f]{8}\n"
)


def records(data: bytes | mmap, is_known: Callable[[str, str, int], bool]) -> Iterator[tuple[record.Scan, bytes]]:
    """Every whole scan in there that is not known yet -> (decoded, its bytes)."""
    for found in _HEAD.finditer(data):
        box_id, epoch = found[1].decode(), found[2].decode()
        if is_known(box_id, epoch, int(found[3])):
            continue
        whole = data[found.start() : found.end() + int(found[4]) + 1]
        try:
            scan = record.decode(whole)
        except WireError:
            continue
        if isinstance(scan, record.Scan):
            yield scan, whole
