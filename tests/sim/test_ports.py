"""Ports that nobody has, and that outgoing connections do not take."""

import random
import socket
import subprocess
import sys
from itertools import chain, count
from types import SimpleNamespace

from scripts.firmware_build import ROOT
from scripts.sim import ports


def test_a_port_is_free_and_not_handed_out_twice():
    found = [ports.free_port() for _ in range(50)]
    assert len(set(found)) == 50
    for port in found:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", port))


def test_a_port_that_is_taken_is_not_handed_out(monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        drawn = chain([port] * 3, (random.randint(ports.FIRST, ports.LAST) for _ in count()))
        monkeypatch.setattr(ports.random, "SystemRandom", lambda: SimpleNamespace(randint=lambda *_: next(drawn)))
        assert ports.free_port() != port


def test_ports_are_below_the_range_of_outgoing_connections():
    with open("/proc/sys/net/ipv4/ip_local_port_range") as file:
        assert ports.free_port() < int(file.read().split()[0])


def test_two_programs_that_look_for_ports_at_the_same_time_never_get_the_same_one():
    mine = {ports.free_port() for _ in range(50)}
    program = "from scripts.sim.ports import free_port\nprint(*[free_port() for _ in range(2000)])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True)
    theirs = {int(word) for word in done.stdout.split()}
    assert len(theirs) == 2000
    assert mine & theirs == set()
