"""How many bytes went over the line: what somebody pays for.

1. Counted where the kernel counts (TCP_INFO): TLS, what was sent twice, and for each segment the headers of IP and TCP.
   Where the kernel does not say, what was written and read.
2. Since the start, and by month in the time of Viêt Nam, sent and received. While the date is not known it is not known
   which month it is: what was sent then is counted for the month that becomes known first.
3. The months are kept on the disk by way.py; a power cut loses what came since it last did so.
"""

import socket
import struct
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple, Protocol

MOST_MONTHS = 13
_LOCAL = timezone(timedelta(hours=7))
_HEADER_BYTES = 52  # IPv4, and TCP with its timestamps
# struct tcp_info of linux/tcp.h: received and the segments, then (Linux 4.19) everything that was sent
_RECEIVED, _SENT, _LEAST_BYTES = struct.Struct("=QII"), struct.Struct("=Q"), 208
_RECEIVED_AT, _SENT_AT = 128, 200


class Line(NamedTuple):
    sent: int
    received: int


class Socket(Protocol):
    def getsockopt(self, level: int, option: int, size: int, /) -> bytes: ...


class Meter:
    def __init__(self, utc_ms: Callable[[], int | None]) -> None:
        self._utc_ms = utc_ms
        self.sent = 0
        self.received = 0
        self._undated = [0, 0]
        self._months: dict[str, list[int]] = {}

    def add(self, line: Line) -> None:
        self.sent += line.sent
        self.received += line.received
        self._undated[0] += line.sent
        self._undated[1] += line.received
        self._date()

    def months(self) -> dict[str, Line]:
        """By month, such as "2026-11": the latest ones."""
        self._date()
        return {month: Line(*counts) for month, counts in sorted(self._months.items())}

    def load(self, months: Mapping[str, Any]) -> None:
        """What an earlier run had counted; what is not in the form is left out."""
        for month, counts in months.items():
            if _is_month(month) and isinstance(counts, list) and [type(one) for one in counts] == [int, int]:
                known = self._months.setdefault(month, [0, 0])
                known[0] += max(0, counts[0])
                known[1] += max(0, counts[1])

    def _date(self) -> None:
        utc_ms = self._utc_ms()
        if utc_ms is None or self._undated == [0, 0]:
            return
        month = datetime.fromtimestamp(utc_ms / 1000, _LOCAL).strftime("%Y-%m")
        counts = self._months.setdefault(month, [0, 0])
        counts[0] += self._undated[0]
        counts[1] += self._undated[1]
        self._undated = [0, 0]
        for old in sorted(self._months)[:-MOST_MONTHS]:
            del self._months[old]


class Tap:
    """What went over one connection since it was last looked at."""

    def __init__(self, sock: Socket | None) -> None:
        self._sock = sock
        self._seen = Line(0, 0)
        self._passed = Line(0, 0)

    def passed(self, sent: int, received: int) -> None:
        """As seen from inside: for where the kernel does not say."""
        self._passed = Line(self._passed.sent + sent, self._passed.received + received)

    def read(self) -> Line:
        now = self._kernel() or self._passed
        since = Line(max(0, now.sent - self._seen.sent), max(0, now.received - self._seen.received))
        self._seen = Line(max(now.sent, self._seen.sent), max(now.received, self._seen.received))
        return since

    def _kernel(self) -> Line | None:
        try:
            if self._sock is None:
                return None
            info = self._sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
        except (OSError, AttributeError):
            return None
        if len(info) < _LEAST_BYTES:
            return None
        received, segments_out, segments_in = _RECEIVED.unpack_from(info, _RECEIVED_AT)
        (sent,) = _SENT.unpack_from(info, _SENT_AT)
        return Line(sent + _HEADER_BYTES * segments_out, received + _HEADER_BYTES * segments_in)


def _is_month(text: str) -> bool:
    return len(text) == 7 and text[4] == "-" and text[:4].isdigit() and text[5:].isdigit()
