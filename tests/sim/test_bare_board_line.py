"""The line of a stand-in board: nothing that a host has written is lost between it and the next one."""

import os
import queue

import pytest

from scripts.sim.bare_board_line import Bytes, Closed, PtyLine

PATIENCE_S = 30


class Watched(PtyLine):
    """`between` is called when it has seen that nobody is there, or no more, and has not acted on it yet."""

    def __init__(self, link, heard):
        super().__init__(link, heard)
        self.before_the_first, self.between = [], []

    def _host_gone(self):
        todo = self.between if self._is_open else self.before_the_first
        if todo:
            todo.pop()()
        super()._host_gone()


class Host:
    def __init__(self, device):
        self.port = os.open(device, os.O_RDWR | os.O_NOCTTY)

    def write(self, data):
        os.write(self.port, data)

    def close(self):
        os.close(self.port)


@pytest.fixture
def heard():
    return queue.SimpleQueue()


@pytest.fixture
def line(tmp_path, heard):
    made = Watched(tmp_path / "port", heard.put)
    made.plug()
    yield made
    made.unplug()


def until(heard, is_enough):
    """-> what was heard, as soon as `is_enough` of it. Raises queue.Empty."""
    found = []
    while not is_enough(found):
        found.append(heard.get(timeout=PATIENCE_S))
    return found


def said(found):
    return b"".join(one.data for one in found if isinstance(one, Bytes))


def test_what_the_next_host_writes_before_the_last_one_was_seen_to_close_is_heard(line, heard):
    first = Host(line.device)
    first.write(b"first ")
    until(heard, lambda found: said(found) == b"first ")
    next_one = []

    def opens_and_writes():
        next_one.append(Host(line.device))
        next_one[0].write(b"second ")

    line.between.append(opens_and_writes)
    first.close()
    found = until(heard, lambda found: len(said(found)) >= 7 and Closed() in found)
    assert said(found) == b"second "
    next_one[0].write(b"third")
    assert said(until(heard, lambda found: len(said(found)) >= 5)) == b"third"
    next_one[0].close()


def test_who_opens_and_writes_before_it_was_seen_to_be_there_is_heard_and_not_said_to_have_closed(line, heard):
    first = []

    def opens_and_writes():
        first.append(Host(line.device))
        first[0].write(b"first ")

    line.before_the_first.append(opens_and_writes)
    until(heard, lambda found: said(found) == b"first ")
    first[0].write(b"more")
    found = until(heard, lambda found: said(found) == b"more")
    assert Closed() not in found
    first[0].close()
    until(heard, lambda found: Closed() in found)


def test_who_opens_writes_and_closes_at_once_is_heard(line, heard):
    for number in range(50):
        host = Host(line.device)
        host.write(b"%02d" % number)
        host.close()
    wanted = b"".join(b"%02d" % number for number in range(50))
    found = until(heard, lambda found: len(said(found)) >= len(wanted) and found[-1] == Closed())
    assert said(found) == wanted


def test_what_a_host_did_not_read_does_not_wait_for_the_next_one(line, heard):
    first = Host(line.device)
    first.write(b"?")
    until(heard, lambda found: said(found) == b"?")
    line.send(b"not for the next one")
    first.close()
    until(heard, lambda found: Closed() in found)
    second = Host(line.device)
    second.write(b"!")
    until(heard, lambda found: said(found) == b"!")
    line.send(b"for this one")
    assert os.read(second.port, 100) == b"for this one"
    second.close()
