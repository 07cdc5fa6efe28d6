# From a broker's name to its addresses, without ever blocking the box: getaddrinfo may hang for ever, and scanning
# with it.
#
# 1. An IPv4 address is its own answer.
# 2. Then the hosts that the board knows (a file on linux, none on the boards).
# 3. Then a question to each name server in turn, each with a time limit. Names that end in .local go to the multicast
#    group of mDNS, which answers a plain question from any port by unicast.
# 4. Which server is asked first changes with `attempt`: one that lies, or takes its time, is not asked first for ever.
# 5. An answer counts only if it carries our number and our question. Each attempt asks again: nothing is kept.
# Source: RFC 1035 chapter 4, RFC 6762 chapter 6.7.

import asyncio
import socket

from .errors import LinkError
from .tcp import readable

MDNS = ("224.0.0.251", 5353)
MAX_ANSWER_BYTES = 1024


def is_address(host):
    parts = host.split(".")
    return len(parts) == 4 and all(part.isdigit() and len(part) <= 3 and int(part) <= 255 for part in parts)


def question(number, name):
    labels = name.rstrip(".").encode().split(b".")
    if any(not 1 <= len(label) <= 63 for label in labels):
        raise LinkError("broker_name", name)
    packed = b"".join(bytes([len(label)]) + label for label in labels)
    return number.to_bytes(2, "big") + b"\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00" + packed + b"\x00\x00\x01\x00\x01"


def addresses(asked, answer):
    # -> the IPv4 addresses in the answer to `asked`; None where it answers something else.
    if len(answer) < 12 or answer[:2] != asked[:2] or not answer[2] & 0x80:
        return None
    at = 12
    if answer[4:6] != b"\x00\x00":  # a plain answer of mDNS may leave the question out
        at = len(asked)
        if answer[12:at].lower() != asked[12:].lower():
            return None
    found = []
    for _ in range(answer[6] << 8 | answer[7]):
        at = _after_name(answer, at)
        if at is None or len(answer) < at + 10:
            return None
        kind = answer[at] << 8 | answer[at + 1]
        length = answer[at + 8] << 8 | answer[at + 9]
        data = answer[at + 10 : at + 10 + length]
        if kind == 1 and len(data) == 4:
            found.append(".".join([str(byte) for byte in data]))
        at += 10 + length
    return found


def _after_name(answer, at):
    while at < len(answer):
        length = answer[at]
        if length >= 0xC0:
            return at + 2
        if length > 63:
            return None
        at += 1 + length
        if not length:
            return at
    return None


class Names:
    # `hosts(name)` -> address or None; `servers()` -> list of (address, port); both are asked anew each time.

    def __init__(self, hosts, servers, random_below, limit_ms=1500, mdns=MDNS):
        self._hosts = hosts
        self._servers = servers
        self._random_below = random_below
        self._limit_ms = limit_ms
        self._mdns = mdns

    async def resolve(self, name, attempt=0):
        if is_address(name):
            return [name]
        known = self._hosts(name)
        if known:
            return [known]
        code = "name_no_server"
        servers = [self._mdns] if name.lower().endswith(".local") else self._servers()
        first = attempt % max(1, len(servers))
        for server in servers[first:] + servers[:first]:
            try:
                found = await asyncio.wait_for_ms(self._ask(server, name), self._limit_ms)
            except asyncio.TimeoutError:
                code = "name_timeout"
                continue
            except OSError:
                code = "name_unreachable"
                continue
            if found:
                return found
            code = "name_unknown"
        raise LinkError(code, name)

    async def _ask(self, server, name):
        asked = question(self._random_below(65536), name)
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            sock.setblocking(False)
            sock.sendto(asked, socket.getaddrinfo(server[0], server[1])[0][-1])
            while True:
                await readable(sock)
                found = addresses(asked, sock.recv(MAX_ANSWER_BYTES))  # a stream's read would glue two answers together
                if found is not None:
                    return found
        finally:
            sock.close()
