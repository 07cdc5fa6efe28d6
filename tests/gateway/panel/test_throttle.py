"""How often a password may be tried: guessing gets slow, and nobody is kept out for ever."""

import itertools

import pytest

from gateway.panel import throttle
from gateway.panel.throttle import FREE_BY_ADDRESS, FREE_BY_NAME, LONGEST_MS, Throttle, network_of

OWNER, HOME, THIEF = "chu-cho", "192.168.1.7", "192.168.1.66"


def guess_for(made, name, address, until_ms, now_ms=0, every_ms=100):
    """Tries as often as possible; how many were judged."""
    judged = 0
    while now_ms < until_ms:
        judged += made.begin(name, address, now_ms) == 0
        now_ms += every_ms
    return judged


def test_the_first_tries_are_free_and_then_each_waits_longer():
    made, waits, now_ms = Throttle(), [], 0
    for _ in range(12):
        while wait_ms := made.begin(OWNER, HOME, now_ms):
            now_ms += wait_ms
        waits.append(now_ms)
    gaps = [later - earlier for earlier, later in itertools.pairwise(waits)]
    assert gaps[: FREE_BY_ADDRESS - 1] == [0] * (FREE_BY_ADDRESS - 1)
    assert gaps[FREE_BY_ADDRESS - 1 :][:3] == [2_000, 4_000, 8_000]
    assert max(gaps) == LONGEST_MS


def test_a_day_of_guessing_from_one_address_gets_about_one_try_a_minute():
    assert guess_for(Throttle(), OWNER, THIEF, 86_400_000, every_ms=997) < 1_500


def test_many_addresses_together_get_no_more_at_one_name():
    made, judged = Throttle(), 0
    for second in range(3_600):
        judged += made.begin(OWNER, f"10.0.{second // 250}.{second % 250}", second * 1000) == 0
    assert judged < FREE_BY_NAME + 70


def test_the_owner_is_not_kept_out_by_somebody_elses_guesses():
    made = Throttle()
    assert made.begin(OWNER, HOME, 0) == 0
    made.succeeded(OWNER, HOME)
    guess_for(made, OWNER, THIEF, 3_600_000)
    assert made.begin(OWNER, HOME, 3_600_000) == 0


def test_at_the_machine_itself_a_names_wait_does_not_hold():
    made = Throttle()
    guess_for(made, OWNER, THIEF, 3_600_000)
    assert made.begin(OWNER, "127.0.0.1", 3_600_000) == 0


def test_waiting_makes_no_wait_longer():
    made = Throttle()
    guess_for(made, OWNER, HOME, 600_000)
    wait_ms = made.begin(OWNER, HOME, 600_000)
    assert 0 < wait_ms <= LONGEST_MS
    for at_ms in range(600_001, 600_000 + wait_ms, 500):
        assert made.begin(OWNER, HOME, at_ms) > 0
    assert made.begin(OWNER, HOME, 600_000 + wait_ms) == 0


def test_names_that_do_not_exist_are_held_like_those_that_do():
    one, other = Throttle(), Throttle()
    assert [one.begin(OWNER, HOME, 0) for _ in range(20)] == [other.begin("nobody", HOME, 0) for _ in range(20)]


def test_tries_at_once_count_before_they_are_judged():
    made = Throttle()
    assert sum(made.begin(OWNER, HOME, 0) == 0 for _ in range(100)) == FREE_BY_ADDRESS


def test_what_failed_long_ago_is_forgotten():
    made = Throttle()
    guess_for(made, OWNER, HOME, 60_000)
    later_ms = 60_000 + LONGEST_MS + throttle.FORGET_MS
    assert [made.begin(OWNER, HOME, later_ms) for _ in range(FREE_BY_ADDRESS)] == [0] * FREE_BY_ADDRESS


def test_success_begins_anew():
    made = Throttle()
    for _ in range(FREE_BY_ADDRESS - 1):
        made.begin(OWNER, HOME, 0)
    made.succeeded(OWNER, HOME)
    assert [made.begin(OWNER, HOME, 0) for _ in range(FREE_BY_ADDRESS)] == [0] * FREE_BY_ADDRESS


def test_the_table_does_not_grow():
    made = Throttle()
    for number in range(throttle.MOST * 2):
        made.begin(f"name-{number}", f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", 0)
    assert len(made._tries) <= throttle.MOST


@pytest.mark.parametrize(
    "address, network",
    [
        ("192.168.1.7", "192.168.1.7"),
        ("::ffff:192.168.1.7", "192.168.1.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("127.0.0.9", "loopback"),
        ("::1", "loopback"),
        ("no address", "no address"),
    ],
)
def test_of_an_ipv6_address_the_first_half_counts(address, network):
    assert network_of(address) == network
