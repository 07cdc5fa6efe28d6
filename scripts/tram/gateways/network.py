"""Which gateways announce themselves on this network, by mDNS: service `_tram._tcp` (scripts/gateway_install).

Nothing of it is believed: it is where to knock. Who a gateway is, its authority says, which the card names.
"""

import socket
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scripts.tram.gateways.cards import CA, ID

SERVICE = "_tram._tcp.local."
SEARCH_S = 3.0
_MOST = 64


@dataclass(frozen=True)
class Found:
    """`gateway` and `ca` as it says; empty where it does not."""

    gateway: str
    url: str
    ca: str = ""
    name: str = ""


def on_the_network(
    search_s: float = SEARCH_S, wanted: str | None = None, interfaces: Sequence[str] | None = None
) -> list[Found]:
    """Those that answer within `search_s`; at once when `wanted` has. OSError: there is no network."""
    from zeroconf import InterfaceChoice, ServiceBrowser, Zeroconf

    found: dict[str, Found] = {}
    is_there = threading.Event()
    net = Zeroconf(interfaces=InterfaceChoice.All if interfaces is None else list(interfaces))

    def on_change(zeroconf: Zeroconf, service_type: str, name: str, state_change: Any) -> None:
        if len(found) >= _MOST or state_change.name == "Removed":
            return
        info = zeroconf.get_service_info(service_type, name, timeout=int(1000 * search_s))
        one = None if info is None else _found(info)
        if one is not None:
            found[name] = one
            if wanted is not None and one.gateway == wanted:
                is_there.set()

    try:
        ServiceBrowser(net, SERVICE, handlers=[on_change])
        is_there.wait(search_s)
    finally:
        net.close()
    return sorted(found.values(), key=lambda one: (one.gateway, one.url))


def _found(info: Any) -> Found | None:
    addresses = [socket.inet_ntop(socket.AF_INET, one) for one in info.addresses if len(one) == 4]
    if not addresses or not info.port:
        return None
    said = {_text(key): _text(value) for key, value in (info.properties or {}).items()}
    gateway, ca = said.get("gateway", ""), said.get("ca", "")
    return Found(
        gateway if ID.fullmatch(gateway) else "",
        f"https://{addresses[0]}:{info.port}",
        ca if CA.fullmatch(ca) else "",
        (info.server or "").rstrip("."),
    )


def _text(value: bytes | None) -> str:
    return (value or b"").decode("utf-8", "replace")[:128]
