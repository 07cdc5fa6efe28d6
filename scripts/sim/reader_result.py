"""What became of a code that was held before a simulated reader."""

from typing import Any, NamedTuple
from zlib import crc32


class Sent(NamedTuple):
    """The code went out whole. `last_byte_ms`: CLOCK_MONOTONIC when the line was done with its last byte."""

    crc: str
    length: int
    last_byte_ms: int
    fault: str = ""
    """A fault that did not touch the code itself."""

    def as_json(self) -> dict[str, Any]:
        sent = {"crc": self.crc, "length": self.length, "last_byte_ms": self.last_byte_ms}
        return {"sent": {**sent, "fault": self.fault} if self.fault else sent}


class NotRead(NamedTuple):
    """It did not go out, or not as it is. `reason`: off, asleep, manual, not_triggered, pause, same_code, setup_code,
    deaf, mute, no_code, no_host, wrong_speed, or the name of the fault that befell it."""

    reason: str
    crc: str
    length: int

    @classmethod
    def of(cls, reason: str, code: bytes) -> "NotRead":
        return cls(reason, f"{crc32(code):08x}", len(code))

    def as_json(self) -> dict[str, Any]:
        return {"not_read": self.reason, "crc": self.crc, "length": self.length}
