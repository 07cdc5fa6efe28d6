"""A bad line between two namespaces is as bad as it was told to be, and leaves nothing behind."""

import asyncio
import subprocess
import sys

import pytest

from scripts.sim.wire import Manner, Namespaces, Wire

ECHO = """
import socket
listening = socket.create_server(("10.77.9.2", 7000))
print("up", flush=True)
while True:
    peer, _ = listening.accept()
    with peer:
        while data := peer.recv(65536):
            peer.sendall(data)
"""
ASK = """
import socket, sys, time
count, timeout = int(sys.argv[1]), float(sys.argv[2])
began = time.monotonic()
try:
    with socket.create_connection(("10.77.9.2", 7000), timeout) as peer:
        sent, got = b"x" * count, 0
        peer.settimeout(timeout)
        peer.sendall(sent)
        while got < count:
            got += len(peer.recv(65536))
    print("all", time.monotonic() - began)
except TimeoutError:
    print("timeout")
"""


class Line:
    """Two machines, a line, and an echo at the far end."""

    def __init__(self, wire, words):
        self.wire = wire
        self._words = words

    async def ask(self, count=1000, timeout_s=20.0):
        """-> what became of it, and after how long."""
        command = [*self._words, sys.executable, "-c", ASK, str(count), str(timeout_s)]
        child = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
        said = (await child.communicate())[0].decode().split()
        return said[0], float(said[1]) if len(said) > 1 else None


@pytest.fixture
async def line():
    async with (
        Namespaces("a", "b") as spaces,
        Wire(spaces.path("a"), "10.77.9.1", spaces.path("b"), "10.77.9.2") as wire,
    ):
        command = [*spaces.words("b"), sys.executable, "-c", ECHO]
        echo = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
        try:
            assert await echo.stdout.readline() == b"up\n"
            yield Line(wire, spaces.words("a"))
        finally:
            echo.kill()
            await echo.wait()


async def test_a_quiet_line_carries_everything(line):
    assert (await line.ask(100_000))[0] == "all"
    assert line.wire.lost == 0
    assert line.wire.carried > 100


async def test_a_lossy_line_loses_packets_and_tcp_brings_everything_all_the_same(line):
    line.wire.manner = Manner(loss=0.1, delay_ms=2)
    assert (await line.ask(60_000))[0] == "all"
    assert line.wire.lost > 0


async def test_a_slow_line_takes_its_time(line):
    line.wire.manner = Manner(delay_ms=100)
    said, took_s = await line.ask()
    assert said == "all"
    assert took_s > 0.35  # the handshake, the question, the answer: each there and back


@pytest.mark.parametrize("way", [{"there"}, {"back"}, {"there", "back"}])
async def test_what_goes_a_dead_way_vanishes_and_nobody_is_told(line, way):
    line.wire.dead = way
    assert (await line.ask(timeout_s=1.0))[0] == "timeout"
    assert line.wire.lost > 0


async def test_a_line_that_was_dead_carries_again(line):
    line.wire.dead = {"there"}
    assert (await line.ask(timeout_s=0.5))[0] == "timeout"
    line.wire.dead = set()
    assert (await line.ask())[0] == "all"


async def test_namespaces_are_gone_afterwards():
    async with Namespaces("x") as spaces:
        path = spaces.path("x")
        assert path.exists()
    assert not path.exists()
