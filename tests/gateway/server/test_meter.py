"""Bytes as somebody pays for them: counted where the kernel counts, by month, over restarts."""

import socket

import pytest

from gateway.server.meter import MOST_MONTHS, Line, Meter, Tap

NOVEMBER_MS = 1_793_500_000_000  # 2026-10-31 18:26 UTC, which is November in Viêt Nam already
OCTOBER_MS = NOVEMBER_MS - 3_600_000 * 24


class Clock:
    def __init__(self, utc_ms: int | None) -> None:
        self.utc_ms = utc_ms

    def __call__(self) -> int | None:
        return self.utc_ms


def test_a_byte_counts_for_the_month_of_the_place() -> None:
    clock = Clock(OCTOBER_MS)
    meter = Meter(clock)
    meter.add(Line(10, 20))
    clock.utc_ms = NOVEMBER_MS
    meter.add(Line(1, 2))
    assert meter.months() == {"2026-10": Line(10, 20), "2026-11": Line(1, 2)}
    assert (meter.sent, meter.received) == (11, 22)


def test_what_went_before_the_date_was_known_is_counted_when_it_is() -> None:
    clock = Clock(None)
    meter = Meter(clock)
    meter.add(Line(10, 20))
    assert meter.months() == {}
    assert (meter.sent, meter.received) == (10, 20)
    clock.utc_ms = NOVEMBER_MS
    assert meter.months() == {"2026-11": Line(10, 20)}


def test_a_restart_goes_on_with_the_months_but_not_with_the_count_since_the_start() -> None:
    meter = Meter(Clock(NOVEMBER_MS))
    meter.load({"2026-11": [5, 6]})
    meter.add(Line(1, 1))
    assert meter.months() == {"2026-11": Line(6, 7)}
    assert meter.sent == 1


@pytest.mark.parametrize(
    "months", [{"2026-1": [1, 1]}, {"x": [1, 1]}, {"2026-11": [1]}, {"2026-11": "1"}, {"2026-11": [True, 1.5]}]
)
def test_months_that_are_none_are_left_out(months: dict[str, object]) -> None:
    meter = Meter(Clock(NOVEMBER_MS))
    meter.load(months)
    assert meter.months() == {}


def test_only_the_latest_months_are_kept() -> None:
    meter = Meter(Clock(NOVEMBER_MS))
    meter.load({f"20{year:02}-{month:02}": [1, 1] for year in (24, 25) for month in range(1, 13)})
    meter.add(Line(1, 1))
    assert len(meter.months()) == MOST_MONTHS
    assert "2026-11" in meter.months()


def test_the_kernel_counts_what_went_and_the_headers_around_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        here = socket.create_connection(server.getsockname())
        there, _ = server.accept()
        with here, there:
            tap = Tap(here)
            here.sendall(b"x" * 1000)
            there.recv(1000, socket.MSG_WAITALL)
            there.sendall(b"y" * 500)
            here.recv(500, socket.MSG_WAITALL)
            first = tap.read()
            assert 1000 < first.sent < 1500
            assert 500 < first.received < 1000
            assert tap.read() == Line(0, 0)


def test_where_the_kernel_does_not_say_what_was_written_and_read_counts() -> None:
    tap = Tap(None)
    tap.passed(10, 20)
    tap.passed(1, 0)
    assert tap.read() == Line(11, 20)
    assert tap.read() == Line(0, 0)
