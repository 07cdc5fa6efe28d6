"""Gateways that announce themselves: a real mDNS service on the loopback."""

import socket

import pytest
from zeroconf import ServiceInfo, Zeroconf

from scripts.tram.gateways.network import SERVICE, on_the_network

HERE = ["127.0.0.1"]
CA = "A" * 43


def announced(net, name, properties, port=8443, address="192.168.1.20"):
    net.register_service(
        ServiceInfo(
            SERVICE, f"{name}.{SERVICE}", port, properties=properties,
            addresses=[socket.inet_aton(address)] if address else [], server=f"{name}.local.",
        )
    )  # fmt: skip


@pytest.fixture
def net():
    made = Zeroconf(interfaces=HERE)
    yield made
    made.close()


def test_who_announces_itself_is_found_at_once(net):
    announced(net, "tram-cho-01", {"gateway": "cho-01", "ca": CA, "v": "1"})
    found = next(one for one in on_the_network(20, wanted="cho-01", interfaces=HERE) if one.gateway == "cho-01")
    assert (found.gateway, found.url, found.ca, found.name) == (
        "cho-01", "https://192.168.1.20:8443", CA, "tram-cho-01.local",
    )  # fmt: skip


def test_what_it_says_is_taken_only_in_its_form(net):
    announced(net, "evil", {"gateway": "../../x", "ca": "no\x1b[2J", "v": "1"})
    announced(net, "bare", {}, address="192.168.1.21")
    announced(net, "good", {"gateway": "cho-02"}, address="192.168.1.22")
    found = {one.url.split("/")[2]: one for one in on_the_network(4, wanted="nobody", interfaces=HERE)}
    said = [(found[f"192.168.1.{at}:8443"].gateway, found[f"192.168.1.{at}:8443"].ca) for at in (20, 21, 22)]
    assert said == [("", ""), ("", ""), ("cho-02", "")]
