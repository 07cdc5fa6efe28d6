"""Which of the ports is meant: the one that a person names, else the only one of the kinds that fit."""

import os
from collections.abc import Container, Iterable

from scripts.tram import exits
from scripts.tram.ports.listing import listed
from scripts.tram.ports.port import Port
from scripts.tram.ports.words import WORDS
from scripts.tram.trouble import Trouble


def choose(wanted: str | None, kinds: Container[str]) -> Port:
    """-> the port. `wanted` (what --port says) may be of any kind, also one that is in no list: a link, a URL.

    Raises Trouble no_port, two_ports (names them), port_unknown (there is nothing of that name).
    """
    ports = listed()
    if wanted is not None:
        return matching(wanted, ports)
    fitting = [port for port in ports if port.kind in kinds]
    if not fitting:
        others = [port for port in ports if port.vid is not None]
        raise Trouble("no_port", exits.NO_DEVICE, WORDS, ports=_facts(others), names=_names(others) or WORDS("none"))
    if len(fitting) > 1:
        raise Trouble("two_ports", exits.NO_DEVICE, WORDS, ports=_facts(fitting), names=_names(fitting))
    return fitting[0]


def matching(wanted: str, ports: Iterable[Port]) -> Port:
    """-> the port that a person has named. Raises Trouble port_unknown."""
    ports = list(ports)
    for port in ports:
        if wanted == port.device or (os.name == "nt" and wanted.upper() == port.device.upper()):
            return port
    real = os.path.realpath(wanted)
    for port in ports:
        if port.device.startswith("/") and os.path.realpath(port.device) == real:
            return port
    if "://" in wanted or os.path.exists(wanted):
        return Port(wanted, None, None, "", "", "other")
    names = _names(ports) or WORDS("none")
    raise Trouble("port_unknown", exits.NO_DEVICE, WORDS, port=wanted, ports=_facts(ports), names=names)


def _names(ports: Iterable[Port]) -> str:
    return ", ".join(f"{port.device} ({port.title})" if port.title else port.device for port in ports)


def _facts(ports: Iterable[Port]) -> list[dict[str, str]]:
    return [{"device": port.device, "title": port.title, "kind": port.kind, "ids": port.ids} for port in ports]
