"""Which address is used: in order, around, home again; nobody is asked without need."""

import pytest

from gateway.server.addresses import HOME_LONGEST_S, HOME_S, Addresses, shown

A, B, C = "https://a.example", "https://b.example", "https://c.example"


class World:
    def __init__(self, *urls: str) -> None:
        self.now_ms = 1_000
        self.addresses = Addresses(urls, lambda: self.now_ms, lambda: 0.5)

    def fails(self) -> bool:
        return self.addresses.failed(self.addresses.current(), "unreachable: no")

    def answers(self) -> str:
        url = self.addresses.current()
        self.addresses.answered(url)
        return url


def test_one_address_alone_is_used_whatever_happens() -> None:
    it = World(A)
    assert it.fails() is False
    assert it.fails() is False
    assert it.answers() == A


def test_they_are_tried_in_their_order_and_around_and_each_round_has_an_end() -> None:
    it = World(A, B, C)
    seen = []
    ends = []
    for _ in range(6):
        seen.append(it.addresses.current())
        ends.append(it.fails())
    assert seen == [A, B, C, A, B, C]
    assert ends == [True, True, False, True, True, False]


def test_what_works_is_used_on_until_home_is_due_and_then_home_is_tried() -> None:
    it = World(A, B)
    it.fails()
    assert it.answers() == B
    it.now_ms += int(HOME_S * 999)
    assert it.answers() == B
    it.now_ms += 2_000
    assert it.answers() == A
    it.now_ms += 10 * int(HOME_S * 1000)
    assert it.answers() == A


def test_a_home_that_does_not_answer_costs_one_try_and_is_tried_ever_more_rarely() -> None:
    it = World(A, B)
    it.fails()
    it.answers()
    tries, last_ms, waits = 0, it.now_ms, []
    while tries < 8:
        it.now_ms += 10_000
        if it.addresses.current() == A:
            tries += 1
            waits.append((it.now_ms - last_ms) / 1000)
            last_ms = it.now_ms
            assert it.fails() is True
            assert it.answers() == B
    assert waits == sorted(waits)
    assert waits[0] >= HOME_S
    assert waits[-1] <= HOME_LONGEST_S + 20


def test_a_failure_of_an_address_that_is_not_in_use_any_more_moves_nothing() -> None:
    it = World(A, B, C)
    assert it.addresses.failed(A, "cut") is True
    assert it.addresses.failed(A, "cut") is True
    assert it.addresses.current() == B


def test_a_late_answer_of_the_old_address_does_not_end_the_try_at_home() -> None:
    it = World(A, B)
    it.fails()
    it.answers()
    it.now_ms += int(HOME_S * 1001)
    assert it.addresses.current() == A
    it.addresses.answered(B)
    assert it.addresses.current() == A


def test_why_an_address_failed_is_remembered_until_it_answers() -> None:
    it = World(A, B)
    it.fails()
    assert it.addresses.troubles == {A: "unreachable: no"}
    it.answers()
    it.now_ms += int(HOME_S * 1001)
    it.answers()
    assert it.addresses.troubles == {}


def test_the_same_address_twice_is_one() -> None:
    assert World(A, A + "/").fails() is True
    assert World(A, A).fails() is False


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("https://tram.example", "https://tram.example"),
        ("https://name:secret@tram.example:8443/x", "https://tram.example:8443/x"),
        ("http://[::1]:80", "http://::1:80"),
    ],
)
def test_an_address_is_shown_without_anybodys_password(url: str, text: str) -> None:
    assert shown(url) == text
