"""Whether a request was meant for this machine, and whether it comes from it.

1. The Host header must be one of our names, or the very address that the connection came in on. A page elsewhere whose
   name is pointed at us (DNS rebinding) has another name.
2. From this machine: the other end of the connection is the loopback, and nothing says that it passes something on.
"""

import ipaddress
from collections.abc import Iterable, Mapping

_PASSES_ON = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
LOCAL_NAMES = frozenset({"localhost"})


def is_ours(host: str, names: Iterable[str], local_address: str) -> bool:
    """`names`: in lower case."""
    name = _name_of(host)
    if not name:
        return False
    literal = _address(name)
    if literal is not None:
        return literal == _address(local_address)
    return name in names or (name in LOCAL_NAMES and is_loopback(local_address))


def is_loopback(address: str) -> bool:
    known = _address(address)
    return known is not None and known.is_loopback


def is_from_here(peer: str, headers: Mapping[str, str]) -> bool:
    return is_loopback(peer) and not any(name in headers for name in _PASSES_ON)


def _name_of(host: str) -> str:
    """Without its port, in lower case; empty for what is no host."""
    text = host.strip().lower()
    if text.startswith("["):
        name, bracket, port = text[1:].partition("]")
        port = port[1:] if port.startswith(":") else ("" if not port else "?")
        return name if bracket and (not port or port.isdecimal()) else ""
    name, colon, port = text.partition(":")
    if colon and not port.isdecimal():
        return ""
    return name.removesuffix(".")


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        known = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = known.ipv4_mapped if isinstance(known, ipaddress.IPv6Address) else None
    return mapped or known
