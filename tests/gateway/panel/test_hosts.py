"""Which Host headers are ours, and who is at the machine itself."""

import pytest

from gateway.panel import hosts

NAMES = frozenset({"gw-1", "gw-1.local"})


@pytest.mark.parametrize(
    "host",
    ["gw-1", "GW-1", "gw-1.local", "gw-1.local.", "gw-1:8443", " gw-1.local:1 ", "192.168.1.5", "192.168.1.5:8443"],
)
def test_our_names_and_the_address_that_was_called_are_ours(host):
    assert hosts.is_ours(host, NAMES, "192.168.1.5")


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "gw-1.evil.example",
        "evil.example:8443",
        "192.168.1.6",
        "127.0.0.1",
        "localhost",
        "gw-1:x",
        "gw-1:8443:1",
        "gw-1@evil.example",
        "[::1]",
        "[gw-1",
        "gw-1/",
        "0.0.0.0",
        "192.168.1.5.nip.io",
        "3232235781",
        "gw-1, evil.example",
    ],
)
def test_whatever_else_is_not(host):
    assert not hosts.is_ours(host, NAMES, "192.168.1.5")


@pytest.mark.parametrize(
    "host, local",
    [
        ("localhost:8443", "127.0.0.1"),
        ("127.0.0.1", "127.0.0.1"),
        ("[::1]:8443", "::1"),
        ("localhost", "::1"),
        ("[fe80::5]", "fe80::5%eth0"),
        ("192.168.1.5", "::ffff:192.168.1.5"),
    ],
)
def test_on_the_loopback_and_over_ipv6_too(host, local):
    assert hosts.is_ours(host, NAMES, local)


def test_who_passes_something_on_is_not_from_here():
    assert hosts.is_from_here("127.0.0.1", {})
    assert hosts.is_from_here("::1", {"host": "x"})
    assert not hosts.is_from_here("192.168.1.7", {})
    assert not hosts.is_from_here("", {})
    for name in ("x-forwarded-for", "forwarded", "via", "x-real-ip"):
        assert not hosts.is_from_here("127.0.0.1", {name: "192.168.1.9"})
