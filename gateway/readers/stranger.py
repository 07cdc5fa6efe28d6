"""Is that a reader at all? What a pattern finds may be a satellite receiver, a modem, or a line that echoes.

1. NMEA: three sentences with right checksums, one after the other, from a device that answered none of our questions.
2. An echo: whatever is asked comes back as it went out, twice. No reader does that.
3. A modem: besides an echo, or alone, the result codes of its commands, three of them.
4. Once it has answered as a reader does it is one, whatever stands in the codes that people show to it: nobody can
   talk it into being something else.
5. Memory is bounded: the last _ROOM bytes, and the last command.
"""

import re

_ROOM = 512
_SENTENCES = 3
_ECHOES = 2
_LEAST_ECHO_BYTES = 3
_NMEA = re.compile(rb"[$!]([A-Z]{2}[A-Z0-9]{3,5},[\x20-\x7e]{1,90})\*([0-9A-F]{2})\r?\n")
_RESULT = re.compile(rb"(?:^|[\r\n])(?:ERROR|NO CARRIER|RING|\+CM[ES] ERROR: ?\d+|\+C[A-Z]{2,6}: [\x20-\x7e]+)\r\n")


class Stranger:
    """said() and heard() see the line; `what` is empty, gps, modem or echo."""

    def __init__(self) -> None:
        self._forget()

    def _forget(self) -> None:
        self.what = ""
        self._heard = self._said = b""
        self._sentences = self._echoes = self._results = 0

    def answered(self) -> None:
        """It has answered as a reader does."""
        self._forget()

    def said(self, data: bytes) -> None:
        self._said = bytes(data)

    def heard(self, data: bytes) -> str:
        """-> what it is taken for now"""
        self._heard = (self._heard + data)[-_ROOM:]
        if len(self._said) >= _LEAST_ECHO_BYTES and self._said in self._heard:
            self._echoes += 1
            self._heard = self._heard[self._heard.index(self._said) + len(self._said) :]
            self._said = b""
        end = 0
        for sentence in _NMEA.finditer(self._heard):
            end = sentence.end()
            self._sentences += _checksum(sentence[1]) == int(sentence[2], 16)
        for result in _RESULT.finditer(self._heard):
            end = max(end, result.end())
            self._results += 1
        self._heard = self._heard[end:]
        self.what = self._judged()
        return self.what

    def _judged(self) -> str:
        if self._sentences >= _SENTENCES:
            return "gps"
        if self._results >= _SENTENCES or (self._results and self._echoes):
            return "modem"
        return "echo" if self._echoes >= _ECHOES else self.what


def _checksum(body: bytes) -> int:
    value = 0
    for byte in body:
        value ^= byte
    return value
