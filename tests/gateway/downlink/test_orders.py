"""A deadline in UTC becomes one on our own clock: on time or early, never late."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.downlink.desired import Asked
from gateway.downlink.orders import as_orders, body_of

BOOT = "aabbccddeeff"
ONE = Asked("aaaaaaaaaaaa", "box-1", "identify", "", 1_793_500_000_000)


def test_without_utc_nothing_can_be_said() -> None:
    assert as_orders([ONE], BOOT, 5_000, None) == {}


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**6), st.floats(0, 1))
def test_when_the_deadline_comes_it_is_not_later_than_the_instant_meant(
    mono_ms: int, before_ms: int, width_ms: int, where: float
) -> None:
    earliest_ms = ONE.expires_utc_ms - before_ms
    true_now_ms = earliest_ms + int(where * width_ms)
    order = as_orders([ONE], BOOT, mono_ms, (earliest_ms, earliest_ms + width_ms))[ONE.id]
    assert true_now_ms + (order.deadline_ms - mono_ms) <= max(ONE.expires_utc_ms, true_now_ms)
    assert order.gateway_boot == BOOT


def test_what_is_long_over_has_a_deadline_that_is_over() -> None:
    (order,) = as_orders([ONE._replace(expires_utc_ms=0)], BOOT, 5_000, (10**12, 10**12)).values()
    assert order.deadline_ms == 0


def test_the_order_in_which_they_were_asked_for_stays() -> None:
    asked = [ONE._replace(id=f"{number:012x}") for number in (5, 1, 9)]
    assert list(as_orders(asked, BOOT, 1, (1, 1))) == [one.id for one in asked]


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("identify", b"", None),
        ("identify", b'{"a":1}', {"a": 1}),
        ("identify", b"[1]", "[1]"),
        ("identify", b"{", "{"),
        ("identify", b"[" * 4_000, "[" * 4_000),
        ("fetch_log", b'{"a":1}', '{"a":1}'),
        ("fetch_log", "dòng mới nhất".encode(), "dòng mới nhất"),
        ("fetch_log", b"\xff", "\ufffd"),
    ],
)
def test_what_a_box_answered_goes_up_as_what_it_is(name: str, body: bytes, said: object) -> None:
    assert body_of(name, body) == said
    json.dumps(said)
