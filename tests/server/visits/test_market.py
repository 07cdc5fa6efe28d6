"""A simulated market with 19 % check-outs: the truth lies within the bounds, and the bounds are worth something."""

import pytest

from server.visits.rules import visits
from server.visits.stay import identity_of
from tests.server.visits.market import MINUTE_MS, RULES, Market

SEEDS = range(8)


def judged(market):
    """Of each true visit whose way in or out was scanned: (what was made of it, the truth). A touch may have joined a
    visit that there was: then that one, which has to hold the whole truth; None: there is none."""
    for person, scans in market.sightings.items():
        rows = visits(scans, RULES)
        by_id = {one.id: one for one in rows}
        for truth in market.truths:
            first = truth.way_in if truth.way_in >= 0 else truth.way_out
            if truth.person == person and first >= 0:
                own = by_id.get(identity_of(market.identities[first], False))
                yield (
                    own or next((one for one in rows if one.place_id == truth.place_id and joined(one, truth)), None),
                    truth,
                )


def joined(one, truth):
    return one.in_low <= truth.in_ms <= one.out_high and one.in_by == "touch"


def holds(one, truth):
    low, _, high = one.stay_ms
    stay_ms = truth.out_ms - truth.in_ms
    return low <= stay_ms <= high and one.in_low <= truth.in_ms and truth.out_ms <= one.out_high


@pytest.mark.parametrize("seed", SEEDS)
def test_the_true_stay_lies_within_the_bounds_in_95_of_100(seed):
    market = Market(seed)
    pairs = list(judged(market))
    good = sum(one is not None and holds(one, truth) for one, truth in pairs)
    print(f"seed {seed}: {good} of {len(pairs)} true stays within their bounds = {100 * good / len(pairs):.2f} %")
    assert len(pairs) > 400
    assert good / len(pairs) >= 0.95


def test_the_bounds_of_each_label_hold_and_are_the_narrower_the_more_was_seen():
    widths, misses, errors = {}, {}, {}
    for seed in SEEDS:
        for one, truth in judged(Market(seed)):
            if one is None:
                misses.setdefault("lost", []).append(True)
                continue
            low, best, high = one.stay_ms
            widths.setdefault(one.label, []).append(high - low)
            misses.setdefault(one.label, []).append(not holds(one, truth))
            errors.setdefault(one.label, []).append(abs(best - (truth.out_ms - truth.in_ms)))
    mean = {label: sum(values) / len(values) / MINUTE_MS for label, values in widths.items()}
    for label, width in mean.items():
        wrong, off = misses[label], sorted(errors[label])
        print(
            f"{label}: {len(wrong)} visits, {100 * (1 - sum(wrong) / len(wrong)):.2f} % within, "
            f"mean width {width:.0f} min, median error of the best guess {off[len(off) // 2] / MINUTE_MS:.0f} min"
        )
        assert sum(wrong) / len(wrong) < 0.05
    print(f"in no visit: {len(misses.get('lost', []))}")
    assert mean["measured"] < mean["bounded"] < mean["assumed"]


def test_a_market_where_everybody_checks_out_is_measured():
    rows = [one for one, _ in judged(Market(1, both_ways=0, checks_out=1.0)) if one is not None]
    measured = sum(one.label == "measured" for one in rows)
    assert measured / len(rows) > 0.9


def test_one_person_with_sixty_sightings_takes_little():
    import time

    market = Market(3, people=60)
    scans = [one for some in market.sightings.values() for one in some]
    scans = [one._replace(person=bytes(16)) for one in scans[:60]]
    assert len(scans) == 60
    took_us = []
    for _ in range(20):
        start_ns = time.perf_counter_ns()
        visits(scans, RULES)
        took_us.append((time.perf_counter_ns() - start_ns) / 1000)
    print(f"60 sightings of one person: {min(took_us):.0f} µs (best of 20; median {sorted(took_us)[10]:.0f})")
    assert min(took_us) < 50_000
