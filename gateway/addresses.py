"""By which names and addresses people on the local network find this machine: for its certificate.

1. Private IPv4 addresses only: those of a 4G stick change all the time, and nobody comes in by them.
2. What cannot be found out is left out; there is always an answer.
"""

import fcntl
import ipaddress
import re
import socket
import struct

_SIOCGIFADDR = 0x8915
MOST_NAMES = 16


def names_of_this_machine() -> tuple[str, ...]:
    """The host's name, the same with `.local`, then addresses; the same order each time."""
    host = socket.gethostname().split(".")[0].lower()
    names = [host, f"{host}.local"] if re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", host) else []
    return tuple([*names, *local_addresses()][:MOST_NAMES])


def local_addresses() -> list[str]:
    try:
        interfaces = [name for _, name in socket.if_nameindex()]
    except OSError:
        return []
    found = {address for name in interfaces if (address := _address_of(name)) is not None}
    wanted = [one for one in found if one.is_private and not one.is_loopback and not one.is_link_local]
    return [str(one) for one in sorted(wanted)]


def _address_of(interface: str) -> ipaddress.IPv4Address | None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            answer = fcntl.ioctl(sock, _SIOCGIFADDR, struct.pack("256s", interface.encode()[:15]))
        except OSError:  # it has none just now
            return None
    return ipaddress.IPv4Address(answer[20:24])
