"""A simulated GM67: packets like Symbol's SSI. Pure.

1. A packet is `length opcode source status …` and the two's complement of the sum of its bytes, in two bytes; the
   length counts all but these two. Bytes 00 between packets wake it, and are passed over. One with a wrong sum gets no
   answer.
2. Start and stop are acknowledged. What it answers to the question for its revision differs with the seed: some do not
   know it and say so, some say nothing.
3. Codes go out as plain text with CR LF. Nothing can be set: what its settings are is not public.
Written from what is published of its packets alone, sharing no code with the tool that talks to it.
"""

from typing import ClassVar

from scripts.sim.reader_text import TextCommand, TextModule

_ACK = bytes.fromhex("04D00000FF2C")
_NAK = bytes.fromhex("05D1000001FF29")
_REVISION, _START, _STOP = 0xA3, 0xE4, 0xE5
_LEAST = 4


def packet(body: bytes) -> bytes:
    return body + (0x10000 - sum(body)).to_bytes(2, "big")


class Gm67(TextModule):
    name = "gm67"
    tail = b"\r\n"
    factory: ClassVar[dict[str, str]] = {"baud": "9600", "port": "uart"}
    same_code_s = 0.5
    reading = "command"

    def _next(self) -> tuple[int, int] | None:
        at = len(self._buffer) - len(self._buffer.lstrip(b"\0"))
        if at == len(self._buffer):
            return None
        end = at + max(self._buffer[at], _LEAST) + 2
        return (at, end) if len(self._buffer) >= end else None

    def obey(self, command: TextCommand) -> tuple[bytes, float, str]:
        body = command.data[:-2]
        if packet(body) != command.data:
            return b"", 0.0, ""
        if body[1] == _REVISION:
            text = packet(bytes((4 + 5, 0xA4, 0, 0)) + b"GM67A")
            return (text, _NAK, b"")[self.seed % 3], 0.0, ""
        return _ACK, 0.0, {_START: "trigger", _STOP: "stop"}.get(body[1], "")

    def is_setup_code(self, code: bytes) -> bool:
        return False

    def set_up(self, code: bytes) -> str:
        return ""
