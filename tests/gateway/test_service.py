"""What systemd hears, word for word, on a real socket; and that its absence changes nothing."""

import os
import socket

import pytest

from gateway.service import Service


@pytest.fixture
def systemd(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(tmp_path / "notify"))
        sock.settimeout(5)
        yield sock


def watched(systemd, **more) -> Service:
    return Service({"NOTIFY_SOCKET": systemd.getsockname(), **more})


def test_ready_progress_and_the_end_are_said_in_systemds_words(systemd):
    service = watched(systemd)
    for say, heard in (
        (lambda: service.ready("subscribed"), b"READY=1\nSTATUS=subscribed"),
        (lambda: service.progress("12 scans wait"), b"WATCHDOG=1\nSTATUS=12 scans wait"),
        (service.progress, b"WATCHDOG=1"),
        (lambda: service.status("waits"), b"STATUS=waits"),
        (lambda: service.more_time(1.5), b"EXTEND_TIMEOUT_USEC=1500000"),
        (service.stopping, b"STOPPING=1"),
    ):
        assert say()
        assert systemd.recv(1000) == heard


def test_a_status_is_one_line_and_cannot_say_more_than_a_status(systemd):
    watched(systemd).progress("well\nREADY=1")
    assert systemd.recv(1000) == b"WATCHDOG=1\nSTATUS=well"


def test_an_abstract_address_is_reached_too():
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(f"\0tram-test-{os.getpid()}")
        sock.settimeout(5)
        assert Service({"NOTIFY_SOCKET": f"@tram-test-{os.getpid()}"}).ready()
        assert sock.recv(100) == b"READY=1"


@pytest.mark.parametrize("address", [None, "", "relative", "tcp:1", "/nobody/listens/here", "@nobody-listens-here"])
def test_where_nobody_listens_nothing_happens(address):
    service = Service({} if address is None else {"NOTIFY_SOCKET": address})
    assert not service.ready("x")
    assert not service.progress()
    assert service.is_watched == bool(address)


def test_a_systemd_that_takes_nothing_more_holds_nobody_up(systemd):
    service = watched(systemd)
    said = [service.progress("x" * 150) for _ in range(3_000)]
    assert not said[-1]


@pytest.mark.parametrize(
    "environment, watchdog_s",
    [
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "500000", "WATCHDOG_PID": str(os.getpid())}, 0.5),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "-1"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": ""}, None),
        ({"WATCHDOG_USEC": "\u0663"}, None),
        ({}, None),
    ],
)
def test_how_long_the_watchdog_waits_is_read_from_the_environment(environment, watchdog_s):
    assert Service(environment).watchdog_s == watchdog_s


@pytest.mark.parametrize(
    "given, folder", [("/run/tram", "/run/tram"), ("/run/tram:/run/other", "/run/tram"), ("", None), (None, None)]
)
def test_the_folder_in_memory_is_the_one_that_systemd_gives(given, folder):
    assert Service({} if given is None else {"RUNTIME_DIRECTORY": given}).runtime_folder == folder
